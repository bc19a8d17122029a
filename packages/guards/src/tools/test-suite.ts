import { z } from 'zod'
import { hasCode } from '@ropewalk/core/errors'
import type { DocumentOf } from '@ropewalk/core/contract/documents'
import { findDocument } from '../documents.ts'
import type { ConfinedResult } from '../guard.ts'
import { runNamedTests } from '../service/named-tests.ts'
import type { Tool, ToolInput } from '../tool.ts'
import { parseSettings } from './make-scan-tool.ts'

const Settings = z.strictObject({
  /** For each test file. */
  timeout_ms: z.int().min(100).max(3_600_000).default(120_000),
})

const MAX_TESTS = 5000

/** The same way to run commands, which keeps what was run. */
export const recordRuns = (input: ToolInput) => {
  const runs: ConfinedResult[] = []
  const runConfined: ToolInput['runConfined'] = async (request) => {
    const run = await input.runConfined(request)
    runs.push(run)
    return run
  }
  return { runs, runConfined, scratch: input.scratch }
}

/** Why the tests of a commit cannot be run here; undefined where they can. */
export const findTestObstacle = (
  input: ToolInput,
  manifest: DocumentOf<'RepoManifest'> | undefined,
): string | undefined => {
  if (input.worktree === null) return 'There is no code: the inputs hold no SourceCode.'
  if (manifest === undefined) return 'There is no RepoManifest that says what the tests are.'
  if (input.worktree.lacks !== undefined) return input.worktree.lacks.slice(0, 1000)
  if (manifest.language !== 'node')
    return 'The tests are not of Node, and only those can be run under a seal.'
  return undefined
}

type Facts = Pick<DocumentOf<'TestSuite'>, 'outcome' | 'reason' | 'argv' | 'tests'>

const makeDocument = (input: ToolInput, facts: Facts): DocumentOf<'TestSuite'> => {
  const count = (outcome: 'pass' | 'fail' | 'skipped') =>
    facts.tests.filter((test) => test.outcome === outcome).length
  return {
    tool: 'node --test',
    toolVersion: process.version,
    revision: input.worktree?.commit ?? null,
    ...facts,
    tests: facts.tests.slice(0, MAX_TESTS),
    passed: count('pass'),
    failed: count('fail'),
    skipped: count('skipped'),
    duration_ms: facts.tests.reduce((sum, test) => sum + test.duration_ms, 0),
  }
}

const runTests = async (input: ToolInput, timeoutMs: number) => {
  const manifest = findDocument({ judged: input.inputs, others: [] }, 'RepoManifest')
  const obstacle = findTestObstacle(input, manifest)
  const notRun = (reason: string) => ({
    facts: { outcome: 'not-run', reason, argv: null, tests: [] } as const,
    runs: [],
  })
  if (obstacle !== undefined || manifest === undefined || input.worktree === null)
    return notRun(obstacle ?? 'There is nothing to run.')
  const record = recordRuns(input)
  try {
    const told = await runNamedTests(record, input.worktree.dir, manifest, { timeoutMs })
    if (told.length === 0) return notRun('The repository has no test.')
    const tests = told.map(({ test, file, outcome, durationMs, requirements }) => ({
      name: test,
      file,
      outcome,
      duration_ms: Math.max(0, durationMs),
      requirements: requirements.slice(0, 20),
    }))
    const argv = record.runs[0]?.argv.map((one) => one.toWellFormed().slice(0, 2000)) ?? null
    return { facts: { outcome: 'done', reason: null, argv, tests } as const, runs: record.runs }
  } catch (error) {
    if (!hasCode(error, 'SANDBOX_UNAVAILABLE')) throw error
    return notRun(error.message.slice(0, 1000))
  }
}

/**
 * Every test of the commit with what became of it under our own reporter and seal, and the requirements that
 * both its name and its committed text carry.
 */
export const tool: Tool = {
  name: 'test-suite',
  version: '1.0.0',
  run: async (input) => {
    const settings = parseSettings('test-suite', Settings, input.settings)
    const { facts, runs } = await runTests(input, settings.timeout_ms)
    return {
      document: makeDocument(input, { ...facts, tests: [...facts.tests] }),
      ran: runs.map(({ argv, exitCode }) => ({ argv, exitCode })),
    }
  },
}
