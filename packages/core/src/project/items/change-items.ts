import { type Refused, refuse } from '../../decision.ts'
import { ItemKind } from '../../contract/item.ts'
import { clipText, getJsonBytes } from '../../clip.ts'
import type { ProjectCommandOf } from '../commands.ts'
import { answered, getActor, type Outcome } from '../../draft.ts'
import { addEvent, type Draft, isRefused } from '../draft.ts'
import { expectItem, expectProject, getAncestors, isParent } from '../patch.ts'
import { isTerminalItem, isTerminalProject, type Item } from '../state.ts'
import { letGo } from '../work/let-go.ts'
import { createItems, MAX_FIXED_BYTES, MAX_ITEM_BYTES } from './add-items.ts'
import { refuseCycle } from './find-cycle.ts'
import { findItem, findParentFault, isUnderWay, mayHold } from './find-item.ts'

type Changes = ProjectCommandOf<'UpdateItem'>['changes']

/** What a worker has been told, so that it cannot change under its hands. */
const TOLD = [
  'capability',
  'needs',
  'definitionOfDone',
  'approvals',
] as const satisfies readonly (keyof Changes)[]

const findKindFault = (draft: Draft, item: Item, kind: ItemKind): Refused | undefined => {
  const parent = item.parentId === null ? undefined : expectItem(draft.state, item.parentId)
  if (parent && !mayHold(parent.kind, kind))
    return refuse(
      'INVALID_ARGUMENT',
      `"${item.title}" hangs under "${parent.title}", a ${parent.kind}; it cannot be a ${kind}.`,
      { itemId: item.id, kind },
    )
  const child = [...draft.state.items.values()].find(
    (of) => of.parentId === item.id && !of.isDeleted && !mayHold(kind, of.kind),
  )
  return child
    ? refuse(
        'INVALID_ARGUMENT',
        `"${item.title}" holds "${child.title}", a ${child.kind}; it cannot be a ${kind}.`,
        { itemId: item.id, kind },
      )
    : undefined
}

const findChangeFault = (
  draft: Draft,
  item: Item,
  { version, changes }: ProjectCommandOf<'UpdateItem'>,
): Refused | undefined => {
  if (version !== null && version !== item.version)
    return refuse(
      'VERSION_CONFLICT',
      `"${item.title}" has changed since it was read: it is version ${item.version}, not ${version}.`,
      {
        itemId: item.id,
        version: item.version,
      },
    )
  const hasFailed = item.status === 'failed'
  if (isTerminalProject(expectProject(draft.state).status) && !hasFailed)
    return refuse(
      'CONFLICT',
      'The project has failed; only its failed items can be changed, to be retried.',
      {
        itemId: item.id,
      },
    )
  const told = TOLD.find((name) => changes[name] !== undefined)
  // What failed may have been given to the wrong hands: it is changed, then retried.
  const isOver = isTerminalItem(item.status) && !hasFailed
  if (told !== undefined && !isParent(item) && (isUnderWay(item) || isOver))
    return refuse(
      'CONFLICT',
      `Work on "${item.title}" is given out or over (${item.status}); its ${told} stays as it is.`,
      {
        itemId: item.id,
        status: item.status,
      },
    )
  const { description: _, ...fixed } = changes
  if (getJsonBytes(fixed) > MAX_FIXED_BYTES)
    return refuse(
      'PAYLOAD_TOO_LARGE',
      `The changes have more than ${MAX_FIXED_BYTES} bytes beside the description.`,
    )
  return changes.kind === undefined ? undefined : findKindFault(draft, item, changes.kind)
}

/** Changes what an item says. What a worker has been told of it stays while it works. */
export const updateItem = (draft: Draft, command: ProjectCommandOf<'UpdateItem'>): Outcome => {
  const item = findItem(draft, command.itemId)
  if (isRefused(item)) return item
  const fault = findChangeFault(draft, item, command)
  if (fault) return fault
  const { description, ...fixed } = command.changes
  const room = MAX_ITEM_BYTES - getJsonBytes(fixed)
  const text =
    description === undefined
      ? {}
      : { description: description === '' ? '' : clipText(description, 4000, room) }
  addEvent(draft, 'BACKLOG.ITEM_UPDATED', {
    itemId: item.id,
    changes: { ...fixed, ...text },
    by: getActor(draft),
  })
  return answered({ itemId: item.id, version: expectItem(draft.state, item.id).version })
}

