import { type ItemId, TaskId } from '../../ids.ts'
import { clipList, getJsonBytes } from '../../clip.ts'
import type { ProjectCommandOf } from '../commands.ts'
import { answered, makeId, type Outcome } from '../../draft.ts'
import { addEvent, type Draft } from '../draft.ts'
import { expectItem, expectProject, isParent } from '../patch.ts'
import type { Item, Project, WorkTask } from '../state.ts'
import { listInputs } from './make-order.ts'

type Entry = ProjectCommandOf<'DispatchItems'>['items'][number]

/** Tasks that one command makes at most; what is over is given out by the next. */
const MAX_TASKS = 1000

/** What of the inputs fits the event; the order has them all. */
const MAX_INPUT_BYTES = 2000
const MAX_INPUTS = 20

/** Whether an item can be given to a worker: a ready leaf that is not a run's, of which nothing is out. */
export const isDispatchable = (item: Item): boolean =>
  item.status === 'ready' &&
  item.batches === 0 &&
  !item.isDeleted &&
  item.runRef === null &&
  item.capability !== null &&
  !isParent(item)

/** Whether a project gives anything out at this moment. */
export const isGivingOut = ({ status, openProjectQuestions }: Project): boolean =>
  (status === 'in_progress' || status === 'awaiting_input') && openProjectQuestions === 0

const cutInputs = (inputs: WorkTask['spec']['inputs']) => {
  let left = MAX_INPUT_BYTES
  return inputs.slice(0, MAX_INPUTS).filter((input) => (left -= getJsonBytes(input) + 1) >= 0)
}

/** Puts one task of an item on the queue, with what of its order fits an event. */
const tellDispatched = (
  draft: Draft,
  item: Item,
  of: {
    readonly taskId: TaskId
    readonly capability: string
    readonly attempt: number
    readonly dueAt: string
    readonly order: Pick<
      WorkTask['spec'],
      'round' | 'batch' | 'batches' | 'records' | 'parameters' | 'inputs' | 'reasons'
    >
  },
): void => {
  const { order, taskId, capability, attempt, dueAt } = of
  const { round, batch, batches, records, parameters } = order
  addEvent(draft, 'WORK.ITEM_DISPATCHED', {
    itemId: item.id,
    taskId,
    agentTarget: capability,
    itemType: item.kind,
    round,
    batch,
    batches,
    attempt,
    workContext: {
      records,
      parameters,
      inputs: cutInputs(order.inputs),
      reasons: clipList(order.reasons, { count: 10, maxChars: 400, maxBytes: 900 }),
    },
    dueAt,
  })
}

/** Gives a task out again, with the order it had: to whoever makes its next attempt, not before `dueAt`. */
export const giveOutAgain = (draft: Draft, task: WorkTask, dueAt: string): void => {
  const { id, capability, attempt, spec } = task
  const of = { taskId: id, capability, attempt: attempt + 1, dueAt, order: spec }
  tellDispatched(draft, expectItem(draft.state, task.itemId), of)
}

const dispatchItem = (draft: Draft, item: Item, { capability, batches }: Entry): readonly TaskId[] => {
  const { uploads, parameters } = expectProject(draft.state)
  const [upload] = uploads
  const ranges = batches ?? [null]
  const { reasons } = item
  const common = { round: item.round + 1, batches: ranges.length, parameters, reasons: [...reasons] }
  const inputs = [...listInputs(draft.state, item)]
  return ranges.map((rows, index) => {
    const taskId = TaskId.parse(makeId(draft))
    const records = rows && upload ? { digest: upload.recordsDigest, rows } : null
    tellDispatched(draft, item, {
      taskId,
      capability,
      attempt: 1,
      dueAt: draft.stamp.at,
      order: { ...common, inputs, batch: index + 1, records },
    })
    return taskId
  })
}

/**
 * Gives out what can be given out of what is named, and answers what that was. What is not ready any more, or is
 * out already, is passed over: the dispatcher looks again.
 */
export const dispatchItems = (draft: Draft, { items }: ProjectCommandOf<'DispatchItems'>): Outcome => {
  const dispatched: {
    readonly itemId: ItemId
    readonly round: number
    readonly taskIds: readonly TaskId[]
  }[] = []
  const skipped: ItemId[] = []
  let left = MAX_TASKS
  for (const entry of items) {
    const item = draft.state.items.get(entry.itemId)
    const count = entry.batches?.length ?? 1
    if (!item || !isGivingOut(expectProject(draft.state)) || !isDispatchable(item) || count > left) {
      skipped.push(entry.itemId)
      continue
    }
    left -= count
    dispatched.push({ itemId: item.id, round: item.round + 1, taskIds: dispatchItem(draft, item, entry) })
  }
  return answered({ dispatched, skipped })
}
