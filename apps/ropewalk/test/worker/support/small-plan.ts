import { AgentDefinition, PhaseDefinition, Playbook, type AgentKind } from '@ropewalk/core/contract/playbook'
import type { RunPlan } from '@ropewalk/core/contract/run-plan'
import { makeRunPlan } from '@ropewalk/core/run/plan/make-run-plan'

type Writer = { readonly kind: Exclude<AgentKind, 'guard'>; readonly output: string }

/** A run of one phase with one agent, and the guards asked for. */
export const makeSmallPlan = (writer: Writer, guards: readonly object[] = [], timebox = 'PT10M'): RunPlan => {
  const phase = PhaseDefinition.parse({
    phase: 'prd',
    title: 'Write',
    parallelism: 'sequential',
    agents: ['writer'],
    budgets: { tokens: 1000, tools_minutes: 10, gpu_hours: 0, wallclock_minutes: 10 },
    timebox,
    guards,
    rubrics: guards.length === 0 ? {} : { shape: { min: 1, weight: 1 } },
    gate: { pass: guards.length === 0 ? 0 : 1, max_rounds: 1 },
    retry: { max_attempts: 3, base_ms: 10, max_ms: 50 },
  })
  const agent = AgentDefinition.parse({
    agent: 'writer',
    phase: 'prd',
    kind: writer.kind,
    capability: writer.kind,
    inputs: ['Idea'],
    output: writer.output,
    prompt: 'Write.',
  })
  const playbook = Playbook.parse({ name: 'small', phases: [phase], agents: [agent], prices: [] })
  return makeRunPlan({
    playbook,
    playbookHash: 'a'.repeat(64),
    idea: 'A thing.',
    repo: null,
    models: ['offline'],
    capMicros: 1_000_000,
    clarification: 'autonomous',
    questionDeadlineMs: 1000,
    unconfined: false,
    estimate: { lowMicros: 0, highMicros: 0, tokens: 0 },
  })
}
