import { addEffect, addEvent, type Draft } from '../draft.ts'
import { expectPhase, expectPlan, expectRun } from '../patch.ts'
import { getDefinition, getNeededPhases, getPhasePlan } from '../plan/find-in-plan.ts'
import type { FixRequest } from '../state.ts'
import { createStageTasks } from '../task/create-tasks.ts'
import { settleClock, wakeRun } from './clock.ts'

/** One round of a phase: which agents, in which order, and what they mend. */
export type Round = {
  readonly round: number
  readonly stages: readonly (readonly string[])[]
  readonly fixes: readonly FixRequest[]
}

/** Begins a round of a phase: its first tasks, and its clock if that is not set yet. */
export const startRound = (draft: Draft, name: string, { round, stages, fixes }: Round): void => {
  const { agents, budgets, parallelism } = getDefinition(expectPlan(draft.state), name)
  wakeRun(draft)
  addEvent(draft, 'phase.started', {
    phase: name,
    round,
    stages: stages.map((stage) => [...stage]),
    fixes: fixes.map(({ artifact, reasons }) => ({ artifact, reasons: [...reasons] })),
    budgets,
    agents,
    parallelism,
  })
  settleClock(draft, name, true)
  createStageTasks(draft, name, 0)
}

/** Begins every pending phase whose needs have all passed; with none left, the run begins to close. */
export const startReadyPhases = (draft: Draft): void => {
  const plan = expectPlan(draft.state)
  const isPassed = (name: string) => expectPhase(draft.state, name).status === 'passed'
  for (const { phase } of plan.phases) {
    if (expectPhase(draft.state, phase).status !== 'pending') continue
    if (!getNeededPhases(plan, phase).every(isPassed)) continue
    startRound(draft, phase, { round: 1, stages: getPhasePlan(plan, phase).stages, fixes: [] })
  }
  if (!plan.phases.every(({ phase }) => isPassed(phase)) || expectRun(draft.state).closing) return
  addEvent(draft, 'run.closing', {})
  addEffect(draft, { kind: 'build-dossier', ref: { runId: expectRun(draft.state).id } })
}
