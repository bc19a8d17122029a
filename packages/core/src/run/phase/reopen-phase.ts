import { cancelTasks } from '../closing/end-run.ts'
import { addEvent, type Draft } from '../draft.ts'
import { expectPhase, expectPlan } from '../patch.ts'
import { getDependents } from '../plan/find-in-plan.ts'

/** Puts a phase back to its beginning; what it handed in stays as older versions. */
export const reopenPhase = (draft: Draft, name: string, reason: string): void => {
  cancelTasks(draft, 'The phase was re-opened.', ({ phase }) => phase === name)
  addEvent(draft, 'phase.reopened', { phase: name, reason })
}

/** Puts back every phase that was built, directly or through others, upon `name`. */
export const reopenDependents = (draft: Draft, name: string, reason: string): void => {
  for (const dependent of getDependents(expectPlan(draft.state), name))
    if (expectPhase(draft.state, dependent).status !== 'pending') reopenPhase(draft, dependent, reason)
}
