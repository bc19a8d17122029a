import { type ChildCounts, ItemStatus } from '../../contract/item.ts'
import { withEntry } from '../../layered-map.ts'
import { expectItem, expectProject, isParent, patchProject } from '../patch.ts'
import { isTerminalItem, type Item, type ProjectState } from '../state.ts'
import { assertTransition } from '../transitions.ts'

/** `counts` with some statuses raised or lowered; a status that nobody is in is left out. */
const addCounts = (counts: ChildCounts, changes: readonly (readonly [ItemStatus, number])[]): ChildCounts => {
  const sums = new Map(changes.map(([status]) => [status, counts[status] ?? 0]))
  for (const [status, by] of changes) sums.set(status, (sums.get(status) ?? 0) + by)
  return Object.fromEntries(
    ItemStatus.options.flatMap((status) => {
      const count = sums.get(status) ?? counts[status] ?? 0
      return count === 0 ? [] : [[status, count]]
    }),
  )
}

/**
 * The status that follows from the children's (row X-05). Open is what is not done, failed or cancelled. One
 * that lost its last child is a leaf again: it begins anew unless it had ended.
 */
export const deriveStatus = (present: ItemStatus, children: ChildCounts): ItemStatus => {
  const count = (...statuses: readonly ItemStatus[]) =>
    statuses.reduce((sum, status) => sum + (children[status] ?? 0), 0)
  if (count(...ItemStatus.options) === 0) return isTerminalItem(present) ? present : 'created'
  if (count('created', 'ready', 'blocked', 'in_progress', 'in_review') === 0) {
    if (count('failed') > 0) return 'failed'
    return count('done') > 0 ? 'done' : 'cancelled'
  }
  if (count('in_progress', 'in_review', 'done', 'failed') > 0) return 'in_progress'
  if (count('ready') > 0) return 'ready'
  return count('blocked') > 0 ? 'blocked' : 'created'
}

/** When an item began and ended, as its status becomes another. */
const getTimes = (item: Item, to: ItemStatus, at: string): Partial<Item> => ({
  readyAt: to === 'ready' ? at : item.readyAt,
  startedAt: to === 'in_progress' ? (item.startedAt ?? at) : item.startedAt,
  endedAt: isTerminalItem(to) ? at : null,
})

const countsAsLeaf = (item: Item | undefined): item is Item =>
  item !== undefined && !item.isDeleted && item.runRef === null && !isParent(item)

const isHeld = (item: Item | undefined): boolean => item !== undefined && item.isHeld && !item.isDeleted

const countInProject = (state: ProjectState, before: Item | undefined, next: Item): ProjectState => {
  const was = countsAsLeaf(before) ? before.status : undefined
  const is = countsAsLeaf(next) ? next.status : undefined
  const held = (isHeld(next) ? 1 : 0) - (isHeld(before) ? 1 : 0)
  if (was === is && held === 0) return state
  const project = expectProject(state)
  const changes = [...(was ? [[was, -1] as const] : []), ...(is ? [[is, 1] as const] : [])]
  return patchProject(state, { leaves: addCounts(project.leaves, changes), held: project.held + held })
}

const isDone = (item: Item | undefined): boolean =>
  item !== undefined && item.status === 'done' && !item.isDeleted

/** What waits for an item waits for one less when it is done, and for one more should it be open again. */
const tellDependents = (
  state: ProjectState,
  { before, next, at }: { readonly before: Item | undefined; readonly next: Item; readonly at: string },
): ProjectState => {
  const by = (isDone(before) ? 1 : 0) - (isDone(next) ? 1 : 0)
  if (by === 0) return state
  let after = state
  for (const { itemId, dependsOnId } of state.dependencies.values()) {
    if (dependsOnId !== next.id) continue
    const { waitingOn } = expectItem(after, itemId)
    after = patchItem(after, itemId, { waitingOn: waitingOn + by }, at)
  }
  return after
}

const countInParent = (
  state: ProjectState,
  { before, next, at }: { readonly before: Item | undefined; readonly next: Item; readonly at: string },
): ProjectState => {
  const parts = [
    ...(before && !before.isDeleted ? [[before.parentId, [before.status, -1]] as const] : []),
    ...(!next.isDeleted ? [[next.parentId, [next.status, 1]] as const] : []),
  ]
  const [first, second] = parts
  if (first && second && first[0] === second[0] && first[1][0] === second[1][0]) return state
  let after = state
  for (const parentId of new Set(parts.map(([id]) => id))) {
    if (parentId === null) continue
    const parent = expectItem(after, parentId)
    // In one go: a parent whose only child changes must not be a leaf in between.
    const changes = parts.filter(([id]) => id === parentId).map(([, change]) => change)
    const children = addCounts(parent.children, changes)
    const status = deriveStatus(parent.status, children)
    const times = status === parent.status ? {} : getTimes(parent, status, at)
    after = patchItem(after, parentId, { children, status, blockedReason: null, ...times }, at)
  }
  return after
}

/**
 * Keeps an item and all that is counted from it: the leaves of the project, the children and the status of what
 * holds it, and how many things its dependents wait for.
 */
export const putItem = (state: ProjectState, next: Item, at: string): ProjectState => {
  const before = state.items.get(next.id)
  const kept = { ...state, items: withEntry(state.items, next.id, next) }
  const told = tellDependents(countInProject(kept, before, next), { before, next, at })
  return countInParent(told, { before, next, at })
}

/** Changes an item; each change raises its version. */
export const patchItem = (
  state: ProjectState,
  id: string,
  patch: Partial<Item>,
  at: string,
): ProjectState => {
  const item = expectItem(state, id)
  return putItem(state, { ...item, ...patch, version: item.version + 1 }, at)
}

/** Takes a leaf to another status. Throws INVARIANT_BROKEN where the one does not follow the other. */
export const moveTo = (
  state: ProjectState,
  id: string,
  { to, at, ...patch }: { readonly to: ItemStatus; readonly at: string } & Partial<Item>,
): ProjectState => {
  const item = expectItem(state, id)
  assertTransition(item, to)
  const blockedReason = to === 'blocked' ? item.blockedReason : null
  // What has ended is parked no longer.
  const isHeld = isTerminalItem(to) ? false : item.isHeld
  return patchItem(state, id, { blockedReason, isHeld, ...getTimes(item, to, at), ...patch, status: to }, at)
}
