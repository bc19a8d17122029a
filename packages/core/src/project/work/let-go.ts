import { clipText } from '../../clip.ts'
import { isTerminalTask } from '../../run/state.ts'
import { addEvent, type Draft } from '../draft.ts'
import { expectItem } from '../patch.ts'
import type { Item, WorkTask } from '../state.ts'

/** The tasks of an item that have not ended, as far as they were loaded. */
export const listOpenTasks = (draft: Draft, itemId: string): readonly WorkTask[] =>
  [...draft.state.tasks.values()].filter((task) => task.itemId === itemId && !isTerminalTask(task.status))

/** Ends what runs for an item, without a result. */
export const endAttempts = (draft: Draft, itemId: string, message: string): void => {
  for (const task of listOpenTasks(draft, itemId))
    if (task.status === 'running')
      addEvent(draft, 'WORK.ATTEMPT_ENDED', {
        itemId: task.itemId,
        taskId: task.id,
        attempt: task.attempt,
        worker: clipText(task.claimedBy ?? 'unknown', 120),
        claimedAt: task.claimedAt,
        outcome: 'cancelled',
        category: null,
        message: clipText(message, 1000, 1400),
      })
}

/**
 * Takes back what was given out of an item: its attempts end, its tasks are cancelled, and if it was under way
 * it is ready again. Does nothing for an item of which nothing is out.
 */
export const letGo = (draft: Draft, { id }: Pick<Item, 'id'>, reason: string): void => {
  const item = expectItem(draft.state, id)
  if (item.status !== 'in_progress' && (item.status !== 'ready' || item.batches === 0)) return
  endAttempts(draft, id, reason)
  addEvent(draft, 'WORK.ITEM_RELEASED', {
    itemId: id,
    from: item.status,
    tasks: 'cancelled',
    reason: clipText(reason, 400, 800),
  })
}
