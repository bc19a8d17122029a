import { describe, expect, test } from 'vitest'
import { addMs } from '../../src/decision.ts'
import {
  agents,
  ALICE,
  ANNA,
  AUDITOR,
  BOB,
  CAROL,
  first,
  given,
  LEAD,
  LIMITS,
  NO_MESSAGE,
  THREAD,
} from './given.ts'

const ROLE = (role: string) => ({ kind: 'role', role })

describe('a message', () => {
  test('gets the next number of its thread, and is named by the digest of its text', () => {
    const run = given()
    run.create()
    const { events, answer } = run.accept(run.toPost({ body: 'Hi!', sessionId: 's-1' }), ALICE)
    const posted = first(events, 'thread.message_posted')
    expect(posted).toMatchObject({
      seq: 1,
      sender: 'alice',
      senderKind: 'agent',
      sessionId: 's-1',
      note: null,
      bytes: 3,
    })
    expect(JSON.stringify(events)).not.toContain('Hi!')
    expect(answer).toEqual({
      messageId: posted.messageId,
      seq: 1,
      status: 'active',
      bounced: [],
      at: run.now(),
    })
    expect(run.post(ANNA)).toMatchObject({ seq: 2, senderKind: 'person' })
    expect(run.thread.lastSeq).toBe(2)
  })

  test('answers one of its own thread alone', () => {
    const run = given()
    run.create()
    const { messageId } = run.post(ALICE)
    expect(run.post(BOB, { inReplyTo: messageId }).inReplyTo).toBe(messageId)
    expect(run.refusePost(BOB, { inReplyTo: NO_MESSAGE })).toMatchObject({
      code: 'INVALID_ARGUMENT',
      details: { inReplyTo: NO_MESSAGE },
    })
  })

  test('is an event when it has an event type, and only then', () => {
    const run = given()
    run.create()
    expect(run.refusePost(ALICE, { kind: 'event' }).code).toBe('INVALID_ARGUMENT')
    expect(run.refusePost(ALICE, { kind: 'chat', eventType: 'fix_pushed' }).code).toBe('INVALID_ARGUMENT')
    expect(run.post(ALICE, { finding: 'f', fix: 'x' })).toMatchObject({ finding: null, fix: null })
  })

  test('does not say that the thread is resolved: the status does', () => {
    const run = given()
    run.create()
    for (const by of [ALICE, LEAD, ANNA]) {
      const { code, message } = run.refusePost(by, { eventType: 'thread_resolved' })
      expect(code).toBe('INVALID_ARGUMENT')
      expect(message).toContain('status')
    }
  })
})

describe('who may write', () => {
  test('is told of no thread when it takes no part, just as if there were none', () => {
    const run = given()
    const missing = run.refusePost(CAROL)
    run.create()
    expect(run.refusePost(CAROL)).toEqual(missing)
    expect(missing).toMatchObject({ code: 'NOT_FOUND', details: { threadId: THREAD } })
    run.remove('bob')
    expect(run.refusePost(BOB)).toEqual(missing)
    run.add('bob')
    run.post(BOB)
  })

  test('is a coordinator and a person of the operators, taking part or not', () => {
    const run = given()
    run.create({}, ANNA)
    run.post(LEAD)
    run.post(ANNA)
    run.add('lead')
    run.remove('lead')
    run.post(LEAD)
  })

  test('is no auditor, even one that takes part', () => {
    const run = given()
    run.create({ participants: [{ agentId: 'audit', role: null }] })
    expect(run.refusePost(AUDITOR).code).toBe('INSUFFICIENT_AUTHORITY')
  })

  test('is nobody in a thread that is resolved or closed', () => {
    for (const status of ['resolved', 'closed']) {
      const run = given()
      run.create()
      run.setStatus(LEAD, status)
      for (const by of [ALICE, LEAD, ANNA])
        expect(run.refusePost(by)).toMatchObject({ code: 'CONFLICT', details: { status } })
    }
  })

  test('is only people and coordinators in a thread that is blocked', () => {
    const run = given()
    run.create({
      participants: [
        { agentId: 'alice', role: null },
        { agentId: 'paul', role: null },
      ],
    })
    run.setStatus(LEAD, 'blocked')
    expect(run.refusePost(ALICE)).toMatchObject({
      code: 'CONFLICT',
      details: { status: 'blocked', reason: 'THREAD_AUTO_BLOCKED' },
    })
    run.post(LEAD)
    run.post(ANNA)
    run.post({ agentId: 'paul', role: 'participant', isPerson: true })
  })
})

