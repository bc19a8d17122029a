import { addMs } from '../../decision.ts'
import type { FailureCategory } from '../../contract/item.ts'
import { getBackoffMs, RETRY_RULES, type WorkCause } from '../../retry-policy.ts'
import { clipText } from '../../clip.ts'
import type { ProjectCommandOf } from '../commands.ts'
import { answered, type Outcome } from '../../draft.ts'
import { addEvent, type Draft } from '../draft.ts'
import { expectItem, expectWork } from '../patch.ts'
import type { WorkTask } from '../state.ts'
import { giveOutAgain } from './dispatch-items.ts'
import { beginItem, findRunning, getDoer } from './fence.ts'
import { endAttempts, listOpenTasks } from './let-go.ts'

/** The item fails: whatever else of it runs or waits is let go. */
export const failItem = (
  draft: Draft,
  itemId: string,
  { category, reason }: { readonly category: FailureCategory; readonly reason: string },
): void => {
  endAttempts(draft, itemId, 'The item has failed.')
  const { id, status } = expectItem(draft.state, itemId)
  addEvent(draft, 'WORK.ITEM_FAILED', {
    itemId: id,
    from: status,
    category,
    reason: clipText(reason, 1000, 2000),
  })
}

/** Whether other tasks of the round run or have handed in: then the item goes on being worked on. */
const isGoingOn = (draft: Draft, { id, itemId }: WorkTask): boolean =>
  expectItem(draft.state, itemId).batchesDone > 0 ||
  listOpenTasks(draft, itemId).some((task) => task.id !== id && task.status === 'running')

const release = (draft: Draft, task: WorkTask, reason: string): void => {
  const { id, status } = expectItem(draft.state, task.itemId)
  if (isGoingOn(draft, task)) return
  addEvent(draft, 'WORK.ITEM_RELEASED', {
    itemId: id,
    from: status,
    tasks: 'kept',
    reason: clipText(reason, 400, 800),
  })
}

/** After an attempt that ended badly and is counted: the next one, or the end of the item. */
const retryOrGiveUp = (
  draft: Draft,
  taskId: string,
  of: { readonly cause: WorkCause; readonly retryable: boolean; readonly message: string },
): Outcome => {
  const task = expectWork(draft.state, taskId)
  const { cause } = of
  const isClock = cause === 'lost' || cause === 'timed_out'
  const failures = task.failures[isClock ? cause : 'failed'] ?? 0
  const rule = RETRY_RULES.work[cause]
  if (!of.retryable || failures >= rule.tries) {
    const reason = of.retryable ? `${of.message} (after ${failures} of ${rule.tries} tries)` : of.message
    failItem(draft, task.itemId, { category: isClock ? 'TOOL_FAILURE' : cause, reason })
    return answered({ itemId: task.itemId, retried: false, dueAt: null })
  }
  const dueAt = addMs(draft.stamp.at, getBackoffMs(rule, failures))
  release(draft, task, of.message)
  giveOutAgain(draft, task, dueAt)
  return answered({ itemId: task.itemId, retried: true, dueAt })
}

/** The worker's word that it could not do it. */
export const failWork = (draft: Draft, command: ProjectCommandOf<'FailWork'>): Outcome => {
  const task = findRunning(draft, command)
  if ('code' in task) return task
  const { category, message, retryable } = command
  beginItem(draft, task, command)
  addEvent(draft, 'WORK.ATTEMPT_ENDED', {
    ...getDoer(task, command),
    outcome: 'failed',
    category,
    message: clipText(message, 1000, 2000),
  })
  return retryOrGiveUp(draft, task.id, { cause: category, retryable, message })
}

/** An attempt that nobody will hand in: its lease ran out, or its time. */
export const loseWork = (draft: Draft, command: ProjectCommandOf<'LoseWork'>): Outcome => {
  const task = findRunning(draft, command)
  if ('code' in task) return task
  const { outcome, message } = command
  beginItem(draft, task, command)
  addEvent(draft, 'WORK.ATTEMPT_ENDED', {
    ...getDoer(task, command),
    outcome,
    category: null,
    message: clipText(message, 1000, 2000),
  })
  return retryOrGiveUp(draft, task.id, { cause: outcome, retryable: true, message })
}
