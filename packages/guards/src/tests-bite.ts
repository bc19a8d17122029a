import { z } from 'zod'
import type { Prd } from '@ropewalk/core/contract/documents'
import { findDocument } from './documents.ts'
import { judgeByScore, lacks, makeGuard, notRun } from './make-guard.ts'
import { discover } from './suite/discover.ts'
import { findForeignTests } from './suite/foreign-tests.ts'
import { hollowOut, stripBare } from './suite/hollow.ts'
import { getRunFacts, removeCopies, runSuite, type FileRun } from './suite/run-suite.ts'

const Settings = z.strictObject({
  /** Smallest share of the requirements whose tests notice that the code is gone. */
  min: z.number().min(0).max(1).default(0.5),
  timeout_ms: z.int().min(100).max(3_600_000).default(60_000),
  /** Of one test: without the code many wait for an answer that never comes. */
  test_timeout_ms: z.int().min(100).max(600_000).default(10_000),
})

/** Requirements for which a test passed and none failed. */
const listPassed = (prd: Prd, runs: readonly FileRun[]): string[] => {
  const results = runs.flatMap((run) => run.results)
  const isNamed = (id: string, outcome: 'pass' | 'fail') =>
    results.some((result) => result.outcome === outcome && result.name.includes(id))
  return prd.requirements.map(({ id }) => id).filter((id) => isNamed(id, 'pass') && !isNamed(id, 'fail'))
}

/**
 * Proves that the tests depend on the code: with every source an empty module of the same names, the suite
 * must fail. The score is the share of requirements of which some test then no longer passes. Tests that need
 * no file of the repository at all prove nothing whatever the share: they are critical.
 */
export const guard = makeGuard({
  name: 'tests-bite',
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
    if (foreign !== undefined)
      return notRun(
        `The tests are run by ${foreign.runner}, which gives no proof that they notice missing code that can be believed.`,
      )
    const { tests, sources } = await discover(dir, manifest)
    if (tests.length === 0 || sources.length === 0) {
      const reasons = [tests.length === 0 ? 'There are no tests.' : 'There are no sources.']
      return { outcome: 'fail', score: 0, severity: 'critical', reasons }
    }
    const runWithout = (without: (root: string) => Promise<void>, files: readonly string[]) =>
      runSuite(input, dir, {
        tests: files,
        timeoutMs: settings.timeout_ms,
        testTimeoutMs: settings.test_timeout_ms,
        prepare: without,
      })
    const runs = await runWithout((root) => hollowOut(root, sources), tests)
    await removeCopies(runs)
    const results = runs.flatMap((run) => run.results)
    const passed = results.filter(({ outcome }) => outcome === 'pass')
    const facts = getRunFacts(runs)
    const metrics = { total: results.length, passed: passed.length, sources: sources.length }
    const isNoticed = runs.some(
      ({ problem, results: own }) => problem !== null || own.some((r) => r.outcome === 'fail'),
    )
    if (!isNoticed) {
      const reasons = ['The tests pass without the code.']
      return { outcome: 'fail', score: 0, severity: 'critical', reasons, metrics, ...facts }
    }
    const deaf = listPassed(prd, runs)
    // What a requirement says of other files than code is rightly proved without code, and not without them.
    const bare =
      deaf.length === 0 ? [] : await runWithout((root) => stripBare(root, { tests, sources }), tests)
    await removeCopies(bare)
    const idle = listPassed(prd, bare).filter((id) => deaf.includes(id))
    const score = 1 - deaf.length / prd.requirements.length
    const reasons = [
      ...idle.map(
        (id) => `The tests of ${id} pass without any file of the repository: they look at nothing.`,
      ),
      ...deaf.filter((id) => !idle.includes(id)).map((id) => `The tests of ${id} pass without the code.`),
    ]
    const judgement = judgeByScore(score, settings.min, reasons)
    return {
      ...judgement,
      ...(idle.length === 0 ? {} : ({ outcome: 'fail', score: 0, severity: 'critical' } as const)),
      metrics,
      ...facts,
    }
  },
})
