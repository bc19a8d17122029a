import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalText, sha256 } from '../../src/canonical.ts'
import { fanIn, type FanInPart, type FanInStrategy } from '../../src/fan-in/fan-in.ts'

const STRATEGIES: readonly FanInStrategy[] = ['merge', 'concat', 'vote']

const ideas = (agent: string, json: unknown): FanInPart => ({ name: `Ideas.${agent}`, json })

const parts = [
  ideas('ann', {
    title: 'Links',
    users: ['clerk', 'guest'],
    risks: [{ id: 'R-1', text: 'slow', seen: 1 }],
    budget: 3,
  }),
  ideas('bob', {
    title: 'Links',
    users: ['guest', 'host'],
    risks: [
      { id: 'R-1', text: 'slow', owner: 'bob' },
      { id: 'R-2', text: 'dear' },
    ],
  }),
  ideas('cy', { title: 'URLs', users: ['guest'], risks: [], budget: 3 }),
]

const join = (strategy: FanInStrategy, of: readonly FanInPart[] = parts): unknown =>
  JSON.parse(fanIn(strategy, of))

/** A repeatable shuffle: element by element from what is left. */
const shuffle = <T>(values: readonly T[], seed: number): T[] => {
  const left = [...values]
  const mixed: T[] = []
  let state = seed * 2_654_435_761 + 1
  while (left.length > 0) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    mixed.push(...left.splice(state % left.length, 1))
  }
  return mixed
}

describe('a fan-in', () => {
  test('by merge makes one of elements with one id, and keeps what any part has', () => {
    expect(join('merge')).toEqual({
      budget: 3,
      risks: [
        { id: 'R-1', owner: 'bob', seen: 1, text: 'slow' },
        { id: 'R-2', text: 'dear' },
      ],
      title: 'Links',
      users: ['clerk', 'guest', 'host'],
    })
  })

  test('by concat puts list after list, in the order of the names', () => {
    expect(join('concat')).toMatchObject({ users: ['clerk', 'guest', 'guest', 'host', 'guest'] })
  })

  test('by vote keeps what more than half of the parts have', () => {
    expect(join('vote')).toEqual({
      budget: 3,
      risks: [{ id: 'R-1', text: 'slow' }],
      title: 'Links',
      users: ['guest'],
    })
  })

  test('of single values takes the one most have, and of as many the first in canonical order', () => {
    expect(join('merge', [ideas('a', 'x'), ideas('b', 'y'), ideas('c', 'y')])).toBe('y')
    expect(join('merge', [ideas('a', 'y'), ideas('b', 'x')])).toBe('x')
    expect(join('vote', [ideas('a', { of: 1 }), ideas('b', { of: '1' })])).toEqual({ of: '1' })
  })

  test.each(STRATEGIES)('by %s gives the same digest in a hundred random orders', (strategy) => {
    const many = Array.from({ length: 12 }, (_, index) =>
      ideas(`a${index}`, { list: [index % 5, { id: `R-${index % 3}`, at: index }], title: `T${index % 4}` }),
    )
    const digests = Array.from({ length: 100 }, (_, seed) => sha256(fanIn(strategy, shuffle(many, seed))))
    expect(new Set(digests).size).toBe(1)
  })

  test.each(STRATEGIES)('by %s says the same of any parts in any order, canonically', (strategy) => {
    const part = fc.record({
      name: fc.constantFrom('X.a', 'X.b', 'X.c'),
      // As it comes from a file: plain objects, whatever their keys.
      json: fc
        .oneof(
          fc.dictionary(fc.constantFrom('a', 'b', 'id', '__proto__'), fc.jsonValue({ maxDepth: 3 })),
          fc.jsonValue({ maxDepth: 3 }),
        )
        .map((json): unknown => JSON.parse(JSON.stringify(json))),
    })
    const orders = fc
      .array(part, { minLength: 1, maxLength: 6 })
      .chain((of) =>
        fc.tuple(fc.constant(of), fc.shuffledSubarray(of, { minLength: of.length, maxLength: of.length })),
      )
    const check = ([of, mixed]: readonly [readonly FanInPart[], readonly FanInPart[]]) => {
      const made = fanIn(strategy, of)
      expect(fanIn(strategy, mixed)).toBe(made)
      expect(canonicalText(JSON.parse(made))).toBe(made)
    }
    fc.assert(fc.property(orders, check), { numRuns: 500 })
  })
})
