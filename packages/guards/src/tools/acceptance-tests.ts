import { z } from 'zod'
import { hasCode } from '@ropewalk/core/errors'
import { getReason } from '../make-guard.ts'
import { findInput, parseSettings } from '../service/make-service-tool.ts'
import { runNamedTests, type NamedTest } from '../service/named-tests.ts'
import type { Tool, ToolInput, ToolResult } from '../tool.ts'

const NAME = 'acceptance-tests'
const VERSION = '1.0.0'

const Settings = z.strictObject({
  /** For each test file. Too small fails honest suites on a busy machine. */
  timeout_ms: z.int().min(100).max(3_600_000).default(120_000),
})

const MAX_RESULTS = 5000
const MAX_IDS = 20

const toResult = ({ test, file, outcome, stories, requirements, durationMs, message }: NamedTest) => ({
  test,
  file,
  outcome,
  stories: stories.slice(0, MAX_IDS),
  requirements: requirements.slice(0, MAX_IDS),
  duration_ms: durationMs,
  message,
})

const getDocument = (input: ToolInput, tests: readonly NamedTest[], reason: string | null) => {
  const count = (outcome: NamedTest['outcome']) => tests.filter((test) => test.outcome === outcome).length
  return {
    tool: 'node --test',
    toolVersion: process.version,
    argv: null,
    revision: input.worktree?.commit ?? null,
    outcome: 'done',
    reason,
    results: tests.slice(0, MAX_RESULTS).map(toResult),
    passed: count('pass'),
    failed: count('fail'),
    skipped: count('skipped'),
    pass_rate: tests.length === 0 ? 0 : count('pass') / tests.length,
  }
}

const run = async (input: ToolInput): Promise<ToolResult> => {
  const settings = parseSettings(NAME, Settings, input.settings)
  const getNotRun = (reason: string): ToolResult => ({
    document: { ...getDocument(input, [], getReason(reason)), outcome: 'not-run' },
  })
  const manifest = findInput(input, 'RepoManifest')
  if (input.worktree === null) return getNotRun('There is no code to test: the inputs hold no SourceCode.')
  if (manifest === undefined) return getNotRun('There is no RepoManifest that names the tests.')
  try {
    const found = await runNamedTests(input, input.worktree.dir, manifest, {
      timeoutMs: settings.timeout_ms,
      isWanted: (text) => /\bUS-\d{3}\b/u.test(text),
    })
    // In a file of acceptance tests others may stand as well: they are told elsewhere.
    const tests = found.filter(({ stories, outcome }) => stories.length > 0 || outcome === 'fail')
    return {
      document: getDocument(input, tests, tests.length === 0 ? 'No test of the commit names a story.' : null),
    }
  } catch (error) {
    if (!hasCode(error, 'SANDBOX_UNAVAILABLE')) throw error
    return getNotRun(error.message)
  }
}

/** Runs the test files that name stories, sealed and confined, and says which story each test speaks for. */
export const tool: Tool = { name: NAME, version: VERSION, run }
