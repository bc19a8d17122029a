import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { RequirementCheck } from '@ropewalk/core/contract/guard-report'
import { findDocument } from './documents.ts'
import { lacks, makeGuard, notRun, type Judgement } from './make-guard.ts'
import { discover, type Discovered } from './suite/discover.ts'
import { findForeignTests, judgeForeignTests } from './suite/foreign-tests.ts'
import { getFileInCopy, getRunFacts, removeCopies, runSuite, type FileRun } from './suite/run-suite.ts'
import type { TestResult } from './suite/sealed-report.ts'

const Settings = z.strictObject({
  /** For each test file. Too small fails honest suites on a busy machine. */
  timeout_ms: z.int().min(100).max(3_600_000).default(120_000),
  /** Requirements of these priorities need a passing test; the others may still lack one. */
  priorities: z
    .array(z.enum(['must', 'should', 'could']))
    .min(1)
    .default(['must', 'should', 'could']),
})

/** The id under which a test that names no requirement stands in a report, so that it shows as an orphan. */
const NO_REQUIREMENT = 'none'
const MAX_CHECKS = 2000

type Told = {
  readonly run: FileRun
  readonly result: TestResult
  readonly file: string
  readonly ids: readonly string[]
}

/**
 * The requirements a result speaks for: ids in its name that also stand in the text of the file that
 * declares it, as committed. A test that a source file declares speaks for none.
 */
const getTold = async (
  dir: string,
  runs: readonly FileRun[],
  sources: ReadonlySet<string>,
): Promise<Told[]> => {
  const texts = new Map<string, string>()
  const getText = async (file: string) => {
    const known = texts.get(file) ?? (await readFile(join(dir, file), 'utf8').catch(() => ''))
    texts.set(file, known)
    return known
  }
  const told: Told[] = []
  for (const run of runs) {
    for (const result of run.results) {
      const file = getFileInCopy(run, result)
      const text = file === undefined || sources.has(file) ? '' : await getText(file)
      const ids = [...new Set(result.name.match(/\bREQ-\d{3}\b/gu) ?? [])].filter((id) => text.includes(id))
      told.push({ run, result, file: file ?? run.file, ids })
    }
  }
  return told
}

const getChecks = (told: readonly Told[]): RequirementCheck[] =>
  told
    .flatMap(({ result, file, ids }) =>
      (ids.length > 0 ? ids : [NO_REQUIREMENT]).map((requirementId) => ({
        requirementId,
        test:
          result.name.toWellFormed().replaceAll('\u0000', '\uFFFD').slice(0, 300).toWellFormed() ||
          '(unnamed)',
        file: file.slice(0, 300),
        outcome: result.outcome,
      })),
    )
    .slice(0, MAX_CHECKS)

const getReasons = (runs: readonly FileRun[], told: readonly Told[]): string[] => [
  ...told
    .filter(({ result }) => result.outcome === 'fail')
    .map(({ run, result }) => `${run.file}: "${result.name}" failed: ${result.error || 'no message'}`),
  ...runs
    .filter(({ problem }) => problem !== null)
    .map(({ file, problem, isReportRefused, confined }) => {
      const tail = isReportRefused ? confined.stderr.trim().slice(-400) : ''
      return `${file}: ${problem ?? ''}${tail === '' ? '' : ` It said: ${tail}`}`
    }),
  ...runs
    .filter(({ problem, results }) => problem === null && results.length === 0)
    .map(({ file }) => `${file} holds no test.`),
]

const judge = (
  runs: readonly FileRun[],
  told: readonly Told[],
  found: Discovered,
  required: readonly string[],
): Judgement => {
  const count = (outcome: TestResult['outcome']) =>
    told.filter(({ result }) => result.outcome === outcome).length
  const passed = count('pass')
  const covered = new Set(told.flatMap(({ result, ids }) => (result.outcome === 'pass' ? ids : [])))
  const uncovered = required.filter((id) => !covered.has(id))
  const reasons = [
    ...found.missing.map((path) => `RepoManifest names ${path}, which the commit does not have as a file.`),
    ...getReasons(runs, told),
    ...(told.length === 0 ? ['No test ran.'] : []),
    ...uncovered.map((id) => `No test that passes names ${id}.`),
  ]
  const isCritical = told.length === 0 || passed === 0 || runs.some(({ isReportRefused }) => isReportRefused)
  const failed = reasons.length > 0
  const share = told.length === 0 ? 0 : passed / told.length
  const score = share * (1 - uncovered.length / Math.max(1, required.length))
  return {
    outcome: failed ? 'fail' : 'pass',
    // A skipped test takes nothing from a suite that proves every requirement.
    score: failed ? (score < 1 && !isCritical ? score : 0) : 1,
    severity: failed ? (isCritical ? 'critical' : 'major') : 'info',
    reasons,
    ...getRunFacts(runs),
    metrics: {
      total: told.length,
      passed,
      failed: count('fail'),
      skipped: count('skipped'),
      duration_ms: Math.round(runs.reduce((sum, { confined }) => sum + confined.durationMs, 0)),
    },
    requirements: getChecks(told),
  }
}

/**
 * Runs the tests of the judged commit under our own configuration and reporter, confined. Passes when every
 * test file tells a believable story, none failed, and each requirement of the PRD that is asked for has a test
 * that passed. Tests of a repository that are not of Node are run by its own command, which verifies nothing.
 */
export const guard = makeGuard({
  name: 'tests',
  version: '1.0.0',
  settings: Settings,
  judge: async (input, settings) => {
    if (input.worktree === null) return notRun('No code is judged.')
    const manifest = findDocument(input, 'RepoManifest')
    const prd = findDocument(input, 'PRD')
    if (manifest === undefined) return lacks('RepoManifest')
    if (prd === undefined) return lacks('PRD')
    const { dir, lacks: reason } = input.worktree
    if (reason !== undefined) return notRun(reason)
    const foreign = findForeignTests(findDocument(input, 'RepoContext'))
    if (foreign !== undefined) return judgeForeignTests(input, dir, foreign, settings.timeout_ms)
    const found = await discover(dir, manifest)
    const runs = await runSuite(input, dir, { tests: found.tests, timeoutMs: settings.timeout_ms })
    const told = await getTold(dir, runs, new Set(found.sources))
    await removeCopies(runs)
    const report = runs.map(({ file, body }) => `${JSON.stringify({ type: 'file', file })}\n${body}`).join('')
    return {
      ...judge(
        runs,
        told,
        found,
        prd.requirements.filter(({ priority }) => settings.priorities.includes(priority)).map(({ id }) => id),
      ),
      outputs: [
        { name: 'test-report.ndjson', mediaType: 'application/x-ndjson', bytes: Buffer.from(report) },
      ],
    }
  },
})
