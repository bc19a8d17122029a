import { clipText } from '../clip.ts'
import { addEvent, type Draft, getActor } from '../draft.ts'
import { launchPhases } from '../phase/advance-phase.ts'
import type { PauseReason } from '../state.ts'

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

/** Goes on after a failure: each phase that failed begins anew, with all its rounds. */
export const retryRun = (draft: Draft): void => {
  addEvent(draft, 'run.resumed', { resumedBy: getActor(draft), from: 'failed' })
  for (const { phase, status } of draft.state.phases.values())
    if (status === 'failed') addEvent(draft, 'phase.reopened', { phase, reason: 'The run was retried.' })
  launchPhases(draft)
}
