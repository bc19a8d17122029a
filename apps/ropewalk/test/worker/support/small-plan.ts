import { AgentDefinition, PhaseDefinition, Playbook, type AgentKind } from '@ropewalk/core/contract/playbook'
import { NO_ESTIMATE, type RunPlan } from '@ropewalk/core/contract/run-plan'
import { makeRunPlan } from '@ropewalk/core/run/plan/make-run-plan'

type Writer = { readonly kind: Exclude<AgentKind, 'guard'>; readonly output: string }

/** One phase with one agent; a gate without guards always passes. */
export type SmallPhase = {
  readonly phase: string
  readonly agent: string
  readonly writer: Writer
  readonly inputs: readonly string[]
  readonly guards: readonly object[]
  readonly timebox: string
}

const makePhase = (
  { phase, agent, guards, timebox }: SmallPhase,
  needs: readonly string[],
): PhaseDefinition =>
  PhaseDefinition.parse({
    phase,
    title: 'Write',
    needs,
    parallelism: 'sequential',
    agents: [agent],
    budgets: { tokens: 1000, tools_minutes: 10, gpu_hours: 0, wallclock_minutes: 10 },
    timebox,
    guards,
    rubrics: guards.length === 0 ? {} : { shape: { min: 1, weight: 1 } },
    gate: { pass: guards.length === 0 ? 0 : 1, max_rounds: 1 },
    retry: { max_attempts: 3, base_ms: 10, max_ms: 50 },
  })

const makeAgent = ({ phase, agent, writer, inputs }: SmallPhase): AgentDefinition =>
  AgentDefinition.parse({
    agent,
    phase,
    kind: writer.kind,
    capability: writer.kind,
    inputs,
    output: writer.output,
    prompt: 'Write.',
  })

/** A run of phases, each after the one before. */
export const makePlanOf = (phases: readonly SmallPhase[]): RunPlan =>
  makeRunPlan({
    playbook: Playbook.parse({
      name: 'small',
      phases: phases.map((phase, index) =>
        makePhase(
          phase,
          phases.slice(index - 1, index).map((one) => one.phase),
        ),
      ),
      agents: phases.map(makeAgent),
      prices: [],
    }),
    playbookHash: 'a'.repeat(64),
    idea: 'A thing.',
    repo: null,
    models: ['offline'],
    capMicros: 1_000_000,
    clarification: 'autonomous',
    questionDeadlineMs: 1000,
    unconfined: false,
    estimate: NO_ESTIMATE,
  })

/** A run of one phase with one agent, and the guards asked for. */
export const makeSmallPlan = (writer: Writer, guards: readonly object[] = [], timebox = 'PT10M'): RunPlan =>
  makePlanOf([{ phase: 'prd', agent: 'writer', writer, inputs: ['Idea'], guards, timebox }])
