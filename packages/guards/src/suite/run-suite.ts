import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { cp, mkdir, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import type { ConfinedRequest, ConfinedResult, GuardInput } from '../guard.ts'
import { readSealedReport, type TestResult } from './sealed-report.ts'

// Read when the guard starts: what later happens to the file on disk changes no report.
const REPORTER = readFileSync(new URL('./reporter.mjs', import.meta.url))

/** Enough to tell why a file failed, and no more of what hostile code prints. */
const MAX_OUTPUT_BYTES = 256 * 1024

/** Each file may take the memory of a whole command; more at once would need a large machine. */
const MAX_AT_ONCE = 4

export type SuiteOptions = {
  readonly tests: readonly string[]
  readonly timeoutMs: number
  /** Limit of a single test, where the whole file's limit is too long to wait for. */
  readonly testTimeoutMs?: number
  /** Changes the copy of the checkout before anything runs. */
  readonly prepare?: (root: string) => Promise<void>
  /** Whether V8 tells which code ran; the folders are named in the result. */
  readonly withCoverage?: boolean
}

/** What became of one test file. `problem` is set where its report cannot be believed or it ended badly. */
export type FileRun = {
  readonly file: string
  readonly root: string
  readonly results: readonly TestResult[]
  readonly body: string
  readonly problem: string | null
  /** Whether the report was missing, broken or forged, as opposed to a test that failed. */
  readonly isReportRefused: boolean
  readonly coverageDir: string | null
  readonly confined: ConfinedResult
}

const getArgv = (reporter: string, options: SuiteOptions, file: string): [string, ...string[]] => [
  process.execPath,
  '--test',
  // In one process: a child's results would come by its standard output, where anything can be forged.
  '--test-isolation=none',
  '--disable-sigusr1',
  `--test-reporter=${reporter}`,
  '--test-reporter-destination=stdout',
  ...(options.testTimeoutMs === undefined ? [] : [`--test-timeout=${options.testTimeoutMs}`]),
  // A leading ./ keeps a file called --eval=… a file.
  `./${file}`,
]

const getProblem = (run: ConfinedResult): string | null => {
  if (run.timedOut) return `It did not end within its time limit (${Math.round(run.durationMs)} ms).`
  if (run.signal !== null) return `It was ended by ${run.signal}.`
  return run.exitCode === 0 ? null : `It ended with exit code ${String(run.exitCode)}.`
}

/** Whether the result is the one Node makes up for a file without tests: the file's own name, passed. */
const isMadeUp = (root: string, file: string, { name, outcome }: TestResult): boolean =>
  outcome !== 'fail' && resolve(root, name) === join(root, file)

const runFile = async (
  input: Pick<GuardInput, 'scratch' | 'runConfined'>,
  source: string,
  file: string,
  options: SuiteOptions,
): Promise<FileRun> => {
  // A folder and a copy for each file: no test can change what the next one runs or find its report.
  const base = join(await realpath(input.scratch), `suite-${randomBytes(8).toString('hex')}`)
  const root = join(base, 'checkout')
  const reports = join(base, 'reports')
  const tool = join(base, 'tool')
  const coverageDir = options.withCoverage === true ? join(base, 'coverage') : null
  for (const folder of [root, reports, tool, ...(coverageDir === null ? [] : [coverageDir])])
    await mkdir(folder, { recursive: true, mode: 0o700 })
  await cp(source, root, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => basename(path) !== '.git',
  })
  await options.prepare?.(root)
  const reporter = join(tool, 'reporter.mjs')
  await writeFile(reporter, REPORTER, { mode: 0o444 })
  const key = randomBytes(32)
  const report = join(reports, randomBytes(16).toString('hex'))
  const request: ConfinedRequest = {
    argv: getArgv(reporter, options, file),
    cwd: root,
    mounts: [
      { path: dirname(process.execPath), write: false },
      { path: tool, write: false },
      { path: reports, write: true },
      ...(coverageDir === null ? [] : [{ path: coverageDir, write: true }]),
    ],
    env: coverageDir === null ? {} : { NODE_V8_COVERAGE: coverageDir },
    stdin: JSON.stringify({ key: key.toString('hex'), report }),
    timeoutMs: options.timeoutMs,
    maxOutputBytes: MAX_OUTPUT_BYTES,
  }
  const confined = await input.runConfined(request)
  const sealed = await readSealedReport(report, key)
  const isReporterChanged = !(await readFile(reporter).catch(() => Buffer.alloc(0))).equals(REPORTER)
  const refusal = isReporterChanged
    ? 'The reporter was changed while the tests ran.'
    : sealed.outcome === 'refused'
      ? sealed.reason
      : null
  const problem = [refusal, getProblem(confined)].filter((part) => part !== null).join(' ')
  const isRead = sealed.outcome === 'read' && refusal === null
  return {
    file,
    root,
    results: isRead ? sealed.results.filter((result) => !isMadeUp(root, file, result)) : [],
    body: isRead ? sealed.body : '',
    problem: problem === '' ? null : problem,
    isReportRefused: refusal !== null,
    coverageDir,
    confined,
  }
}

/**
 * Runs test files with `node --test`, as many at once as the machine has cores, each in its own process, sandbox
 * and copy of the checkout. Nothing of the repository decides how: no script, no NODE_OPTIONS, no configuration file.
 * The runs come in the order of the files. Throws what the first run to fail threw, once all have ended.
 */
export const runSuite = async (
  input: Pick<GuardInput, 'scratch' | 'runConfined'>,
  source: string,
  options: SuiteOptions,
): Promise<FileRun[]> => {
  const waiting = options.tests.entries()
  const runs: FileRun[] = []
  const takeTurns = async () => {
    for (const [index, file] of waiting) runs[index] = await runFile(input, source, file, options)
  }
  const turns = Array.from({ length: Math.min(MAX_AT_ONCE, availableParallelism()) }, takeTurns)
  // Whoever is told of a failure clears the scratch folder away; nothing may still be at work in it then.
  const ends = await Promise.allSettled(turns)
  for (const end of ends) if (end.status === 'rejected') throw end.reason
  return runs
}

/** Frees the copies of a suite's runs. */
export const removeCopies = async (runs: readonly FileRun[]): Promise<void> => {
  for (const { root } of runs) await rm(dirname(root), { recursive: true, force: true })
}

/** The file a result names, relative to its copy of the checkout; undefined where it lies elsewhere. */
export const getFileInCopy = (run: FileRun, result: TestResult): string | undefined => {
  if (result.file === null || !result.file.startsWith(run.root + sep)) return undefined
  return relative(run.root, result.file).replaceAll(sep, '/')
}

/** What a report says of the processes of a suite: the command of the run that went worst. */
export const getRunFacts = (runs: readonly FileRun[]) => {
  const shown = runs.find(({ problem }) => problem !== null) ?? runs[0]
  return {
    tool: 'node --test',
    toolVersion: process.version,
    argv: shown === undefined ? null : [...shown.confined.argv],
    exitCode: shown?.confined.exitCode ?? null,
    confined:
      runs.length === 0
        ? 'not-needed'
        : runs.every(({ confined }) => confined.confined === 'yes')
          ? 'yes'
          : 'no',
  } as const
}
