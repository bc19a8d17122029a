import { refuse } from '../../decision.ts'
import type { ProjectCommandOf } from '../commands.ts'
import { addEffect, answered, getActor, type Outcome } from '../../draft.ts'
import { addEvent, type Draft } from '../draft.ts'
import { cancelAll } from '../items/end-items.ts'
import { expectProject } from '../patch.ts'
import { dismissAll } from '../questions/dismiss-questions.ts'
import type { ProjectStatus } from '../state.ts'
import { isOver } from './settle-project.ts'

type Signal = ProjectCommandOf<'SignalProject'>['signal']

const ALLOWED: Readonly<Record<ProjectStatus, readonly Signal[]>> = {
  created: ['pause', 'cancel'],
  in_progress: ['pause', 'cancel'],
  awaiting_input: ['pause', 'cancel'],
  paused: ['resume', 'cancel'],
  completed: [],
  failed: [],
  cancelled: [],
}

const resume = (draft: Draft, reason: string): void => {
  addEvent(draft, 'PROJECT.STATUS_CHANGED', { from: 'paused', to: 'in_progress', reason })
  // A report that was asked for while all stood still was refused.
  const project = expectProject(draft.state)
  if (isOver(project)) addEffect(draft, { kind: 'publish-report', ref: { projectId: project.id } })
}

/** Pause: nothing more is given out, what runs may hand in. Resume. Cancel: all that is open ends. */
export const signalProject = (draft: Draft, { signal }: ProjectCommandOf<'SignalProject'>): Outcome => {
  const { status } = expectProject(draft.state)
  const allowed = ALLOWED[status]
  if (!allowed.includes(signal))
    return refuse(
      'INVALID_TRANSITION',
      `The project is ${status}; ${signal} does not apply. Allowed: ${allowed.join(', ') || 'nothing'}.`,
      {
        status,
        allowed,
      },
    )
  const by = `By ${getActor(draft)}.`
  if (signal === 'pause')
    addEvent(draft, 'PROJECT.STATUS_CHANGED', { from: status, to: 'paused', reason: by })
  else if (signal === 'resume') resume(draft, by)
  else {
    cancelAll(draft, 'The project was cancelled.')
    dismissAll(draft, 'The project was cancelled.')
    addEvent(draft, 'PROJECT.STATUS_CHANGED', { from: status, to: 'cancelled', reason: by })
  }
  return answered({ status: expectProject(draft.state).status })
}
