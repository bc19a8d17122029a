import { refuse, type Refused } from '../decision.ts'
import { RopewalkError } from '../errors.ts'
import type { ItemStatus } from '../contract/item.ts'
import type { Item } from './state.ts'

/**
 * The states of an item and how one becomes another (requirements, section 9). It holds for leaves: the status
 * of an item that holds others follows from theirs, wherever that leads.
 */
export const ITEM_TRANSITIONS: Readonly<Record<ItemStatus, readonly ItemStatus[]>> = {
  created: ['ready', 'blocked', 'cancelled'],
  ready: ['in_progress', 'blocked', 'cancelled'],
  blocked: ['ready', 'cancelled'],
  in_progress: ['in_review', 'done', 'failed', 'blocked', 'ready', 'cancelled'],
  in_review: ['done', 'in_progress', 'failed'],
  done: [],
  failed: ['ready'],
  cancelled: [],
}

export const mayBecome = (from: ItemStatus, to: ItemStatus): boolean => ITEM_TRANSITIONS[from].includes(to)

/** Throws INVARIANT_BROKEN where an event takes an item from one status to another that does not follow it. */
export const assertTransition = ({ id, status }: Item, to: ItemStatus): void => {
  if (!mayBecome(status, to))
    throw new RopewalkError('INVARIANT_BROKEN', `The item ${id} is ${status}; an event makes it ${to}.`, {
      details: { itemId: id, from: status, to, allowed: ITEM_TRANSITIONS[status] },
    })
}

/** Why a caller may not take an item to a status, naming what is allowed instead. */
export const refuseTransition = (
  { id, title, status }: Item,
  to: ItemStatus,
  hint = '',
): Refused | undefined =>
  mayBecome(status, to)
    ? undefined
    : refuse(
        'CONFLICT',
        `"${title}" is ${status} and cannot become ${to}; allowed: ${ITEM_TRANSITIONS[status].join(', ') || 'nothing'}.${hint === '' ? '' : ` ${hint}`}`,
        { itemId: id, from: status, to, allowed: ITEM_TRANSITIONS[status] },
      )
