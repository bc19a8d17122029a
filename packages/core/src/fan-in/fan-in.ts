import { canonicalText } from '../canonical.ts'
import type { PhaseDefinition } from '../contract/playbook.ts'

export type FanInStrategy = PhaseDefinition['aggregation']

/** One agent's output under its own name, `<Output>.<agent>`; `json` is a JSON value. */
export type FanInPart = { readonly name: string; readonly json: unknown }

type JsonObject = Readonly<Record<string, unknown>>

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The value that most share; of as many, the one whose canonical form comes first. */
const pickCommon = (values: readonly unknown[]): unknown => {
  const groups = [...Map.groupBy(values, canonicalText)]
  const [most] = groups.toSorted(([a, x], [b, y]) => y.length - x.length || compare(a, b))
  return most?.[1][0]
}

/** What tells an element of a list: its id where it has one, else the whole of it. */
const getKey = (element: unknown): string => {
  const id = isObject(element) ? element['id'] : undefined
  return typeof id === 'string' ? `id ${id}` : `is ${canonicalText(element)}`
}

/** How a list, and a key that not every part has, are joined; `parts` counts those that have a say. */
type Rule = {
  readonly joinLists: (lists: readonly (readonly unknown[])[], rule: Rule) => unknown[]
  readonly keepsKey: (having: number, parts: number) => boolean
}

const join = (values: readonly unknown[], rule: Rule): unknown => {
  if (values.every(isObject)) return joinObjects(values, rule)
  if (values.every((value) => Array.isArray(value))) return rule.joinLists(values, rule)
  return pickCommon(values)
}

const joinObjects = (objects: readonly JsonObject[], rule: Rule): JsonObject => {
  const keys = [...new Set(objects.flatMap((object) => Object.keys(object)))].toSorted(compare)
  const entries = keys.flatMap((key) => {
    const values = objects.filter((object) => Object.hasOwn(object, key)).map((object) => object[key])
    return rule.keepsKey(values.length, objects.length) ? [[key, join(values, rule)] as const] : []
  })
  return Object.fromEntries(entries)
}

/** Elements with one key become one; each list's own repetitions count once. */
const groupElements = (lists: readonly (readonly unknown[])[]): Map<string, unknown[]> => {
  const groups = new Map<string, unknown[]>()
  for (const list of lists) {
    const own = new Map(list.map((element) => [getKey(element), element]))
    for (const [key, element] of own) groups.set(key, [...(groups.get(key) ?? []), element])
  }
  return groups
}

const RULES: Readonly<Record<FanInStrategy, Rule>> = {
  merge: {
    keepsKey: () => true,
    joinLists: (lists, rule) => [...groupElements(lists).values()].map((same) => join(same, rule)),
  },
  concat: { keepsKey: () => true, joinLists: (lists) => lists.flat() },
  vote: {
    keepsKey: (having, parts) => having * 2 > parts,
    joinLists: (lists, rule) =>
      [...groupElements(lists).values()]
        .filter((same) => same.length * 2 > lists.length)
        .map((same) => join(same, rule)),
  },
}

/**
 * The canonical text of several outputs joined into one. The order of `parts` has no say: they are taken by
 * name, then by content. Objects are joined key by key; where single values differ, the one most parts have
 * stands. `merge` joins list elements of one id, or alike, into one; `concat` puts list after list;
 * `vote` keeps keys and elements that more than half of the parts have. Row DX-50.
 */
export const fanIn = (strategy: FanInStrategy, parts: readonly FanInPart[]): string => {
  const inOrder = parts.toSorted(
    (a, b) => compare(a.name, b.name) || compare(canonicalText(a.json), canonicalText(b.json)),
  )
  return canonicalText(
    join(
      inOrder.map(({ json }) => json),
      RULES[strategy],
    ),
  )
}
