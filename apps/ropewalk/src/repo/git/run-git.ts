import { spawn } from 'node:child_process'
import { RopewalkError } from '@ropewalk/core/errors'

/** A repository of ours holds one small program; a call that takes this long hangs. */
const GIT_TIMEOUT_MS = 120_000

/**
 * Settings that win over any file. No hook, no filter, no network and no file monitor can be started by
 * what a repository says; objects are on disk before git says that they are.
 */
const SETTINGS = [
  'core.hooksPath=/dev/null',
  'core.attributesFile=/dev/null',
  'core.excludesFile=/dev/null',
  'core.fsmonitor=false',
  'core.symlinks=false',
  'core.protectHFS=true',
  'core.protectNTFS=true',
  'core.quotePath=false',
  'core.fsync=committed',
  'core.fsyncMethod=batch',
  'protocol.allow=never',
  'protocol.file.allow=always',
  'fetch.fsckObjects=true',
  'fetch.recurseSubmodules=no',
  'gc.auto=0',
  'maintenance.auto=false',
  'commit.gpgSign=false',
  'pack.threads=1',
]

export type GitCall = {
  readonly gitDir: string
  readonly args: readonly string[]
  readonly stdin?: string | Uint8Array
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** Exit codes that are answers, not failures. */
  readonly okCodes?: readonly number[]
  /** Ends the call when git says more; the default fits every listing of ours. */
  readonly maxBytes?: number
}

export type GitAnswer = { readonly code: number; readonly stdout: Buffer }

/**
 * Runs git on one repository, with nothing of the user's or the machine's settings.
 * Throws INTERNAL with git's own words, PAYLOAD_TOO_LARGE above `maxBytes`.
 */
export const runGit = async (call: GitCall): Promise<GitAnswer> => {
  const { promise, resolve, reject } = Promise.withResolvers<GitAnswer>()
  const maxBytes = call.maxBytes ?? 64 * 1024 ** 2
  const args = [...SETTINGS.flatMap((setting) => ['-c', setting]), `--git-dir=${call.gitDir}`, ...call.args]
  const child = spawn('git', args, {
    cwd: call.cwd ?? '/',
    env: getGitEnv(call.env),
    stdio: 'pipe',
    timeout: GIT_TIMEOUT_MS,
    killSignal: 'SIGKILL',
  })
  const out: Buffer[] = []
  let bytes = 0
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > maxBytes) child.kill('SIGKILL')
    else out.push(chunk)
  })
  child.stderr.on('data', (chunk: Buffer) => {
    said = `${said}${chunk.toString()}`.slice(0, 2000)
  })
  // git that ended early has said why on its own.
  child.stdin.on('error', () => undefined)
  child.stdin.end(call.stdin ?? '')
  child.on('error', (cause) => {
    reject(new RopewalkError('INTERNAL', `Cannot start git (${cause.message}); install git.`, { cause }))
  })
  child.on('close', (code, signal) => {
    if (code !== null && [0, ...(call.okCodes ?? [])].includes(code)) {
      resolve({ code, stdout: Buffer.concat(out) })
    } else if (bytes > maxBytes) {
      reject(new RopewalkError('PAYLOAD_TOO_LARGE', `git ${call.args[0]} gave more than ${maxBytes} bytes.`))
    } else {
      reject(
        new RopewalkError('INTERNAL', `git ${call.args[0]} ended with ${code ?? signal}: ${said.trim()}`, {
          details: { args: call.args },
        }),
      )
    }
  })
  return promise
}

/** One line of output, without its end. */
export const runGitForLine = async (call: GitCall): Promise<string> =>
  (await runGit(call)).stdout.toString('utf8').trimEnd()

const getGitEnv = (more: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  PATH: '/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin',
  LANG: 'C.UTF-8',
  HOME: '/nonexistent',
  XDG_CONFIG_HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_NO_LAZY_FETCH: '1',
  ...more,
})
