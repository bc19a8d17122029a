import { type Refused, refuse } from '../../decision.ts'
import type { ItemDraft, Provenance } from '../../contract/item.ts'
import { ItemId } from '../../ids.ts'
import { clipText, getJsonBytes } from '../../clip.ts'
import type { ProjectCommandOf } from '../commands.ts'
import { answered, getActor, makeId, type Outcome } from '../../draft.ts'
import { addEvent, type Draft, isRefused } from '../draft.ts'
import { expectItem, expectProject } from '../patch.ts'
import { findParentFault } from './find-item.ts'
import { refuseCycle } from './find-cycle.ts'

/** An item is one ledger entry, which holds 8 KB; what of it is not description must leave room. */
export const MAX_ITEM_BYTES = 7000
export const MAX_FIXED_BYTES = 4000

type Placed = {
  readonly id: ItemId
  readonly of: ItemDraft
  readonly parentId: ItemId | null
  readonly awaited: readonly ItemId[]
}

export type CreatedItems = {
  readonly ids: readonly ItemId[]
  /** By the drafts' keys. */
  readonly keys: ReadonlyMap<string, ItemId>
}

const nameDraft = (of: ItemDraft, index: number): string => `items[${index}] "${clipText(of.title, 80)}"`

const findKeyFault = (drafts: readonly ItemDraft[]): Refused | undefined => {
  const seen = new Set<string>()
  for (const [index, of] of drafts.entries()) {
    if (of.key === undefined) continue
    if (seen.has(of.key))
      return refuse(
        'INVALID_ARGUMENT',
        `${nameDraft(of, index)} has the key ${of.key}, which an earlier one has.`,
        {
          key: of.key,
        },
      )
    seen.add(of.key)
  }
  return undefined
}

/** Each draft with its own id and the ids of what it names. */
const placeDrafts = (
  draft: Draft,
  drafts: readonly ItemDraft[],
  under: ItemId | null,
): readonly Placed[] | Refused => {
  const ids = drafts.map(() => ItemId.parse(makeId(draft)))
  const keys = new Map(
    drafts.flatMap((of, index) => (of.key === undefined ? [] : [[of.key, ids[index]] as const])),
  )
  const resolve = (ref: string): ItemId | undefined => {
    const item = draft.state.items.get(ref)
    return keys.get(ref) ?? (item && !item.isDeleted ? item.id : undefined)
  }
  const placed: Placed[] = []
  for (const [index, of] of drafts.entries()) {
    const awaited: ItemId[] = []
    for (const ref of new Set(of.dependsOn)) {
      const id = resolve(ref)
      if (!id)
        return refuse(
          'INVALID_ARGUMENT',
          `${nameDraft(of, index)} depends on ${ref}, which is no key of these items and no item of the project.`,
          { dependsOn: ref },
        )
      awaited.push(id)
    }
    const parentId = of.parent === null ? under : resolve(of.parent)
    if (parentId === undefined)
      return refuse(
        'INVALID_ARGUMENT',
        `${nameDraft(of, index)} has the parent ${of.parent}, which is no key of these items and no item of the project.`,
        { parent: of.parent },
      )
    placed.push({ id: ids[index] ?? ItemId.parse(makeId(draft)), of, parentId, awaited })
  }
  return placed
}

/** Parents before their children; the drafts that hang in a circle are left over. */
const sortByParent = (placed: readonly Placed[]): { readonly sorted: Placed[]; readonly rest: Placed[] } => {
  const own = new Set(placed.map(({ id }) => id))
  const sorted: Placed[] = []
  let rest = [...placed]
  for (let before = -1; before !== sorted.length && rest.length > 0;) {
    before = sorted.length
    const made = new Set(sorted.map(({ id }) => id))
    const isNext = ({ parentId }: Placed) => parentId === null || !own.has(parentId) || made.has(parentId)
    sorted.push(...rest.filter(isNext))
    rest = rest.filter((of) => !isNext(of))
  }
  return { sorted, rest }
}

const createItem = (
  draft: Draft,
  { id, of, parentId }: Placed,
  provenance: Provenance,
): Refused | undefined => {
  const fault = parentId === null ? undefined : findParentFault(expectItem(draft.state, parentId), of.kind)
  if (fault) return fault
  const { description, key: _key, parent: _parent, dependsOn: _dependsOn, ...fixed } = of
  const bytes = getJsonBytes(fixed)
  if (bytes > MAX_FIXED_BYTES)
    return refuse(
      'PAYLOAD_TOO_LARGE',
      `"${clipText(of.title, 80)}" has ${bytes} bytes beside its description; at most ${MAX_FIXED_BYTES} fit.`,
    )
  const room = MAX_ITEM_BYTES - bytes
  addEvent(draft, 'BACKLOG.ITEM_CREATED', {
    ...fixed,
    itemId: id,
    ordinal: expectProject(draft.state).itemsMade,
    description: description === '' ? '' : clipText(description, 4000, room),
    parentId,
    provenance,
  })
  return undefined
}

/**
 * Makes items of drafts, with the edges between them; `under` holds those that name no parent. Drafts of one
 * command may name each other by key in any order. Refuses unknown names, kinds that do not nest, and cycles.
 */
export const createItems = (
  draft: Draft,
  drafts: readonly ItemDraft[],
  { under = null, ...provenance }: Pick<Provenance, 'source' | 'of'> & { readonly under?: ItemId | null },
): CreatedItems | Refused => {
  const placed = findKeyFault(drafts) ?? placeDrafts(draft, drafts, under)
  if (isRefused(placed)) return placed
  const { sorted, rest } = sortByParent(placed)
  if (rest.length > 0)
    return refuse(
      'CONFLICT',
      `These items hold each other in a circle: ${rest
        .slice(0, 12)
        .map(({ of }) => `"${clipText(of.title, 80)}" (${of.key ?? '?'})`)
        .join(', ')}.`,
      {
        cycle: rest.map(({ of }) => of.key ?? of.title),
      },
    )
  for (const each of sorted) {
    const fault = createItem(draft, each, { ...provenance, by: getActor(draft) })
    if (fault) return fault
  }
  for (const { id, awaited } of placed)
    for (const dependsOnId of awaited)
      addEvent(draft, 'BACKLOG.DEPENDENCY_ADDED', { itemId: id, dependsOnId })
  const cycle = refuseCycle(draft.state)
  if (cycle) return cycle
  const keys = new Map(placed.flatMap(({ of, id }) => (of.key === undefined ? [] : [[of.key, id] as const])))
  return { ids: placed.map(({ id }) => id), keys }
}

/** More items for a backlog that is there. */
export const addItems = (draft: Draft, { items, source, of }: ProjectCommandOf<'AddItems'>): Outcome => {
  const made = createItems(draft, items, { source, of })
  return isRefused(made) ? made : answered({ itemIds: made.ids, keys: Object.fromEntries(made.keys) })
}
