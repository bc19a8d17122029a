import { refuse } from '../../decision.ts'
import { clipText } from '../../clip.ts'
import type { ProjectCommandOf } from '../commands.ts'
import { answered, getActor, type Outcome } from '../../draft.ts'
import { addEvent, type Draft, isRefused } from '../draft.ts'
import { expectItem, expectProject, isParent } from '../patch.ts'
import type { Item } from '../state.ts'
import { refuseTransition } from '../transitions.ts'
import { listSubtree } from './end-items.ts'
import { findItem } from './find-item.ts'
import { blockItem, describeWaiting, findHindrance, mayGoOn } from './settle-items.ts'

/** What holds others is parked as a mark of its own; what runs below it is blocked, and the rest follows. */
const parkParent = (draft: Draft, item: Item, reason: string): void => {
  addEvent(draft, 'BACKLOG.ITEM_BLOCKED', {
    itemId: item.id,
    from: item.status,
    cause: 'person',
    reason: clipText(reason, 400, 800),
    joins: null,
  })
  for (const { id } of listSubtree(draft, item)) {
    const below = expectItem(draft.state, id)
    if (!isParent(below) && below.status === 'in_progress')
      blockItem(draft, below, {
        cause: 'parent',
        reason: `"${item.title}", which holds it, was parked: ${reason}`,
      })
  }
}

/** A person parks an item, with all below it; what was given out of them is let go. */
export const blockItemByHand = (draft: Draft, { itemId, reason }: ProjectCommandOf<'BlockItem'>): Outcome => {
  const item = findItem(draft, itemId)
  if (isRefused(item)) return item
  if (item.isHeld) return answered({ itemId, status: item.status })
  if (item.runRef !== null)
    return refuse('CONFLICT', `"${item.title}" stands for work of a run; pause the run instead.`, { itemId })
  const again = item.status === 'blocked' ? undefined : refuseTransition(item, 'blocked')
  if (again) return again
  if (isParent(item)) parkParent(draft, item, reason)
  else blockItem(draft, item, { cause: 'person', reason })
  return answered({ itemId, status: expectItem(draft.state, itemId).status })
}

/** Takes up what was parked. What else is in its way stays in its way. */
export const unblockItemByHand = (draft: Draft, { itemId }: ProjectCommandOf<'UnblockItem'>): Outcome => {
  const item = findItem(draft, itemId)
  if (isRefused(item)) return item
  if (!item.isHeld)
    return refuse(
      'CONFLICT',
      item.status === 'blocked'
        ? `Nobody parked "${item.title}". ${item.blockedReason ?? ''}`.trim()
        : `"${item.title}" is ${item.status}; it was not parked.`,
      { itemId, status: item.status, blockedReason: item.blockedReason },
    )
  const { status, openProjectQuestions } = expectProject(draft.state)
  const isFree =
    item.status === 'blocked' &&
    mayGoOn(draft.state, { ...item, isHeld: false }) &&
    status !== 'paused' &&
    openProjectQuestions === 0
  addEvent(draft, 'BACKLOG.ITEM_UNBLOCKED', {
    itemId: item.id,
    to: isFree ? 'ready' : 'blocked',
    questionId: null,
    by: getActor(draft),
  })
  const taken = expectItem(draft.state, itemId)
  if (taken.status === 'blocked' && !isParent(taken)) {
    const { cause, reason } = findHindrance(draft.state, taken) ?? describeWaiting(draft.state, taken)
    addEvent(draft, 'BACKLOG.ITEM_BLOCKED', {
      itemId: item.id,
      from: 'blocked',
      cause,
      reason: clipText(reason, 400, 800),
      joins: null,
    })
  }
  return answered({ itemId, status: expectItem(draft.state, itemId).status })
}
