import { describe, expect, test } from 'vitest'
import { agents, ALICE, ANNA, BOB, CAROL, first, given, LEAD, THREAD, typesOf } from './given.ts'

const names = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ agentId: `a${index}`, role: null }))

describe('a new thread', () => {
  test('is active, and has those it was made for and the agent that made it', () => {
    const run = given()
    const { answer } = run.create()
    expect(answer).toEqual({ threadId: THREAD, status: 'active', createdAt: run.now() })
    expect([...run.state.participants.keys()]).toEqual(['alice', 'bob', 'lead'])
    expect(run.participant('lead').role).toBeNull()
    expect(run.participant('bob').role).toBe('reviewer')
    expect(run.thread).toMatchObject({ createdBy: 'lead', lastSeq: 0, turns: 0, endedAt: null })
  })

  test('does not have its maker twice, and a person only when listed', () => {
    const run = given()
    run.create({ participants: [{ agentId: 'lead', role: 'chair' }] })
    expect(run.state.participants.size).toBe(1)
    expect(run.participant('lead').role).toBe('chair')
    const other = given()
    other.create({}, ANNA)
    expect([...other.state.participants.keys()]).toEqual(['alice', 'bob'])
  })

  test('names nobody twice, and is not too large', () => {
    const run = given()
    const toCreate = (participants: readonly object[]) => ({
      type: 'CreateThread',
      title: 't',
      threadType: 'incident',
      participants,
      subject: { runId: null, itemId: null },
    })
    const twice = [
      { agentId: 'alice', role: null },
      { agentId: 'alice', role: 'reviewer' },
    ]
    expect(run.refuse(toCreate(twice), LEAD)).toMatchObject({
      code: 'INVALID_ARGUMENT',
      details: { participants: ['alice'] },
    })
    expect(run.refuse(toCreate(names(200)), LEAD).code).toBe('INVALID_ARGUMENT')
    expect(run.accept(toCreate(names(200)), ANNA).events).toHaveLength(201)
  })

  test('is not made twice', () => {
    const run = given()
    run.create()
    expect(() => run.create()).toThrow('CONFLICT')
  })
})

test('a thread that is not there is not found, whatever is asked of it', () => {
  const run = given()
  expect(run.refusePost(ALICE)).toMatchObject({ code: 'NOT_FOUND', details: {} })
  expect(run.refuseStatus(LEAD, 'closed').code).toBe('NOT_FOUND')
})

describe('one who takes part', () => {
  test('comes in once, and may get another role', () => {
    const run = given()
    run.create()
    expect(typesOf(run.add('carol', 'reviewer'))).toEqual(['thread.participant_added'])
    const { joinedAt } = run.participant('carol')
    expect(run.add('carol', 'reviewer').events).toEqual([])
    run.add('carol', 'author')
    expect(run.participant('carol')).toMatchObject({ role: 'author', joinedAt })
  })

  test('goes, and comes again', () => {
    const run = given()
    run.create()
    run.post(ALICE)
    run.remove('bob')
    const goneAt = run.now()
    expect(run.participant('bob')).toMatchObject({ goneAt, goneSeq: 1 })
    expect(run.remove('bob')).toMatchObject({ events: [], answer: { bounced: [] } })
    run.add('bob')
    expect(run.participant('bob')).toMatchObject({ goneAt: null, goneSeq: null, role: null })
    expect(run.participant('bob').joinedAt > goneAt).toBe(true)
  })

  test('who was never there is not found', () => {
    const run = given()
    run.create()
    expect(() => run.remove('carol')).toThrow('NOT_FOUND')
  })

  test('keeps count of its messages when it goes and comes again', () => {
    const run = given()
    run.create()
    run.say(ALICE, 3)
    run.remove('alice')
    run.add('alice')
    expect(run.participant('alice').minuteCount).toBe(3)
  })

  test('finds no room in a thread of 200, nor in one that a thousand have passed through', () => {
    const run = given()
    run.create({ participants: names(200) }, ANNA)
    expect(() => run.add('carol')).toThrow('CONFLICT')
    run.remove('a0')
    run.add('carol')
    expect(() => run.add('a0')).toThrow('CONFLICT')
    for (let index = 0; run.state.participants.size < 1000; index += 1) {
      run.remove(index === 0 ? 'carol' : `b${index - 1}`)
      run.add(`b${index}`)
    }
    run.remove('a1')
    expect(() => run.add('dave')).toThrow('CONFLICT')
    run.add('a1')
  })
})

describe('what one had not read when it goes', () => {
  test('comes back: what was for it, by others, after what it had read', () => {
    const run = given()
    run.create()
    run.add('carol', 'reviewer')
    run.post(ALICE) // 1: read
    run.post(ALICE) // 2
    run.post(BOB) // 3: its own
    run.post(ALICE, { to: agents('carol') }) // 4: for another
    run.post(ALICE, { to: agents('bob') }) // 5
    run.post(CAROL, { to: { kind: 'role', role: 'reviewer' } }) // 6
    const { events, answer } = run.remove('bob', 1)
    expect(answer).toEqual({ bounced: [2, 5, 6] })
    expect(first(events, 'thread.participant_removed')).toMatchObject({ agentId: 'bob', lastSeq: 6 })
  })

  test('is at most the newest fifty', () => {
    const run = given()
    run.create()
    run.say(ANNA, 60)
    const { answer } = run.remove('bob', 2)
    expect(answer['bounced']).toEqual(Array.from({ length: 50 }, (_, index) => index + 11))
  })

  test('does not come back when it had run out by then', () => {
    const run = given()
    run.create()
    run.post(ALICE, { ttlMs: 5000 })
    run.post(ALICE, { ttlMs: 60_000 })
    run.wait(10_000)
    expect(run.remove('bob').answer).toEqual({ bounced: [2] })
  })
})

describe('a closed thread', () => {
  test('takes nobody in, and lets go of whoever should not read it any more', () => {
    const run = given()
    run.create()
    run.setStatus(LEAD, 'closed')
    expect(() => run.add('carol')).toThrow('CONFLICT')
    expect(typesOf(run.remove('bob'))).toEqual(['thread.participant_removed'])
  })
})
