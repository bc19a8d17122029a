import type { ItemId } from '../../ids.ts'
import type { ProjectCommandOf } from '../commands.ts'
import { answered, type Outcome } from '../../draft.ts'
import type { Draft } from '../draft.ts'
import type { Item } from '../state.ts'
import { letGo, listOpenTasks } from './let-go.ts'

/** Whether all that is out of an item still waits for somebody to take it. */
const isUntouched = (draft: Draft, { id, status, batches, batchesDone }: Item): boolean =>
  status === 'ready' &&
  batches > 0 &&
  batchesDone === 0 &&
  listOpenTasks(draft, id).every((task) => task.status === 'ready')

/**
 * Takes items back that were given out to a capability nobody serves any more, so that they can be given to
 * another. What somebody has begun meanwhile is passed over.
 */
export const recallItems = (draft: Draft, { items, reason }: ProjectCommandOf<'RecallItems'>): Outcome => {
  const recalled: ItemId[] = []
  for (const itemId of new Set(items)) {
    const item = draft.state.items.get(itemId)
    if (!item || !isUntouched(draft, item)) continue
    letGo(draft, item, reason)
    recalled.push(item.id)
  }
  return answered({ recalled })
}
