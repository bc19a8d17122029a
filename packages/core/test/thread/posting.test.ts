import { describe, expect, test } from 'vitest'
import { decideThread } from '../../src/thread/decide.ts'
import type { MessageFacts } from '../../src/thread/state.ts'
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
  makeAsked,
  NO_MESSAGE,
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

test('a message of another thread is none to reply to, were it loaded', () => {
  const run = given()
  run.create()
  const { messageId } = run.post(ALICE)
  const elsewhere = { ...run.state.messages.get(messageId), id: NO_MESSAGE, threadId: NO_MESSAGE }
  const messages = new Map([...run.state.messages, [NO_MESSAGE, elsewhere as unknown as MessageFacts]])
  const { command, by } = makeAsked(run.toPost({ inReplyTo: NO_MESSAGE }), BOB)
  const decision = decideThread({ ...run.state, messages }, command, { at: run.now(), seed: 's', by })
  expect(decision).toMatchObject({ type: 'refused', code: 'INVALID_ARGUMENT' })
})

describe('who may write', () => {
  test('is told of no thread when it takes no part, just as if there were none', () => {
    const run = given()
    const missing = run.refusePost(CAROL)
    run.create()
    expect(run.refusePost(CAROL)).toEqual(missing)
    expect(missing).toMatchObject({ code: 'NOT_FOUND', details: {} })
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

  test('of Ropewalk itself are not counted', () => {
    const run = given()
    run.create()
    run.setStatus(LEAD, 'blocked')
    expect(run.thread).toMatchObject({ lastSeq: 1, guests: {} })
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
