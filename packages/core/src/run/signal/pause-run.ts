import { clipText } from '../../clip.ts'
import { getActor } from '../../draft.ts'
import { addEvent, type Draft } from '../draft.ts'
import { launchPhases } from '../phase/advance-phase.ts'
import { armDeadline } from '../question/ask-questions.ts'
import { rejudge } from '../phase/judge-anew.ts'
import { expectPhase } from '../patch.ts'
import type { PauseReason, Phase } from '../state.ts'

/** Stops handing out work: ready tasks wait, running ones may still hand in. Clocks stand from here on. */
export const pauseRun = (draft: Draft, reason: PauseReason, message: string): void => {
  const said = message === '' ? '' : clipText(message, 400)
  addEvent(draft, 'run.paused', { reason, pausedBy: getActor(draft), message: said })
  for (const task of draft.state.tasks.values())
    if (task.status === 'ready') addEvent(draft, 'task.released', { taskId: task.id, status: 'pending' })
}

/** Goes on after a pause: what waited may be claimed again. */
export const resumeRun = (draft: Draft): void => {
  addEvent(draft, 'run.resumed', { resumedBy: getActor(draft), from: 'paused' })
  for (const task of draft.state.tasks.values())
    if (task.status === 'pending') addEvent(draft, 'task.released', { taskId: task.id, status: 'ready' })
}

/** Begins a run that was held for approval. */
export const beginHeldRun = (draft: Draft): void => {
  addEvent(draft, 'run.started', {})
  launchPhases(draft)
}

/** Takes a failed run up again: each phase that failed, but `except`, is put back to its beginning. */
export const reviveRun = (draft: Draft, except?: string): void => {
  addEvent(draft, 'run.resumed', { resumedBy: getActor(draft), from: 'failed' })
  for (const { phase, status } of draft.state.phases.values())
    if (status === 'failed' && phase !== except)
      addEvent(draft, 'phase.reopened', { phase, reason: 'The run was retried.' })
  // Timers that went off while the run lay still found it so; open questions need new ones.
  for (const question of draft.state.questions.values()) armDeadline(draft, question.id)
}

/** Whether a gate passed by leaning on a waiver that has ended since. */
const leansOnEnded = ({ status, approvalId, waivers }: Phase): boolean =>
  (status === 'passed' || approvalId !== null) &&
  waivers.some(({ isActive, isReliedOn }) => isReliedOn && !isActive)

/** Goes on after a failure: each phase that failed begins anew, and gates that leant on ended waivers judge again. */
export const retryRun = (draft: Draft): void => {
  reviveRun(draft)
  for (const name of [...draft.state.phases.keys()])
    if (leansOnEnded(expectPhase(draft.state, name)))
      rejudge(draft, name, 'A waiver that its gate leant on has ended.')
  launchPhases(draft)
}
