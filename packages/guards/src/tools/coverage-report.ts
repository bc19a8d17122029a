import { z } from 'zod'
import type { DocumentOf } from '@ropewalk/core/contract/documents'
import { hasCode } from '@ropewalk/core/errors'
import { findDocument } from '../documents.ts'
import { discover } from '../suite/discover.ts'
import { getLineCoverage, type Covered } from '../suite/line-coverage.ts'
import { removeCopies, runSuite } from '../suite/run-suite.ts'
import type { Tool, ToolInput } from '../tool.ts'
import { parseSettings } from './make-scan-tool.ts'
import { findTestObstacle, recordRuns } from './test-suite.ts'

const Settings = z.strictObject({
  /** For each test file. */
  timeout_ms: z.int().min(100).max(3_600_000).default(120_000),
})

const CODE_FILE = /\.(?:js|mjs|cjs|ts|mts|cts)$/u
const MAX_FILES = 2000
const MAX_LINES = 20_000

const getShare = (covered: number, total: number) => ({
  covered,
  total,
  percent: total === 0 ? 0 : (100 * covered) / total,
})

type Facts = Pick<DocumentOf<'CoverageReport'>, 'outcome' | 'reason' | 'argv'>

const makeDocument = (
  input: ToolInput,
  facts: Facts,
  files: readonly Covered[],
): DocumentOf<'CoverageReport'> => ({
  tool: 'v8-coverage',
  toolVersion: process.version,
  revision: input.worktree?.commit ?? null,
  ...facts,
  lines: getShare(
    files.reduce((sum, file) => sum + file.covered, 0),
    files.reduce((sum, file) => sum + file.lines, 0),
  ),
  // V8 counts ranges, not branches, and a function that was never called may not be counted at all.
  branches: null,
  functions: null,
  files: files.slice(0, MAX_FILES).map(({ file, lines, covered, uncovered }) => ({
    path: file.slice(0, 300),
    lines: getShare(covered, lines),
    uncovered_lines: uncovered.slice(0, MAX_LINES),
  })),
})

const measure = async (input: ToolInput, timeoutMs: number) => {
  const manifest = findDocument({ judged: input.inputs, others: [] }, 'RepoManifest')
  const obstacle = findTestObstacle(input, manifest)
  const notRun = (reason: string, files: readonly Covered[] = []) => ({
    document: makeDocument(input, { outcome: 'not-run', reason: reason.slice(0, 1000), argv: null }, files),
  })
  if (obstacle !== undefined || manifest === undefined || input.worktree === null)
    return notRun(obstacle ?? 'There is nothing to run.')
  const { dir } = input.worktree
  const record = recordRuns(input)
  try {
    const found = await discover(dir, manifest)
    const sources = found.sources.filter((file) => CODE_FILE.test(file))
    const runs = await runSuite(record, dir, { tests: found.tests, timeoutMs, withCoverage: true })
    const files = await getLineCoverage(dir, sources, runs)
    await removeCopies(runs)
    const refused = runs.find(({ isReportRefused }) => isReportRefused)
    // Whoever forges the test report can forge the counters beside it.
    if (refused !== undefined)
      return notRun(`The counters cannot be believed: ${refused.file}: ${refused.problem ?? ''}`)
    if (runs.length === 0) return notRun('The repository has no test.', files)
    const argv = record.runs[0]?.argv.map((one) => one.toWellFormed().slice(0, 2000)) ?? null
    return {
      document: makeDocument(input, { outcome: 'done', reason: null, argv }, files),
      ran: record.runs.map(({ argv: one, exitCode }) => ({ argv: one, exitCode })),
    }
  } catch (error) {
    if (!hasCode(error, 'SANDBOX_UNAVAILABLE')) throw error
    return notRun(error.message)
  }
}

/** Code lines of each source that the tests ran, from V8’s own counters; a source nobody loaded counts in full. */
export const tool: Tool = {
  name: 'coverage-report',
  version: '1.0.0',
  run: (input) => measure(input, parseSettings('coverage-report', Settings, input.settings).timeout_ms),
}
