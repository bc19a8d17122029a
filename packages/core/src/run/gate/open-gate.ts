import { addEvent, type Draft } from '../draft.ts'
import { expectPhase, expectPlan } from '../patch.ts'
import { settleClock, wakeRun } from '../phase/clock.ts'
import { getDefinition } from '../plan/find-in-plan.ts'
import { createGuardTasks } from '../task/create-tasks.ts'
import { closeGate, getArtifactIds } from './close-gate.ts'

/** Says that a phase is ready to be judged; its guards are not called yet. */
export const markReady = (draft: Draft, name: string): void => {
  const { guards } = getDefinition(expectPlan(draft.state), name)
  const artifactIds = getArtifactIds(expectPhase(draft.state, name))
  addEvent(draft, 'phase.ready', { phase: name, artifactIds, guards: guards.length })
}

/** Calls the guards of a phase; where it has none, its gate speaks at once. */
export const openGate = (draft: Draft, name: string): void => {
  wakeRun(draft)
  markReady(draft, name)
  settleClock(draft, name, getDefinition(expectPlan(draft.state), name).guards.length > 0)
  createGuardTasks(draft, name)
  const { stageOpen, openQuestions } = expectPhase(draft.state, name)
  if (stageOpen === 0 && openQuestions === 0) closeGate(draft, name)
}
