import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { access, cp, lstat, mkdir, open, realpath, rm } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { hasCode } from '@ropewalk/core/errors'
import type { Finding, ScanPart } from '../finding.ts'
import type { ScanInput } from '../scan-input.ts'

/** Where programs of a system lie; what is confined sees these and the folder of a program that is named. */
const FOLDERS = ['/usr/local/bin', '/usr/bin', '/bin', '/opt/homebrew/bin']
const SYSTEM = /^\/(?:usr|bin|sbin|lib)(?:\/|$)/u

/** Files by which a repository tells scanners to look away. */
const SWITCHES = new Set([
  '.git', '.gitleaks.toml', '.gitleaksignore', '.semgrepignore', '.semgrep.yml', '.semgrep.yaml', '.semgrep',
  '.trivyignore', '.trivyignore.yaml', '.trivyignore.yml', 'trivy.yaml', 'trivy-secret.yaml', 'osv-scanner.toml',
  '.gitignore',
]) // prettier-ignore

const MAX_REPORT_BYTES = 32 * 1024 ** 2
const MAX_OUTPUT_BYTES = 64 * 1024
const VERSION_MS = 20_000

export type Adapter = {
  readonly part: string
  readonly program: string
  readonly versionArgs: readonly string[]
  /** Exit codes of a run that did its work, found something or not. */
  readonly okCodes: readonly number[]
  /** What else the program may read. */
  readonly reads?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Files it needs beside the report, by name, in the folder `out`. */
  readonly files?: Readonly<Record<string, string>>
  readonly makeArgs: (at: {
    readonly code: string
    readonly out: string
    readonly report: string
  }) => readonly string[]
  /** Throws where the report is not of the shape the program is known for. */
  readonly parse: (report: unknown, toRelative: (path: string) => string) => readonly Finding[]
}

/** Full path of a program that is installed, or undefined. */
export const findProgram = async (input: ScanInput, name: string): Promise<string | undefined> => {
  const named = input.settings.programs[name]
  for (const path of named === undefined ? FOLDERS.map((folder) => join(folder, name)) : [named]) {
    if (await isReadable(path, constants.X_OK)) return realpath(path)
  }
  return undefined
}

const isReadable = async (path: string, mode: number): Promise<boolean> => {
  try {
    await access(path, mode)
    return true
  } catch (error) {
    if (
      error instanceof Error &&
      'code' in error &&
      /^(?:ENOENT|ENOTDIR|EACCES|ELOOP)$/u.test(String(error.code))
    )
      return false
    throw error
  }
}

/** A copy of the checkout without links and without what tells scanners to look away. */
const copyCheckout = async (dir: string, to: string): Promise<void> => {
  await cp(dir, to, {
    recursive: true,
    filter: async (path) => !SWITCHES.has(basename(path)) && !(await lstat(path)).isSymbolicLink(),
  })
}

const readReport = async (path: string): Promise<unknown> => {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const facts = await file.stat()
    if (!facts.isFile() || facts.size > MAX_REPORT_BYTES) throw new RangeError('its report is too large')
    return JSON.parse(await file.readFile('utf8')) as unknown
  } finally {
    await file.close()
  }
}

const getVersion = (text: string): string =>
  /\d+\.\d+(?:\.\d+)?(?:[-+][\w.-]{1,40})?/u.exec(text)?.[0] ?? 'unknown'

type Place = {
  readonly path: string
  readonly out: string
  readonly code: string
  readonly reads: readonly string[]
}

const confine = (
  input: ScanInput,
  adapter: Adapter,
  at: Place,
  args: readonly string[],
  timeoutMs: number,
) => {
  const folders = new Set([at.code, ...at.reads, ...(SYSTEM.test(at.path) ? [] : [dirname(at.path)])])
  return input.runConfined({
    argv: [at.path, ...args],
    cwd: at.out,
    mounts: [...folders].map((path) => ({ path, write: false })),
    ...(adapter.env === undefined ? {} : { env: adapter.env }),
    timeoutMs,
    maxOutputBytes: MAX_OUTPUT_BYTES,
  })
}

const runAt = async (
  input: ScanInput,
  adapter: Adapter,
  at: Place,
): Promise<Omit<ScanPart, 'part' | 'extra'>> => {
  const told = await confine(input, adapter, at, adapter.versionArgs, VERSION_MS)
  const toolVersion = getVersion(`${told.stdout}\n${told.stderr}`)
  const report = join(at.out, 'report.json')
  const args = adapter.makeArgs({ code: at.code, out: at.out, report })
  const run = await confine(input, adapter, at, args, input.settings.timeout_ms)
  const facts = { tool: adapter.program, toolVersion, argv: run.argv }
  const refuse = (reason: string) => ({
    ...facts,
    outcome: 'not-run' as const,
    reason: reason.slice(0, 1000),
    findings: [],
  })
  if (run.timedOut) return refuse(`${adapter.program} did not end within ${input.settings.timeout_ms} ms.`)
  if (run.exitCode === null || !adapter.okCodes.includes(run.exitCode)) {
    const said = run.stderr.trim().slice(-400)
    return refuse(
      `${adapter.program} ended with exit code ${String(run.exitCode)}${said === '' ? '.' : `: ${said}`}`,
    )
  }
  try {
    const toRelative = (path: string) =>
      (path.startsWith(at.code) ? relative(at.code, path) : path).slice(0, 300)
    const findings = adapter.parse(await readReport(report), toRelative)
    return { ...facts, outcome: 'done', reason: null, findings }
  } catch (error) {
    // A report that cannot be read says nothing, and saying nothing is no pass.
    return refuse(
      `What ${adapter.program} reported cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

/**
 * One program that the user has, over a copy of the checkout, confined, as a part of a scan. Not-run with the
 * reason where the program, the sandbox or a readable report is missing.
 */
export const runProgram = async (input: ScanInput, adapter: Adapter, extra: boolean): Promise<ScanPart> => {
  const base = { part: adapter.part, extra }
  const absent = (reason: string): ScanPart => ({
    ...base,
    tool: adapter.program,
    toolVersion: 'none',
    argv: null,
    outcome: 'not-run',
    reason,
    findings: [],
  })
  const path = await findProgram(input, adapter.program)
  if (path === undefined) return absent(`${adapter.program} is not installed.`)
  for (const one of adapter.reads ?? [])
    if (!(await isReadable(one, constants.R_OK)))
      return absent(`${adapter.program} needs ${one}, which is not there.`)
  const folder = join(await realpath(input.scratch), `program-${randomBytes(6).toString('hex')}`)
  const at = { path, code: join(folder, 'code'), out: join(folder, 'out'), reads: adapter.reads ?? [] }
  try {
    for (const one of [at.code, at.out]) await mkdir(one, { recursive: true, mode: 0o700 })
    if (input.dir !== null) await copyCheckout(input.dir, at.code)
    for (const [name, text] of Object.entries(adapter.files ?? {})) {
      const file = await open(join(at.out, name), 'wx', 0o600)
      await file.writeFile(text)
      await file.close()
    }
    return { ...base, ...(await runAt(input, adapter, at)) }
  } catch (error) {
    if (!hasCode(error, 'SANDBOX_UNAVAILABLE')) throw error
    return absent(error.message.slice(0, 1000))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
