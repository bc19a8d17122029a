type Layers<V> = {
  /** Large, shared by many maps, never changed. */
  readonly base: ReadonlyMap<string, V>
  /** Small; what it has stands for what the base has. */
  readonly top: ReadonlyMap<string, V>
  /** How many keys only the top has. */
  readonly added: number
}

/** Smaller maps are copied whole: that is cheaper than two lookups ever after. */
const MIN_BASE = 512

/** A larger top makes each change dearer, a smaller one copies the base more often. */
const MAX_TOP = 256

const layersOf = new WeakMap<object, Layers<unknown>>()

const getLayers = <V>(map: ReadonlyMap<string, V>): Layers<V> =>
  (layersOf.get(map) as Layers<V> | undefined) ?? { base: map, top: new Map(), added: 0 }

function* iterate<V>({ base, top }: Layers<V>): Generator<[string, V], undefined> {
  for (const [key, value] of base) {
    const changed = top.get(key)
    yield [key, changed === undefined && !top.has(key) ? value : (changed as V)]
  }
  for (const entry of top) if (!base.has(entry[0])) yield entry
}

const makeLayered = <V>(layers: Layers<V>): ReadonlyMap<string, V> => {
  const { base, top, added } = layers
  const map: ReadonlyMap<string, V> = {
    size: base.size + added,
    get: (key) => (top.has(key) ? top.get(key) : base.get(key)),
    has: (key) => top.has(key) || base.has(key),
    forEach: (visit) => {
      for (const [key, value] of iterate(layers)) visit(value, key, map)
    },
    entries: () => iterate(layers),
    keys: () => iterate(layers).map(([key]) => key),
    values: () => iterate(layers).map(([, value]) => value),
    [Symbol.iterator]: () => iterate(layers),
  }
  layersOf.set(map, layers)
  return map
}

/**
 * A copy of `map` with one entry set, in the order that `Map.set` keeps. Of a large map only what has changed is
 * copied, so that a decision of many events about a project of many items takes no time that grows with both.
 */
export const withEntry = <V>(map: ReadonlyMap<string, V>, key: string, value: V): ReadonlyMap<string, V> => {
  if (map.size < MIN_BASE) return new Map(map).set(key, value)
  const { base, top, added } = getLayers(map)
  if (top.size >= MAX_TOP) return withEntry(new Map(map), key, value)
  return makeLayered({
    base,
    top: new Map(top).set(key, value),
    added: map.has(key) ? added : added + 1,
  })
}
