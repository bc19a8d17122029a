import { type Refused, refuse } from '../../decision.ts'
import type { ProjectCommandOf } from '../commands.ts'
import { answered, type Outcome } from '../../draft.ts'
import { addEvent, type Draft, isRefused } from '../draft.ts'
import { getDependencyKey, isTerminalItem, type Item } from '../state.ts'
import { findItem } from './find-item.ts'
import { refuseCycle } from './find-cycle.ts'

/** Work of a run ends in the run's own history: nothing here would ever let go on what waits for it. */
export const refuseRunDependency = (item: Item, awaited: Item): Refused | undefined =>
  awaited.runRef !== null && item.runRef === null
    ? refuse(
        'INVALID_ARGUMENT',
        `"${awaited.title}" stands for work of a run; only other work of runs can wait for it.`,
        {
          itemId: item.id,
          dependsOnId: awaited.id,
        },
      )
    : undefined

/** One more thing to wait for. A cycle is refused, naming it; so is an item whose work is under way or over. */
export const addDependency = (
  draft: Draft,
  { itemId, dependsOnId }: ProjectCommandOf<'AddDependency'>,
): Outcome => {
  const item = findItem(draft, itemId)
  if (isRefused(item)) return item
  const awaited = findItem(draft, dependsOnId)
  if (isRefused(awaited)) return awaited
  const edge = { itemId, dependsOnId }
  if (draft.state.dependencies.has(getDependencyKey(edge))) return answered({ ...edge, added: false })
  const { status, title } = item
  if (isTerminalItem(status) || status === 'in_progress' || status === 'in_review')
    return refuse('CONFLICT', `"${title}" is ${status}: it has no use for more to wait for.`, {
      itemId,
      status,
    })
  const foreign = refuseRunDependency(item, awaited)
  if (foreign) return foreign
  addEvent(draft, 'BACKLOG.DEPENDENCY_ADDED', edge)
  return refuseCycle(draft.state) ?? answered({ ...edge, added: true })
}

export const removeDependency = (
  draft: Draft,
  { itemId, dependsOnId }: ProjectCommandOf<'RemoveDependency'>,
): Outcome => {
  const item = findItem(draft, itemId)
  if (isRefused(item)) return item
  const edge = { itemId, dependsOnId }
  if (!draft.state.dependencies.has(getDependencyKey(edge)))
    return refuse('NOT_FOUND', `"${item.title}" does not depend on ${dependsOnId}.`, edge)
  addEvent(draft, 'BACKLOG.DEPENDENCY_REMOVED', edge)
  return answered(edge)
}
