import { sha256 } from '@ropewalk/core/canonical'
import { AgentDefinition, PhaseDefinition, Playbook } from '@ropewalk/core/contract/playbook'
import { NO_ESTIMATE, type RunPlan } from '@ropewalk/core/contract/run-plan'
import { makeRunPlan } from '@ropewalk/core/run/plan/make-run-plan'

const BUDGETS = { tokens: 100_000, tools_minutes: 10, gpu_hours: 0, wallclock_minutes: 30 }

type PlanInput = {
  readonly capMicros?: number
  readonly clarification?: 'human' | 'autonomous' | 'hybrid'
  readonly questionDeadlineMs?: number
}

const finish = (
  phases: readonly object[],
  agents: readonly object[],
  { capMicros = 1_000_000, clarification = 'autonomous', questionDeadlineMs = 60_000 }: PlanInput,
): RunPlan => {
  const playbook = Playbook.parse({ name: 'test', phases, agents, prices: [] })
  return makeRunPlan({
    playbook,
    playbookHash: sha256('playbook'),
    idea: 'A link shortener',
    repo: null,
    models: ['offline'],
    capMicros,
    clarification,
    questionDeadlineMs,
    unconfined: false,
    estimate: NO_ESTIMATE,
  })
}

const makeAgent = (phase: string, agent: string, output: string, inputs: readonly string[] = []) =>
  AgentDefinition.parse({ agent, phase, kind: 'external', capability: 'work', inputs, output, prompt: 'Do.' })

const makePhase = (phase: string, agents: readonly string[], rest: object = {}) =>
  PhaseDefinition.parse({
    phase,
    title: phase,
    parallelism: 'sequential',
    agents,
    budgets: BUDGETS,
    timebox: 'PT1H',
    gate: { pass: 0, max_rounds: 2 },
    retry: { max_attempts: 3, base_ms: 0, max_ms: 0 },
    ...rest,
  })

/** One phase of `count` agents, one after another or side by side. */
export const makePhaseOf = (
  count: number,
  parallelism: 'sequential' | 'parallel' | 'iterative',
  rest: PlanInput & { readonly timebox?: string } = {},
): RunPlan => {
  const names = Array.from({ length: count }, (_, index) => `agent-${index + 1}`)
  const { timebox = 'PT1H', ...plan } = rest
  return finish(
    [makePhase('work', names, { parallelism, timebox })],
    names.map((name, index) => makeAgent('work', name, `Out${index + 1}`)),
    plan,
  )
}

/**
 * Two phases and five tasks: `prd` with two agents and a guard, `build` with one agent and a guard. `prd`
 * changes the first phase.
 */
export const makeTwoPhases = (rest: PlanInput = {}, prd: object = {}): RunPlan =>
  finish(
    [
      makePhase('prd', ['writer', 'cutter'], {
        guards: [{ guard: 'check', artifacts: ['PRD'], rubric: 'quality' }],
        rubrics: { quality: { min: 0.5, weight: 1 } },
        gate: { pass: 0.8, max_rounds: 2 },
        ...prd,
      }),
      makePhase('build', ['coder'], {
        needs: ['prd'],
        guards: [{ guard: 'check', artifacts: ['RepoManifest'], rubric: 'quality' }],
        rubrics: { quality: { min: 0.5, weight: 1 } },
        gate: { pass: 0.8, max_rounds: 2 },
      }),
    ],
    [
      makeAgent('prd', 'writer', 'PRD', ['Idea']),
      makeAgent('prd', 'cutter', 'UserStories', ['PRD']),
      makeAgent('build', 'coder', 'RepoManifest', ['PRD']),
    ],
    rest,
  )
