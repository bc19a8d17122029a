import { describe, expect, test } from 'vitest'
import { makeSessions } from '../../src/mcp/sessions.ts'

const make = (limits: { sessions?: number; sessionsOfOne?: number; idleMs?: number } = {}) => {
  const dropped: string[] = []
  let at = 0
  const sessions = makeSessions<string>({
    limits: { sessions: 4, sessionsOfOne: 3, idleMs: 1000, ...limits },
    now: () => at,
    drop: (held) => dropped.push(held),
  })
  const add = (id: string, owner: string) => {
    at += 1
    sessions.add({ id, owner, held: id })
  }
  return {
    sessions,
    dropped,
    add,
    pass: (ms: number) => {
      at += ms
    },
  }
}

describe('sessions of the older protocol', () => {
  test('are found by their owner alone', () => {
    const { sessions, add } = make()
    add('a1', 'ann')
    expect(sessions.find('a1', 'ann')?.held).toBe('a1')
    expect(sessions.find('a1', 'eve')).toBeUndefined()
    expect(sessions.find('a2', 'ann')).toBeUndefined()
  })

  test('make room for one more of the same owner where it has too many: the one used least lately goes', () => {
    const { sessions, dropped, add } = make()
    for (const id of ['a1', 'a2', 'a3']) add(id, 'ann')
    const first = sessions.find('a1', 'ann')
    if (first !== undefined) first.usedAt = 100
    add('a4', 'ann')
    expect(dropped).toEqual(['a2'])
  })

  test('where the process has too many, whoever has most gives one up', () => {
    const { dropped, add } = make()
    add('b1', 'bob')
    for (const id of ['a1', 'a2', 'a3']) add(id, 'ann')
    add('c1', 'cat')
    expect(dropped).toEqual(['a1'])
  })

  test('one with a call under way goes only when all have one', () => {
    const { sessions, dropped, add } = make({ sessionsOfOne: 2 })
    add('a1', 'ann')
    add('a2', 'ann')
    const first = sessions.find('a1', 'ann')
    if (first !== undefined) first.inHand = 1
    add('a3', 'ann')
    expect(dropped).toEqual(['a2'])
  })

  test('end when nobody used them for too long, but not while a call is under way', () => {
    const { sessions, dropped, add, pass } = make()
    add('a1', 'ann')
    add('a2', 'ann')
    const second = sessions.find('a2', 'ann')
    if (second !== undefined) second.inHand = 1
    pass(2000)
    sessions.sweep()
    expect(dropped).toEqual(['a1'])
    expect(sessions.find('a1', 'ann')).toBeUndefined()
  })
})
