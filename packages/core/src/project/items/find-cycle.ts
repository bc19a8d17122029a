import type { ItemId } from '../../ids.ts'
import { clipText } from '../../clip.ts'
import { type Refused, refuse } from '../../decision.ts'
import type { Item, ProjectState } from '../state.ts'

/**
 * What must have happened before an item begins or ends. It begins after what holds it has begun and after what
 * it depends on has ended; it ends after it has begun and after all it holds has ended. A cycle among these is
 * work that could never be done, so one search finds dependency cycles, an item that waits for its own ancestor
 * or descendant, and all mixtures.
 */
type Moment = { readonly item: Item; readonly isEnd: boolean }

type Graph = {
  readonly state: ProjectState
  readonly awaited: ReadonlyMap<string, readonly string[]>
  readonly held: ReadonlyMap<string, readonly string[]>
}

const group = (pairs: Iterable<readonly [string, string]>): ReadonlyMap<string, readonly string[]> => {
  const groups = new Map<string, string[]>()
  for (const [key, value] of pairs) {
    const group = groups.get(key)
    if (group) group.push(value)
    else groups.set(key, [value])
  }
  return groups
}

const makeGraph = (state: ProjectState): Graph => ({
  state,
  awaited: group(
    [...state.dependencies.values()].map(({ itemId, dependsOnId }) => [itemId, dependsOnId] as const),
  ),
  held: group(
    [...state.items.values()].flatMap(({ id, parentId }) =>
      parentId === null ? [] : [[parentId, id] as const],
    ),
  ),
})

const listBefore = ({ state, awaited, held }: Graph, { item, isEnd }: Moment): readonly Moment[] => {
  const at = (ids: readonly string[], end: boolean): Moment[] =>
    ids.flatMap((id) => {
      const of = state.items.get(id)
      return of ? [{ item: of, isEnd: end }] : []
    })
  return isEnd
    ? [{ item, isEnd: false }, ...at(held.get(item.id) ?? [], true)]
    : [...at(item.parentId === null ? [] : [item.parentId], false), ...at(awaited.get(item.id) ?? [], true)]
}

const getKey = ({ item, isEnd }: Moment): string => `${item.id}/${isEnd ? 'end' : 'start'}`

/** Items on the way of a cycle, each once in a row. */
const toItems = (moments: readonly Moment[]): readonly Item[] =>
  moments.map(({ item }) => item).filter((item, index, all) => item.id !== all[index - 1]?.id)

/** The items of one cycle, in order of waiting; undefined where there is none. Needs all items and edges. */
export const findCycle = (state: ProjectState): readonly Item[] | undefined => {
  const graph = makeGraph(state)
  const finished = new Set<string>()
  for (const item of state.items.values()) {
    const root: Moment = { item, isEnd: true }
    if (finished.has(getKey(root))) continue
    // A stack of our own: a backlog may be a chain of thousands.
    const stack = [{ moment: root, next: listBefore(graph, root)[Symbol.iterator]() }]
    const onStack = new Map([[getKey(root), 0]])
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const { value: moment } = top.next.next()
      if (!moment) {
        finished.add(getKey(top.moment))
        onStack.delete(getKey(top.moment))
        stack.pop()
        continue
      }
      const seen = onStack.get(getKey(moment))
      if (seen !== undefined) return toItems(stack.slice(seen).map((of) => of.moment))
      if (finished.has(getKey(moment))) continue
      onStack.set(getKey(moment), stack.length)
      stack.push({ moment, next: listBefore(graph, moment)[Symbol.iterator]() })
    }
  }
  return undefined
}

const MAX_NAMED = 12

/** The refusal of a change that closes a cycle, naming it. */
export const refuseCycle = (state: ProjectState): Refused | undefined => {
  const cycle = findCycle(state)
  const first = cycle?.[0]
  if (!cycle || !first) return undefined
  const named = cycle.slice(0, MAX_NAMED).map(({ id, title }) => `"${clipText(title, 80)}" (${id})`)
  const last =
    cycle.length > MAX_NAMED
      ? ['…']
      : cycle.at(-1)?.id === first.id && cycle.length > 1
        ? []
        : [named[0] ?? '']
  const ids: readonly ItemId[] = cycle.map(({ id }) => id)
  return refuse(
    'CONFLICT',
    `That closes a cycle; each waits for the next: ${[...named, ...last].join(' → ')}.`,
    {
      cycle: ids,
    },
  )
}