/** Hangs an item, with all below it, under another one or under none. */
export const moveItem = (draft: Draft, { itemId, parentId }: ProjectCommandOf<'MoveItem'>): Outcome => {
  const item = findItem(draft, itemId)
  if (isRefused(item)) return item
  if (item.parentId === parentId) return answered({ itemId, parentId })
  if (parentId !== null) {
    const parent = findItem(draft, parentId)
    if (isRefused(parent)) return parent
    const line = [parent, ...getAncestors(draft.state, parent)]
    const at = line.findIndex(({ id }) => id === itemId)
    if (at >= 0) {
      const named = [...line.slice(0, at + 1).reverse(), item].map(
        ({ id, title }) => `"${clipText(title, 80)}" (${id})`,
      )
      return refuse('CONFLICT', `An item cannot hang under itself: ${named.join(' → ')}.`, {
        cycle: line.slice(0, at + 1).map(({ id }) => id),
      })
    }
    const fault = findParentFault(parent, item.kind)
    if (fault) return fault
  }
  addEvent(draft, 'BACKLOG.ITEM_MOVED', { itemId: item.id, parentId, by: getActor(draft) })
  return refuseCycle(draft.state) ?? answered({ itemId, parentId })
}

/** The smallest kind that holds all pieces; the item's own where that does. */
const findSplitKind = (item: Item, pieces: readonly ItemKind[]): ItemKind | undefined =>
  pieces.every((piece) => mayHold(item.kind, piece))
    ? item.kind
    : [...ItemKind.options].reverse().find((kind) => pieces.every((piece) => mayHold(kind, piece)))

/**
 * Makes an item the parent of pieces, which wait for what it waits for and ask for what it asked for where they
 * do not say otherwise. A task becomes a story by that: a task holds nothing.
 */
export const splitItem = (draft: Draft, { itemId, into }: ProjectCommandOf<'SplitItem'>): Outcome => {
  const item = findItem(draft, itemId)
  if (isRefused(item)) return item
  if (isParent(item))
    return refuse('CONFLICT', `"${item.title}" holds others already; add to it instead.`, { itemId })
  const { status } = item
  if (status === 'in_progress' || status === 'in_review' || isTerminalItem(status))
    return refuse('CONFLICT', `"${item.title}" is ${status}; only what has not begun is split.`, {
      itemId,
      status,
    })
  const kind = findSplitKind(
    item,
    into.map((piece) => piece.kind),
  )
  if (kind === undefined)
    return refuse('INVALID_ARGUMENT', 'No kind holds an epic; split it into features, stories or tasks.', {
      itemId,
    })
  if (kind !== item.kind) {
    const fault = findKindFault(draft, item, kind)
    if (fault) return fault
    addEvent(draft, 'BACKLOG.ITEM_UPDATED', { itemId: item.id, changes: { kind }, by: getActor(draft) })
  }
  letGo(draft, item, 'It is split.')
  const pieces = into.map((piece) => ({
    ...piece,
    capability: piece.capability ?? item.capability,
    needs: piece.needs.length > 0 ? piece.needs : [...item.needs],
    definitionOfDone: piece.definitionOfDone.length > 0 ? piece.definitionOfDone : [...item.definitionOfDone],
  }))
  const made = createItems(draft, pieces, { source: 'split', of: item.id, under: item.id })
  if (isRefused(made)) return made
  addEvent(draft, 'BACKLOG.ITEM_SPLIT', { itemId: item.id, into: [...made.ids], by: getActor(draft) })
  return answered({ itemId, itemIds: made.ids, keys: Object.fromEntries(made.keys) })
}
