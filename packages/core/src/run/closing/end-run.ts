import { addEffect } from '../../draft.ts'
import { addEvent, type Draft } from '../draft.ts'
import { clipText } from '../../clip.ts'
import { expectPhase, expectRun } from '../patch.ts'
import { isTerminalTask, type Task } from '../state.ts'
import { NO_USAGE } from '../../contract/budget.ts'

/** Cancels one task; a running attempt of it ends as cancelled, and its worker is refused from now on. */
export const cancelTask = (draft: Draft, task: Task, reason: string): void => {
  if (task.status === 'running') {
    addEvent(draft, 'task.attempt_ended', {
      taskId: task.id,
      attempt: Math.max(1, task.attempt),
      worker: clipText(task.claimedBy ?? 'unknown', 120),
      claimedAt: task.claimedAt,
      tool: task.capability,
      toolVersion: 'unknown',
      usage: NO_USAGE,
      outcome: 'cancelled',
      errorClass: null,
      message: reason,
    })
  }
  addEvent(draft, 'task.cancelled', { taskId: task.id, reason })
}

/** Cancels every open task that `pick` names. The open tasks must have been loaded. */
export const cancelTasks = (
  draft: Draft,
  reason: string,
  pick: (task: Task) => boolean = () => true,
): void => {
  for (const task of draft.state.tasks.values())
    if (!isTerminalTask(task.status) && pick(task)) cancelTask(draft, task, reason)
}

/** Takes back the question whether a person approves, should the phase have one open. It must be loaded. */
export const closeApproval = (draft: Draft, phase: string, reason: string): void => {
  const { approvalId } = expectPhase(draft.state, phase)
  if (approvalId !== null)
    addEvent(draft, 'CLARIFICATION.QUESTION_CLOSED', { questionId: approvalId, phase, reason })
}

/**
 * Ends every phase that is under way; they begin anew should the run be retried. One that only waits for a
 * person's approval goes on waiting.
 */
export const interruptPhases = (draft: Draft): void => {
  for (const { phase, status, approvalId } of draft.state.phases.values())
    if (status === 'running' || (status === 'gating' && approvalId === null))
      addEvent(draft, 'phase.completed', { phase, status: 'cancelled' })
}

/** Why a phase took the run down with it. */
export type Failure = {
  readonly phase: string
  readonly status: 'failed' | 'timeout' | 'cancelled'
  readonly code: string
  readonly message: string
}

/** Ends the run as failed: phase, other phases and every open task with it. It may be retried. */
export const failRun = (draft: Draft, { phase, status, code, message }: Failure): void => {
  cancelTasks(draft, clipText(`The run failed in ${phase}: ${code}.`, 200))
  closeApproval(draft, phase, 'The phase has ended.')
  addEvent(draft, 'phase.completed', { phase, status })
  interruptPhases(draft)
  addEvent(draft, 'run.failed', { code, message: clipText(message, 1000), phase })
  addEndEffects(draft, 'build-dossier')
}

/** What follows the end of a run: a dossier or the return of its money. Its doer signs the history as well. */
export const addEndEffects = (draft: Draft, kind: 'build-dossier' | 'close-run'): void => {
  const { id: runId } = expectRun(draft.state)
  addEffect(draft, { kind, ref: { runId } })
}
