import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { z } from 'zod'
import { getPeerProgram } from '../../support/peers.ts'

/** How codex reaches a server of MCP, in the words of its own settings. */
export type CodexServer =
  | { readonly type: 'http'; readonly url: string }
  | { readonly type: 'stdio'; readonly command: string; readonly args: readonly string[] }

/** One line of `codex exec --json`. */
const CodexEvent = z.looseObject({
  type: z.string(),
  item: z
    .looseObject({ type: z.string(), tool: z.string().optional(), status: z.string().optional() })
    .optional(),
})
export type CodexEvent = z.infer<typeof CodexEvent>

const quote = (value: string): string => JSON.stringify(value)

const tellServer = (server: CodexServer, names: readonly string[]): readonly string[] =>
  server.type === 'http'
    ? [`url = ${quote(server.url)}`, 'bearer_token_env_var = "ROPEWALK_TOKEN"']
    : [
        `command = ${quote(server.command)}`,
        `args = [${server.args.map(quote).join(', ')}]`,
        `env_vars = [${names.map(quote).join(', ')}]`,
      ]

/** Settings with which it asks nobody but the given model, and sends nothing home. */
const makeSettings = (of: {
  readonly modelUrl: string
  readonly server: CodexServer
  readonly dir: string
  readonly names: readonly string[]
}): string =>
  [
    'model = "scripted"',
    'model_provider = "scripted"',
    'check_for_update_on_startup = false',
    '[analytics]',
    'enabled = false',
    '[feedback]',
    'enabled = false',
    '[features]',
    'daemon_auto_start = false',
    '[model_providers.scripted]',
    'name = "scripted"',
    `base_url = ${quote(of.modelUrl)}`,
    'env_key = "SCRIPTED_KEY"',
    'wire_api = "responses"',
    'request_max_retries = 0',
    'stream_max_retries = 0',
    `[projects.${quote(of.dir)}]`,
    'trust_level = "trusted"',
    '[mcp_servers.ropewalk]',
    // Else it begins its turn while the server is still starting, and without its tools.
    'required = true',
    // Nobody is there to be asked.
    'default_tools_approval_mode = "approve"',
    ...tellServer(of.server, of.names),
    '',
  ].join('\n')

export type CodexRun = {
  readonly exit: number | null
  readonly events: readonly CodexEvent[]
  readonly stderr: string
}

/** Runs the real codex once, in a home of its own, with a scripted model behind it. */
export const runCodex = async (of: {
  readonly prompt: string
  readonly modelUrl: string
  readonly server: CodexServer
  /** What of the environment it and its MCP server get, the token among it. */
  readonly env: Readonly<Record<string, string>>
}): Promise<CodexRun> => {
  const folder = mkdtempSync(path.join(tmpdir(), 'ropewalk-codex-'))
  try {
    // Beside its home, never above it: below TMPDIR it makes no sandbox.
    const [home, dir, tmp] = ['home', 'work', 'tmp'].map((name) => path.join(folder, name)) as [
      string,
      string,
      string,
    ]
    for (const each of [home, dir, tmp]) mkdirSync(each)
    const names = Object.keys(of.env)
    writeFileSync(path.join(home, 'config.toml'), makeSettings({ ...of, dir, names }), { mode: 0o600 })
    const child = spawn(
      process.execPath,
      [getPeerProgram('codex'), 'exec', '--json', '--skip-git-repo-check', '-C', dir, of.prompt],
      {
        cwd: dir,
        env: {
          PATH: process.env['PATH'] ?? '',
          HOME: folder,
          CODEX_HOME: home,
          TMPDIR: tmp,
          SCRIPTED_KEY: 'none',
          ...of.env,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    )
    const said = { stdout: '', stderr: '' }
    for (const stream of ['stdout', 'stderr'] as const)
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        said[stream] += text
      })
    await once(child, 'close')
    const lines = said.stdout.split('\n').filter((line) => line.startsWith('{'))
    return {
      exit: child.exitCode,
      events: lines.map((line) => CodexEvent.parse(JSON.parse(line))),
      stderr: said.stderr,
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
