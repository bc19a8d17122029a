import { type Refused, refuse } from '../../decision.ts'
import { ItemKind } from '../../contract/item.ts'
import type { Draft } from '../draft.ts'
import { isParent } from '../patch.ts'
import { isTerminalItem, type Item } from '../state.ts'

/** The item of a command; NOT_FOUND where there is none or it was deleted. */
export const findItem = (draft: Draft, id: string): Item | Refused => {
  const item = draft.state.items.get(id)
  return item && !item.isDeleted
    ? item
    : refuse('NOT_FOUND', `The project has no item ${id}.`, { itemId: id })
}

/** Whether work on a leaf is given out, runs or is in review. */
export const isUnderWay = ({ status, batches }: Item): boolean =>
  status === 'in_progress' || status === 'in_review' || batches > 0

const rankOf = (kind: ItemKind): number => ItemKind.options.indexOf(kind)

/** Whether one kind may hold another: only a larger a smaller one. */
export const mayHold = (kind: ItemKind, child: ItemKind): boolean => rankOf(kind) < rankOf(child)

/** Why an item may not get a child of a kind; undefined when it may. */
export const findParentFault = (parent: Item, child: ItemKind): Refused | undefined => {
  const details = { itemId: parent.id, kind: parent.kind, status: parent.status }
  if (!mayHold(parent.kind, child)) {
    const fitting = ItemKind.options.filter((kind) => mayHold(parent.kind, kind))
    return refuse(
      'INVALID_ARGUMENT',
      `"${parent.title}" is of kind ${parent.kind} and holds ${fitting.join(', ') || 'nothing'}; it cannot hold a ${child}.`,
      details,
    )
  }
  if (isParent(parent)) return undefined
  if (parent.runRef !== null)
    return refuse('CONFLICT', `"${parent.title}" stands for work of a run; it cannot hold others.`, details)
  if (isUnderWay(parent))
    return refuse(
      'CONFLICT',
      `Work on "${parent.title}" itself is under way (${parent.status}); it cannot become the parent of others. Split or cancel it first.`,
      details,
    )
  return isTerminalItem(parent.status)
    ? refuse(
        'CONFLICT',
        `"${parent.title}" is ${parent.status}; it cannot become the parent of others.`,
        details,
      )
    : undefined
}
