import { isDeepStrictEqual } from 'node:util'
import { expect, test } from 'vitest'
import { RunEvent } from '../../src/run/events.ts'
import type { RunStatus } from '../../src/run/state.ts'
import { agent, makePlan, phase, guarded, twoPhases } from './given.ts'
import { checkApart, checkFold, checkHistory, checkRest, checkState } from './invariants.ts'
import { simulate, simulateTogether } from './simulate.ts'

/** `ROPEWALK_TEST_RUNS=all` for the whole promise. */
const SEEDS = process.env['ROPEWALK_TEST_RUNS'] === 'all' ? 10_000 : 3_000
/** Events are checked against their contract in every so many runs: that check costs more than the run. */
const CONTRACT_EVERY = 50

/** Two branches that run side by side and meet again; one mends with a fix agent, one asks many questions. */
const branches = makePlan(
  [
    phase({ phase: 'prd', agents: ['writer'] }),
    phase({
      phase: 'build',
      needs: ['prd'],
      agents: ['coder', 'tester'],
      fix_agent: 'mender',
      ...guarded('RepoManifest'),
    }),
    phase({ phase: 'docs', needs: ['prd'], agents: ['guide', 'faq', 'notes'], parallelism: 2 }),
    phase({ phase: 'release', needs: ['build', 'docs'], agents: ['notes'], timebox: 'PT1M' }),
  ],
  [
    agent('prd', 'writer', 'PRD', { inputs: ['Idea'] }),
    agent('build', 'coder', 'RepoManifest', { inputs: ['PRD'], kind: 'coder', capability: 'coder' }),
    agent('build', 'tester', 'TestReport', { inputs: ['RepoManifest'] }),
    agent('build', 'mender', 'Mended', { kind: 'coder', capability: 'coder' }),
    agent('docs', 'guide', 'Guide', { inputs: ['PRD'] }),
    agent('docs', 'faq', 'Faq', { inputs: ['Guide'] }),
    agent('docs', 'notes', 'Notes'),
    agent('release', 'notes', 'ReleaseNotes', { inputs: ['TestReport'] }),
  ],
  { questionDeadlineMs: 30_000 },
)

/** Approvals, a review, a loop over stories beside a phase that mends the same code, a fan-in, and waivers. */
const whole = makePlan(
  [
    phase({
      phase: 'ideas',
      agents: ['ann', 'bob'],
      parallelism: 'parallel',
      aggregation: 'vote',
      ...guarded('Ideas'),
      waivers: {
        declared: [
          { rubric: 'quality', owner: 'ed', justification: 'j', compensating_control: 'c', days: 1 },
        ],
      },
    }),
    phase({
      phase: 'prd',
      needs: ['ideas'],
      agents: ['writer'],
      approval: true,
      gate: { pass: 0.6, max_rounds: 6, review: { agent: 'reviewer', artifact: 'PRD' } },
      ...guarded('PRD'),
      waivers: { quorum: 1 },
    }),
    phase({
      phase: 'security',
      needs: ['prd'],
      agents: ['scanner'],
      fix_agent: 'mender',
      gate: { pass: 0.6, max_rounds: 6 },
      guards: [{ guard: 'check', artifacts: ['Scan'], rubric: 'secrets' }],
      rubrics: { secrets: { min: 0.6, weight: 1, waivable: false } },
    }),
    phase({
      phase: 'story-loop',
      needs: ['prd'],
      agents: ['implementer', 'validator'],
      parallelism: 'iterative',
      gate: { pass: 0.6, max_rounds: 6 },
      ...guarded('Progress'),
    }),
    phase({ phase: 'release', needs: ['security', 'story-loop'], agents: ['notes'], approval: true }),
  ],
  [
    agent('ideas', 'ann', 'Ideas'),
    agent('ideas', 'bob', 'Ideas'),
    agent('prd', 'writer', 'PRD', { inputs: ['Ideas'] }),
    agent('prd', 'reviewer', 'Review'),
    agent('security', 'scanner', 'Scan', { kind: 'tool', inputs: ['SourceCode'] }),
    agent('security', 'mender', 'SourceCode', { kind: 'coder' }),
    agent('story-loop', 'implementer', 'SourceCode', { kind: 'coder', inputs: ['PRD'] }),
    agent('story-loop', 'validator', 'Progress', { kind: 'tool', inputs: ['SourceCode'] }),
    agent('release', 'notes', 'ReleaseNotes', { inputs: ['Progress'] }),
  ],
  { clarification: 'human', questionDeadlineMs: 100_000 },
)

const PLANS = [
  twoPhases(),
  twoPhases({ clarification: 'autonomous', capMicros: 300_000 }),
  branches,
  whole,
  { ...whole, policies: { ...whole.policies, clarification: 'hybrid' as const } },
]

const play = (seed: number): RunStatus => {
  const plan = PLANS[seed % PLANS.length] ?? branches
  const world = simulate(seed, plan, ({ state, workspace }) => checkState(state, workspace))
  checkHistory(world.history, plan)
  checkRest(world.state)
  checkFold(world.history, world.state, isDeepStrictEqual)
  if (seed % CONTRACT_EVERY === 0) for (const { at: _, ...event } of world.history) RunEvent.parse(event)
  expect(world.steps, 'the run came to rest').toBeLessThan(4000)
  return world.state.run?.status ?? 'planned'
}

test('ten thousand runs with duplicate, late and lost results hold every invariant and come to rest', () => {
  const ends = new Map<RunStatus, number>()
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    try {
      const end = play(seed)
      ends.set(end, (ends.get(end) ?? 0) + 1)
    } catch (cause) {
      throw new Error(`seed ${seed}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    }
  }
  // A simulation in which nearly nothing succeeds, fails or is stopped would prove little.
  for (const status of ['succeeded', 'failed', 'cancelled', 'paused'] as const)
    expect(ends.get(status) ?? 0, status).toBeGreaterThan(SEEDS / 200)
}, 180_000)

test('a thousand pairs of runs side by side share their workspace and nothing else', () => {
  for (let seed = 1; seed <= 1000; seed += 1) {
    const plans = [PLANS[seed % PLANS.length] ?? branches, whole]
    try {
      const worlds = simulateTogether(seed, plans, ({ state }) => checkState(state))
      for (const [index, { history, state }] of worlds.entries()) {
        if (history.length === 0) continue
        checkHistory(history, plans[index] ?? whole)
        checkRest(state)
      }
      const [{ workspace } = { workspace: undefined }] = worlds
      if (workspace) checkApart(worlds, workspace)
    } catch (cause) {
      throw new Error(`seed ${seed}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    }
  }
}, 120_000)
