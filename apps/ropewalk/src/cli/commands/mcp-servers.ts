import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { hasCode } from '@ropewalk/core/errors'
import { listSecretNames, readSecrets } from '../../secrets/secrets.ts'
import { getServerFile, readMcpServers, type McpServer } from '../../worker/agents/mcp/server-file.ts'
import { listSecretNames as listNamedSecrets } from '../../worker/agents/mcp/server-values.ts'
import { readSettings, type CommonFlags } from '../settings.ts'
import { clean, clip, makeTable, type Terminal } from '../terminal.ts'
import { EXIT, makeTrouble, tell } from '../trouble.ts'

const MAX_DESCRIPTION = 100

/** What may be shown of a server: names of variables, headers and secrets, never what they hold. */
const describe = (server: McpServer, kept: readonly string[]) => {
  const { name, workspaces, phases, tools, transport, timeoutMs, maxResultBytes } = server
  const values = transport.kind === 'stdio' ? transport.env : transport.headers
  const secrets = listNamedSecrets(values)
  return {
    name,
    kind: transport.kind,
    // Arguments and paths may hold what nobody should read over a shoulder.
    target: transport.kind === 'stdio' ? (transport.argv[0] ?? '') : new URL(transport.url).origin,
    workspaces,
    phases,
    tools,
    sets: Object.keys(values),
    secrets,
    missingSecrets: secrets.filter((secret) => !kept.includes(secret)),
    timeoutSeconds: timeoutMs / 1000,
    maxResultBytes,
  }
}

const join = (names: 'all' | readonly string[]): string => (names === 'all' ? 'all' : names.join(','))

/** The registered servers, and which of their secrets are not kept yet. */
export const list = async (terminal: Terminal, flags: CommonFlags): Promise<number> => {
  const { home } = await readSettings(terminal, flags)
  const kept = await listSecretNames(home)
  const items = readMcpServers(home).map((server) => describe(server, kept))
  if (flags.json === true) terminal.out(JSON.stringify({ file: getServerFile(home), items }))
  else if (items.length === 0)
    terminal.say(`No outside MCP server is registered. The file for them is ${getServerFile(home)}.`)
  else {
    const rows = items.map(({ name, kind, target, workspaces, phases, tools, secrets }) => [
      name,
      kind,
      clip(target, 60),
      join(workspaces),
      join(phases),
      clip(join(tools), 60),
      secrets.join(',') || '-',
    ])
    terminal.out(makeTable([['NAME', 'KIND', 'TARGET', 'WORKSPACES', 'PHASES', 'TOOLS', 'SECRETS'], ...rows]))
    for (const { name, missingSecrets } of items)
      for (const secret of missingSecrets)
        terminal.say(`${name} needs the secret ${secret}: ./ropewalk secret set ${secret}`)
  }
  return EXIT.ok
}

const findServer = (home: string, name: string): McpServer => {
  const servers = readMcpServers(home)
  const found = servers.find((server) => server.name === name)
  if (found !== undefined) return found
  throw makeTrouble({
    code: 'NOT_FOUND',
    what: `no MCP server ${name} is registered`,
    why: servers.length === 0 ? 'none is' : `there are ${servers.map((each) => each.name).join(', ')}`,
    next: `Register it in ${getServerFile(home)}, or name another.`,
  })
}

type Checked = {
  readonly version: string
  readonly protocol: string
  readonly connectMs: number
  readonly tools: readonly {
    readonly name: string
    readonly description: string
    readonly allowed: boolean
  }[]
  readonly problems: readonly string[]
}

const connect = async (
  home: string,
  server: McpServer,
  environment: Readonly<Record<string, string>>,
): Promise<Checked> => {
  const [{ connectServer }, { findToolFault }] = await Promise.all([
    import('../../worker/agents/mcp/connect-server.ts'),
    import('../../worker/agents/mcp/tool-schema.ts'),
  ])
  const folder = await mkdtemp(path.join(tmpdir(), 'ropewalk-mcp-'))
  const startedAt = performance.now()
  try {
    const connection = await connectServer(server, {
      means: { environment, readSecrets: (names) => readSecrets(home, names) },
      folder,
      legacy: new Set(),
      signal: new AbortController().signal,
    })
    const connectMs = Math.round(performance.now() - startedAt)
    await connection.close()
    const { tools, version, protocol, redact } = connection
    const isAllowed = (name: string) => server.tools === 'all' || server.tools.includes(name)
    const absent =
      server.tools === 'all' ? [] : server.tools.filter((name) => !tools.some((tool) => tool.name === name))
    return {
      version,
      protocol,
      connectMs,
      tools: tools.map(({ name, description = '' }) => ({
        name: clip(redact(name), 128),
        description: clip(redact(description), MAX_DESCRIPTION),
        allowed: isAllowed(name),
      })),
      problems: [
        ...absent.map((name) => `the file allows "${name}", which the server does not have`),
        ...tools.flatMap((tool) => {
          const fault = isAllowed(tool.name) ? findToolFault(tool) : undefined
          return fault === undefined
            ? []
            : [`${clip(redact(tool.name), 128)} cannot be offered: ${redact(fault)}`]
        }),
      ],
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const print = (terminal: Terminal, name: string, checked: Checked): void => {
  const { version, protocol, connectMs, tools, problems } = checked
  terminal.say(
    `${name} ${version} answers in ${connectMs} ms, protocol ${clean(protocol)}, ${tools.length} tool${tools.length === 1 ? '' : 's'}.`,
  )
  if (tools.length > 0)
    terminal.out(
      makeTable(
        tools.map((tool) => [`mcp:${name}/${tool.name}`, tool.allowed ? 'allowed' : '-', tool.description]),
      ),
    )
  for (const problem of problems) terminal.say(clean(`Problem: ${problem}.`))
}

/** Connects to one server and tells its tools; exit 1 where it cannot be used. What is only odd is told as a problem. */
export const check = async (terminal: Terminal, name: string, flags: CommonFlags): Promise<number> => {
  const { home, hookEnvironment } = await readSettings(terminal, flags)
  const server = findServer(home, name)
  try {
    const checked = await connect(home, server, hookEnvironment)
    if (flags.json === true) terminal.out(JSON.stringify({ ok: true, name, ...checked }))
    else print(terminal, name, checked)
    return EXIT.ok
  } catch (error) {
    const isTold = (['AGENT_UNREACHABLE', 'FORBIDDEN', 'UNAUTHORIZED', 'NOT_FOUND'] as const).some((code) =>
      hasCode(error, code),
    )
    if (!isTold) throw error
    const { code, what } = tell(error)
    if (flags.json === true) terminal.out(JSON.stringify({ ok: false, name, code, problem: what }))
    else terminal.say(clean(`${what}.`))
    return EXIT.failure
  }
}
