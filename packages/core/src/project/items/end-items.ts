import { refuse } from '../../decision.ts'
import { clipText } from '../../clip.ts'
import type { ProjectCommandOf } from '../commands.ts'
import { answered, getActor, type Outcome } from '../../draft.ts'
import { addEvent, type Draft, isRefused } from '../draft.ts'
import { expectItem, expectProject, isParent } from '../patch.ts'
import { dismissQuestions } from '../questions/dismiss-questions.ts'
import { isTerminalItem, isTerminalProject, type Item } from '../state.ts'
import { refuseTransition } from '../transitions.ts'
import { letGo } from '../work/let-go.ts'
import { findItem } from './find-item.ts'

/** An item with everything below it that is not deleted, from the top down. Needs all items. */
export const listSubtree = (draft: Draft, root: Item): readonly Item[] => {
  const below = Map.groupBy(draft.state.items.values(), ({ parentId }) => parentId)
  const found = [root]
  for (const { id } of found) for (const child of below.get(id) ?? []) if (!child.isDeleted) found.push(child)
  return found
}

/** Takes what is in review out of it: from there no way leads to the end that is wanted. */
const takeOutOfReview = (draft: Draft, item: Item, reason: string): void => {
  dismissQuestions(draft, [item.id], reason)
  if (expectItem(draft.state, item.id).status !== 'in_review') return
  addEvent(draft, 'WORK.ITEM_REVIEWED', {
    itemId: item.id,
    to: 'in_progress',
    result: 'rejected',
    reviewer: getActor(draft),
    notes: clipText(reason, 400, 800),
    checks: [],
  })
}

/** Cancels a leaf that has not ended, with what was given out of it and what was asked for it alone. */
export const cancelLeaf = (draft: Draft, item: Item, reason: string): void => {
  if (item.status === 'in_review') takeOutOfReview(draft, item, reason)
  else letGo(draft, item, reason)
  addEvent(draft, 'BACKLOG.ITEM_CANCELLED', {
    itemId: item.id,
    from: expectItem(draft.state, item.id).status,
    reason: clipText(reason, 400, 800),
    by: getActor(draft),
  })
  dismissQuestions(draft, [item.id], reason)
}

export const listOpenLeaves = (items: Iterable<Item>): readonly Item[] =>
  [...items].filter((item) => !item.isDeleted && !isParent(item) && !isTerminalItem(item.status))

/** Cancels every leaf of the project that has not ended. */
export const cancelAll = (draft: Draft, reason: string): void => {
  for (const { id } of listOpenLeaves(draft.state.items.values()))
    cancelLeaf(draft, expectItem(draft.state, id), reason)
}

/** Cancels an item, or all that is open below one that holds others. */
export const cancelItem = (draft: Draft, { itemId, reason }: ProjectCommandOf<'CancelItem'>): Outcome => {
  const item = findItem(draft, itemId)
  if (isRefused(item)) return item
  const open = listOpenLeaves(listSubtree(draft, item))
  if (open.length === 0)
    return (
      refuseTransition(item, 'cancelled') ??
      refuse('CONFLICT', `Nothing of "${item.title}" is open.`, { itemId, status: item.status })
    )
  for (const leaf of open) cancelLeaf(draft, expectItem(draft.state, leaf.id), reason)
  dismissQuestions(draft, [itemId], reason)
  return answered({ itemId, cancelled: open.map(({ id }) => id) })
}

const removeEdges = (draft: Draft, { id }: Item): void => {
  for (const edge of [...draft.state.dependencies.values()])
    if (edge.itemId === id || edge.dependsOnId === id) addEvent(draft, 'BACKLOG.DEPENDENCY_REMOVED', edge)
}

/**
 * Takes an item out of the backlog with all that it holds: a tombstone each, their history stays. What depended
 * on them does so no longer.
 */
export const deleteItem = (draft: Draft, { itemId, reason }: ProjectCommandOf<'DeleteItem'>): Outcome => {
  const item = findItem(draft, itemId)
  if (isRefused(item)) return item
  const all = listSubtree(draft, item)
  for (const leaf of listOpenLeaves(all)) cancelLeaf(draft, expectItem(draft.state, leaf.id), reason)
  dismissQuestions(
    draft,
    all.map(({ id }) => id),
    reason,
  )
  for (const each of all) {
    removeEdges(draft, each)
    addEvent(draft, 'BACKLOG.ITEM_DELETED', { itemId: each.id, reason, by: getActor(draft) })
  }
  return answered({ itemId, deleted: all.map(({ id }) => id) })
}

/** Takes a failed item up again, with all its rounds; where the project had ended, the project too. */
export const retryItem = (draft: Draft, { itemId }: ProjectCommandOf<'RetryItem'>): Outcome => {
  const item = findItem(draft, itemId)
  if (isRefused(item)) return item
  const { status } = expectProject(draft.state)
  if (status === 'cancelled')
    return refuse('CONFLICT', 'The project was cancelled; nothing of it is taken up again.', { status })
  if (isParent(item))
    return refuse('CONFLICT', `"${item.title}" holds others; retry those of them that have failed.`, {
      itemId,
    })
  if (item.status !== 'failed')
    return refuse('CONFLICT', `"${item.title}" is ${item.status}; only what has failed is retried.`, {
      itemId,
      from: item.status,
      to: 'ready',
    })
  if (isTerminalProject(status))
    addEvent(draft, 'PROJECT.STATUS_CHANGED', {
      from: status,
      to: 'in_progress',
      reason: 'An item is retried.',
    })
  addEvent(draft, 'WORK.ITEM_RETRIED', { itemId: item.id, by: getActor(draft) })
  return answered({ itemId })
}