describe('for whom a message is', () => {
  test('are agents who take part or took part; those who are gone bounce it', () => {
    const run = given()
    run.create()
    run.add('carol')
    run.remove('carol')
    const posted = run.post(ALICE, { to: agents('bob', 'carol', 'bob') })
    expect(posted.to).toEqual(agents('bob', 'carol'))
    expect(posted.bounced).toEqual(['carol'])
    expect(run.refusePost(ALICE, { to: agents('bob', 'dave') })).toMatchObject({
      code: 'INVALID_ARGUMENT',
      details: { unknown: ['dave'] },
    })
  })

  test('is a role that somebody has now', () => {
    const run = given()
    run.create()
    run.add('carol', 'author')
    run.post(ALICE, { to: ROLE('reviewer') })
    const refused = run.refusePost(ALICE, { to: ROLE('judge') })
    expect(refused).toMatchObject({
      code: 'INVALID_ARGUMENT',
      details: { role: 'judge', roles: ['author', 'reviewer'] },
    })
    expect(refused.message).toContain('author, reviewer')
    run.remove('bob')
    expect(run.refusePost(ALICE, { to: ROLE('reviewer') }).details).toMatchObject({ roles: ['author'] })
  })

  test('are not so many long names that no entry of the ledger could hold them', () => {
    const run = given()
    const names = Array.from({ length: 50 }, (_, index) => `${'n'.repeat(100)}${index}`)
    run.create({ participants: names.map((agentId) => ({ agentId, role: null })) })
    expect(run.refusePost(LEAD, { to: agents(...names) }).code).toBe('INVALID_ARGUMENT')
    run.post(LEAD, { to: agents(...names.slice(0, 10)) })
  })
})

describe('messages of a minute', () => {
  const few = { limits: { ...LIMITS, messagesPerMinute: 2 } }

  test('are limited for each who writes, and the refusal says how long to wait', () => {
    const run = given()
    run.create()
    run.post(ALICE, few)
    run.post(ALICE, few)
    const refused = run.refusePost(ALICE, few)
    expect(refused).toMatchObject({
      code: 'RATE_LIMITED',
      details: { retryAfterMs: 58_000, reason: 'MESSAGE_RATE_LIMITED' },
    })
    run.post(BOB, few)
    run.wait(57_000)
    run.post(ALICE, few)
    run.post(ALICE, few)
    expect(run.refusePost(ALICE, few).code).toBe('RATE_LIMITED')
  })

  test('are counted for those too who write without taking part, and forgotten in time', () => {
    const run = given()
    run.create({}, ANNA)
    for (const by of [LEAD, ANNA]) {
      run.post(by, few)
      run.post(by, few)
      expect(run.refusePost(by, few).code).toBe('RATE_LIMITED')
    }
    expect(Object.keys(run.thread.guests)).toEqual(['lead', 'anna'])
    run.wait(61_000)
    run.post(LEAD, few)
    expect(run.thread.guests).toEqual({ lead: { minuteAt: run.now(), count: 1 } })
  })

  test('that were refused count for nothing', () => {
    const run = given()
    run.create()
    run.post(ALICE, few)
    run.refusePost(ALICE, { ...few, inReplyTo: NO_MESSAGE })
    run.post(ALICE, few)
  })

  test('are counted by a name that an object has of its own as well', () => {
    const run = given()
    run.create({}, ANNA)
    run.post({ agentId: 'constructor', role: 'coordinator' }, few)
    expect(run.thread.guests['constructor']).toEqual({ minuteAt: run.now(), count: 1 })
  })
})

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
