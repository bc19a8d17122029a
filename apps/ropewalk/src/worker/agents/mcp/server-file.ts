import { statSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { PhaseName } from '@ropewalk/core/contract/playbook'
import { McpServerName, McpToolName } from '@ropewalk/core/contract/tool-name'
import { RopewalkError } from '@ropewalk/core/errors'
import { WorkspaceId } from '@ropewalk/core/ids'
import { text } from '@ropewalk/core/text'
import { z } from 'zod'
import { formatFault, sortFaults, type PlaybookFault } from '../../../engine/playbook/fault.ts'
import { judgeContract, type Judged } from '../../../engine/playbook/judge-contract.ts'
import { readYamlFile, type SourceFile } from '../../../engine/playbook/source-file.ts'
import { judgeAddress, judgeFolder, judgeValues, type ServerValues } from './server-values.ts'

/** An outside MCP server as the operator registered it, with everything defaulted. */
export type McpServer = {
  readonly name: string
  readonly workspaces: 'all' | readonly string[]
  readonly phases: 'all' | readonly string[]
  readonly tools: 'all' | readonly string[]
  readonly transport: StdioServer | HttpServer
  /** For connecting, and for each call. */
  readonly timeoutMs: number
  readonly maxResultBytes: number
}

export type StdioServer = {
  readonly kind: 'stdio'
  /** The program and its arguments; no shell reads them. */
  readonly argv: readonly string[]
  readonly env: ServerValues
  /** Undefined: a folder of the attempt. */
  readonly cwd: string | undefined
}

export type HttpServer = {
  readonly kind: 'http'
  readonly url: string
  readonly headers: ServerValues
  /** Whether it may lie on this machine or in a private network. */
  readonly allowPrivate: boolean
}

const allOr = <T extends z.ZodType>(entry: T) => z.union([z.literal('all'), z.array(entry).min(1).max(200)])

// Addresses, folders and what may be a secret are judged apart: a fault of the contract shows the value it is about.
const Stdio = z.strictObject({
  kind: z.literal('stdio'),
  argv: z.array(text(4096, 1)).min(1).max(50),
  env: z.unknown().optional(),
  cwd: z.unknown().optional(),
})
const Http = z.strictObject({
  kind: z.literal('http'),
  url: z.unknown().optional(),
  headers: z.unknown().optional(),
  allowPrivate: z.boolean().default(false),
})

const makeContract = <T extends z.ZodType>(transport: T) =>
  z.strictObject({
    workspaces: allOr(WorkspaceId),
    phases: allOr(PhaseName),
    tools: allOr(McpToolName),
    transport,
    // Longer than a model call may last, an attempt would seem to stand still.
    timeoutSeconds: z.number().min(1).max(240).default(30),
    maxResultBytes: z.int().min(256).max(1_000_000).default(65_536),
  })
const StdioEntry = makeContract(Stdio)
const HttpEntry = makeContract(Http)
const AnyEntry = makeContract(z.looseObject({ kind: z.enum(['stdio', 'http']) }))
const Servers = z.strictObject({ servers: z.record(z.string(), z.unknown()).default({}) })

/** A registry has some entries; more than this is another file than was meant. */
const MAX_FILE_BYTES = 1_000_000

export const getServerFile = (home: string): string => path.join(home, 'mcp-servers.yaml')

/** One server of the file, as a file of its own whose places are those of the whole. */
const pickEntry = (file: SourceFile, name: string, value: unknown): SourceFile => ({
  ...file,
  value,
  locate: (at) => file.locate(['servers', name, ...at]),
  locateKey: (at, key) => file.locateKey(['servers', name, ...at], key),
})

type Entry = { readonly transport: { readonly kind: string } }

const makeServer = (
  name: string,
  entry: Omit<McpServer, 'name' | 'transport' | 'timeoutMs'> & { readonly timeoutSeconds: number },
  transport: McpServer['transport'],
): McpServer => ({
  name,
  workspaces: entry.workspaces,
  phases: entry.phases,
  tools: entry.tools,
  transport,
  timeoutMs: entry.timeoutSeconds * 1000,
  maxResultBytes: entry.maxResultBytes,
})

const judgeStdio = (name: string, file: SourceFile): Judged<McpServer> => {
  const { value, faults } = judgeContract(file, StdioEntry)
  if (value === undefined) return { value, faults }
  const env = judgeValues(file, 'env', value.transport.env)
  const cwd = judgeFolder(file, value.transport.cwd)
  const { kind, argv } = value.transport
  const found = [...env.faults, ...cwd.faults]
  return found.length > 0 || env.value === undefined
    ? { value: undefined, faults: found }
    : { value: makeServer(name, value, { kind, argv, env: env.value, cwd: cwd.value }), faults: [] }
}

const judgeHttp = (name: string, file: SourceFile): Judged<McpServer> => {
  const { value, faults } = judgeContract(file, HttpEntry)
  if (value === undefined) return { value, faults }
  const headers = judgeValues(file, 'headers', value.transport.headers)
  const url = judgeAddress(file, value.transport.url)
  const { kind, allowPrivate } = value.transport
  const found = [...headers.faults, ...url.faults]
  return found.length > 0 || headers.value === undefined || url.value === undefined
    ? { value: undefined, faults: found }
    : {
        value: makeServer(name, value, { kind, url: url.value, headers: headers.value, allowPrivate }),
        faults: [],
      }
}

const judgeEntry = (name: string, file: SourceFile): Judged<McpServer> => {
  const kind = (file.value as Partial<Entry> | null)?.transport?.kind
  if (kind === 'stdio') return judgeStdio(name, file)
  if (kind === 'http') return judgeHttp(name, file)
  const { faults } = judgeContract(file, AnyEntry)
  return { value: undefined, faults }
}

const judgeName = (file: SourceFile, name: string): readonly PlaybookFault[] =>
  McpServerName.safeParse(name).success
    ? []
    : [
        {
          path: file.path,
          ...file.locateKey(['servers'], name),
          problem: `${JSON.stringify(name.slice(0, 60))} is no name for a server.`,
          fix: 'Use lower-case letters, digits and dashes, a letter first, at most 32.',
        },
      ]

/** The servers of a registry file and everything that is wrong with it. */
export const judgeServerFile = (
  at: string,
  source: string,
): { readonly servers: readonly McpServer[]; readonly faults: readonly PlaybookFault[] } => {
  const file = readYamlFile({ path: at, name: path.basename(at), isProject: false }, source)
  if (file.isBlank && file.faults.length === 0) return { servers: [], faults: [] }
  const { value, faults } = judgeContract(file, Servers)
  if (value === undefined) return { servers: [], faults }
  const judged = Object.entries(value.servers).map(([name, entry]) => {
    const { value: server, faults: found } = judgeEntry(name, pickEntry(file, name, entry))
    const told = found.map((fault) => ({ ...fault, problem: `server ${name}: ${fault.problem}` }))
    return { server, faults: [...judgeName(file, name), ...told] }
  })
  return {
    servers: judged.flatMap(({ server }) => server ?? []),
    faults: sortFaults(judged.flatMap((each) => each.faults)),
  }
}

const readSource = (file: string): string | undefined => {
  try {
    const { mode, size } = statSync(file)
    if ((mode & 0o022) !== 0)
      throw new RopewalkError(
        'FORBIDDEN',
        `${file} names programs that are started with your rights, and others may write to it (mode ${(mode & 0o777).toString(8)}). Look through it, then: chmod go-w '${file}'`,
      )
    if (size > MAX_FILE_BYTES)
      throw new RopewalkError('PAYLOAD_TOO_LARGE', `${file} has ${size} of at most ${MAX_FILE_BYTES} bytes.`)
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/**
 * The outside MCP servers that the operator of this home registered in `mcp-servers.yaml`, in the file's order; none
 * where there is no file. Throws INVALID_ARGUMENT with path, line, column and what to change, FORBIDDEN when others
 * may write to the file.
 */
export const readMcpServers = (home: string): readonly McpServer[] => {
  const at = getServerFile(home)
  const source = readSource(at)
  if (source === undefined) return []
  const { servers, faults } = judgeServerFile(at, source)
  const [first] = faults
  if (first === undefined) return servers
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more: ropewalk mcp-servers list)` : ''
  throw new RopewalkError('INVALID_ARGUMENT', `${formatFault(first)}${more}`, {
    details: {
      what: `${at}:${first.line}:${first.column} breaks its contract`,
      why: `${first.problem}${more}`,
      next: first.fix,
      faults,
    },
  })
}
