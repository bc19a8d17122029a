import { addEffect } from '../../draft.ts'
import { addEvent, type Draft } from '../draft.ts'
import { expectPhase, expectPlan, expectRun } from '../patch.ts'
import { getAllNeeds, getDefinition, getPhasePlan } from '../plan/find-in-plan.ts'
import type { FixRequest } from '../state.ts'
import { createStageTasks } from '../task/create-tasks.ts'
import { activateDeclared } from '../waiver/activate-waiver.ts'
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

/**
 * Begins every pending phase before which all has passed; with none left, the run begins to close. What is
 * needed through others counts too: a phase may stay passed while one before it is judged again.
 */
export const startReadyPhases = (draft: Draft): void => {
  const plan = expectPlan(draft.state)
  const isPassed = (name: string) => expectPhase(draft.state, name).status === 'passed'
  for (const { phase } of plan.phases) {
    const { status, stages: preset } = expectPhase(draft.state, phase)
    if (status !== 'pending' || ![...getAllNeeds(plan, phase)].every(isPassed)) continue
    const stages = preset.length > 0 ? preset : getPhasePlan(plan, phase).stages
    activateDeclared(draft, phase)
    startRound(draft, phase, { round: 1, stages, fixes: [] })
  }
  if (!plan.phases.every(({ phase }) => isPassed(phase)) || expectRun(draft.state).closing) return
  addEvent(draft, 'run.closing', {})
  addEffect(draft, { kind: 'build-dossier', ref: { runId: expectRun(draft.state).id } })
}
