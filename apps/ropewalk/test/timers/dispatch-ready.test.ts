import { describe, expect, test } from 'vitest'
import { makeBatches } from '../../src/engine/backlog/make-batches.ts'
import { pickCapability } from '../../src/timers/dispatch-ready.ts'

describe('batches', () => {
  test('cover all rows, each once, in order', () => {
    expect(makeBatches(7, 3)).toEqual([
      { from: 0, to: 3 },
      { from: 3, to: 6 },
      { from: 6, to: 7 },
    ])
  })

  test('are one where no size is given, and none without rows', () => {
    expect(makeBatches(60, null)).toEqual([{ from: 0, to: 60 }])
    expect(makeBatches(60, 100)).toEqual([{ from: 0, to: 60 }])
    expect(makeBatches(0, 10)).toBeNull()
  })

  test('are never more than one command may make', () => {
    const batches = makeBatches(100_000, 1) ?? []
    expect(batches).toHaveLength(1000)
    expect(batches.at(-1)).toEqual({ from: 99_900, to: 100_000 })
  })
})

describe('an item', () => {
  const online = (...names: readonly string[]) => new Map(names.map((name) => [name, 1]))
  const item = { capability: 'cost', isOverdue: false }

  test('goes to its own capability where somebody serves it, however long it waited', () => {
    expect(pickCapability(item, online('cost', 'generic'))).toBe('cost')
    expect(pickCapability({ ...item, isOverdue: true }, online('cost', 'generic'))).toBe('cost')
  })

  test('goes to a generic worker once it has waited', () => {
    expect(pickCapability(item, online('generic'))).toBeUndefined()
    expect(pickCapability({ ...item, isOverdue: true }, online('generic'))).toBe('generic')
  })

  test('waits where nobody is there for it', () => {
    expect(pickCapability({ ...item, isOverdue: true }, online('friction'))).toBeUndefined()
  })
})
