import { addMs, refuse } from '../../decision.ts'
import { clipText } from '../../clip.ts'
import type { ProjectCommandOf } from '../commands.ts'
import { answered, type Outcome } from '../../draft.ts'
import { addEvent, type Draft } from '../draft.ts'
import { expectItem } from '../patch.ts'
import type { WorkTask } from '../state.ts'
import { findRunning, getDoer, refuseStale } from './fence.ts'

type Command = ProjectCommandOf<'StartWork'>

const describe = ({ itemId, id, attempt, leaseUntil }: WorkTask) => ({
  itemId,
  taskId: id,
  attempt,
  leaseUntil,
})

/** A claim that came over the bus: whoever was given this attempt first has it until the lease ends. */
const claim = (draft: Draft, command: Command, leaseMs: number): Outcome => {
  const task = draft.state.tasks.get(command.taskId)
  const { at } = draft.stamp
  const isOwn =
    task?.status === 'running' && task.attempt === command.attempt && task.claimedBy === command.worker
  // The same claim delivered twice is one.
  if (task && isOwn) return answered(describe(task))
  if (task?.status !== 'ready' || task.attempt + 1 !== command.attempt) return refuseStale(command, task)
  if (task.dueAt > at)
    return refuse('CONFLICT', `Task ${task.id} is not due before ${task.dueAt}.`, { dueAt: task.dueAt })
  addEvent(draft, 'WORK.ITEM_STARTED', {
    itemId: task.itemId,
    taskId: task.id,
    attempt: command.attempt,
    worker: clipText(command.worker, 120),
    claimedAt: at,
    startedAt: at,
    leaseUntil: addMs(at, leaseMs),
  })
  return answered(describe(draft.state.tasks.get(task.id) ?? task))
}

/** The work of an item begins: after a claim in the store, or with a claim over the bus. */
export const startWork = (draft: Draft, command: Command): Outcome => {
  if (command.leaseMs !== null) return claim(draft, command, command.leaseMs)
  const task = findRunning(draft, command)
  if ('code' in task) return task
  const { status, batches } = expectItem(draft.state, task.itemId)
  if (status === 'in_progress' && batches === 1) return answered(describe(task))
  const doer = getDoer(task, { ...command, claimedAt: null })
  addEvent(draft, 'WORK.ITEM_STARTED', {
    ...doer,
    startedAt: doer.claimedAt ?? draft.stamp.at,
    leaseUntil: null,
  })
  return answered(describe(task))
}
