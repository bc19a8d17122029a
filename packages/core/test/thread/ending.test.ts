import { describe, expect, test } from 'vitest'
import { addMs } from '../../src/decision.ts'
import { agents, ALICE, first, given, LEAD, THREAD } from './given.ts'

describe('a message with an end', () => {
  const expire = (seq: number, ...unread: readonly string[]) => ({ type: 'ExpireMessage', seq, unread })

  test('asks for a timer', () => {
    const run = given()
    run.create()
    expect(run.accept(run.toPost(), ALICE).effects).toEqual([])
    const { effects, events } = run.accept(run.toPost({ ttlMs: 5000 }), ALICE)
    const expiresAt = addMs(run.now(), 5000)
    expect(effects).toEqual([{ kind: 'expire-message', fireAt: expiresAt, ref: { seq: 2 } }])
    expect(first(events, 'thread.message_posted').expiresAt).toBe(expiresAt)
  })

  test('expires for those it was for who had not read it, once', () => {
    const run = given()
    run.create()
    run.add('carol')
    run.add('dave')
    run.post(ALICE, { ttlMs: 5000, to: agents('bob', 'carol', 'dave') })
    run.remove('dave')
    run.wait(5000)
    const { events, answer } = run.acceptOf(expire(1, 'alice', 'bob', 'bob', 'dave', 'lead', 'nobody'))
    expect(events).toEqual([{ type: 'thread.message_expired', v: 1, data: { seq: 1, agents: ['bob'] } }])
    expect(answer).toEqual({ expired: ['bob'] })
    expect([...run.state.expiries.values()]).toEqual([
      { threadId: THREAD, seq: 1, agentId: 'bob', expiredAt: run.now() },
    ])
    expect(run.acceptOf(expire(1, 'bob', 'carol')).events).toEqual([])
  })

  test('leaves nothing behind when all have read it', () => {
    const run = given()
    run.create()
    run.post(ALICE, { ttlMs: 5000 })
    run.wait(5000)
    expect(run.acceptOf(expire(1)).events).toEqual([])
  })

  test('does not expire before, nor when it has no end, nor when there is none', () => {
    const run = given()
    run.create()
    run.post(ALICE, { ttlMs: 60_000 })
    run.post(ALICE)
    expect(run.refuseOf(expire(1, 'bob')).code).toBe('CONFLICT')
    expect(run.refuseOf(expire(2, 'bob')).code).toBe('CONFLICT')
    expect(run.refuseOf(expire(3, 'bob')).code).toBe('NOT_FOUND')
  })

  test('expires in a closed thread as well, and for 200 with long names', () => {
    const run = given()
    const names = Array.from({ length: 199 }, (_, index) => `${'n'.repeat(110)}${index}`)
    run.create({ participants: names.map((agentId) => ({ agentId, role: null })) })
    run.post(LEAD, { ttlMs: 5000 })
    run.setStatus(LEAD, 'closed')
    run.wait(5000)
    const { events } = run.acceptOf(expire(1, ...names))
    expect(events.length).toBeGreaterThan(1)
    for (const event of events) expect(JSON.stringify(event).length).toBeLessThan(2500)
    expect(run.state.expiries.size).toBe(199)
  })
})

describe('erasing', () => {
  const erase = (from: number, to: number) => ({ type: 'EraseMessages', from, to, reason: 'policy' })

  test('is noted for messages that there are', () => {
    const run = given()
    run.create()
    run.say(ALICE, 3)
    run.setStatus(LEAD, 'closed')
    expect(run.acceptOf(erase(1, 3)).events).toEqual([
      { type: 'thread.messages_erased', v: 1, data: { from: 1, to: 3, reason: 'policy' } },
    ])
    expect(run.refuseOf(erase(1, 5)).code).toBe('INVALID_ARGUMENT')
    expect(run.refuseOf(erase(3, 1)).code).toBe('INVALID_ARGUMENT')
  })
})
