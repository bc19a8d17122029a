import { type Refused, refuse } from '../../decision.ts'
import { clipText } from '../../clip.ts'
import { addEvent, type Draft } from '../draft.ts'
import { expectItem } from '../patch.ts'
import type { WorkTask } from '../state.ts'

type Attempt = { readonly taskId: string; readonly attempt: number }

export const refuseStale = ({ taskId, attempt }: Attempt, task: WorkTask | undefined): Refused =>
  refuse(
    'STALE_ATTEMPT',
    task?.status === 'running'
      ? `Attempt ${attempt} of task ${taskId} is not the one that runs: that is attempt ${task.attempt} of ${task.claimedBy ?? 'somebody'}.`
      : `Attempt ${attempt} of task ${taskId} does not run (${task?.status ?? 'there is no such task'}); its result is dropped.`,
    { taskId, attempt, status: task?.status ?? null },
  )

/** The task of a command, if that attempt runs at this moment; else STALE_ATTEMPT. */
export const findRunning = (draft: Draft, command: Attempt): WorkTask | Refused => {
  const task = draft.state.tasks.get(command.taskId)
  return task?.status === 'running' && task.attempt === command.attempt ? task : refuseStale(command, task)
}

/** Who does an attempt and since when: the claim's own word where there is one. */
export const getDoer = (
  task: WorkTask,
  {
    attempt,
    worker,
    claimedAt,
  }: { readonly attempt: number; readonly worker: string; readonly claimedAt: string | null },
) => ({
  itemId: task.itemId,
  taskId: task.id,
  attempt,
  worker: clipText(task.claimedBy ?? worker, 120),
  claimedAt: task.claimedAt ?? claimedAt,
})

/** Tells that the work of an item has begun, where what comes of it is told first. */
export const beginItem = (
  draft: Draft,
  task: WorkTask,
  command: { readonly attempt: number; readonly worker: string; readonly claimedAt: string | null },
): void => {
  if (expectItem(draft.state, task.itemId).status === 'in_progress') return
  const doer = getDoer(task, command)
  addEvent(draft, 'WORK.ITEM_STARTED', {
    ...doer,
    startedAt: doer.claimedAt ?? draft.stamp.at,
    leaseUntil: null,
  })
}
