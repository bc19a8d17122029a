import { describe, expect, test } from 'vitest'
import { withEntry } from '../src/layered-map.ts'

const makeMap = (size: number): ReadonlyMap<string, number> =>
  new Map(Array.from({ length: size }, (_, index) => [`k${index}`, index]))

describe.each([3, 600, 5000])('a map of %i entries', (size) => {
  test('is, after any changes, what a map is that was changed in place', () => {
    const real = new Map(makeMap(size))
    let map = makeMap(size)
    for (let step = 0; step < 900; step += 1) {
      // Old keys, new ones, and new ones again.
      const key = step % 3 === 0 ? `n${step % 70}` : `k${(step * 7) % size}`
      real.set(key, -step)
      map = withEntry(map, key, -step)
      expect(map.size).toBe(real.size)
      expect(map.get(key)).toBe(-step)
    }
    expect([...map]).toEqual([...real])
    expect([...map.entries()]).toEqual([...real.entries()])
    expect([...map.keys()]).toEqual([...real.keys()])
    expect([...map.values()]).toEqual([...real.values()])
    expect(new Map(map)).toEqual(real)
    const seen: [string, number][] = []
    map.forEach((value, key) => seen.push([key, value]))
    expect(seen).toEqual([...real])
    expect(map.has('n0')).toBe(true)
    expect(map.has('none')).toBe(false)
    expect(map.get('none')).toBeUndefined()
  })

  test('leaves the one that it was made from as it was', () => {
    const before = makeMap(size)
    const one = withEntry(before, 'k1', 100)
    const two = withEntry(one, 'k1', 200)
    const other = withEntry(one, 'new', 300)
    expect([before.get('k1'), one.get('k1'), two.get('k1'), other.get('k1')]).toEqual([1, 100, 200, 100])
    expect([before.has('new'), one.has('new'), two.has('new'), other.has('new')]).toEqual([
      false,
      false,
      false,
      true,
    ])
    expect([before.size, one.size, other.size]).toEqual([size, size, size + 1])
  })
})
