import { describe, expect, test } from 'vitest'
import { ALICE, ANNA, AUDITOR, first, given, LEAD, type Speaker, typesOf } from './given.ts'

const STATUSES = ['active', 'blocked', 'resolved', 'closed'] as const
type Status = (typeof STATUSES)[number]

/** What the requirements allow, written out once more. */
const ALLOWED: Readonly<Record<Status, readonly Status[]>> = {
  active: ['blocked', 'resolved', 'closed'],
  blocked: ['active', 'closed'],
  resolved: ['active', 'closed'],
  closed: [],
}

const PAUL: Speaker = { agentId: 'paul', role: 'participant', isPerson: true }

const threadIn = (status: Status) => {
  const run = given()
  run.create()
  if (status !== 'active') run.setStatus(LEAD, status)
  return run
}

const pairs = STATUSES.flatMap((from) => STATUSES.map((to) => [from, to] as const))

test.each(pairs)('from %s to %s a thread goes where the requirements say so', (from, to) => {
  const run = threadIn(from)
  const { lastSeq } = run.thread
  const decision = run.when(run.toStatus(to, { reason: 'human_override: enough' }), ANNA)
  if (from === to) {
    expect(decision).toMatchObject({ type: 'accepted', events: [], answer: { status: to } })
  } else if (ALLOWED[from].includes(to)) {
    expect(decision.type).toBe('accepted')
    expect(run.thread).toMatchObject({ status: to, lastSeq: lastSeq + 1 })
  } else {
    expect(decision).toMatchObject({
      code: 'INVALID_THREAD_TRANSITION',
      details: { from, to, allowed: ALLOWED[from] },
    })
    expect(run.thread.status).toBe(from)
  }
})

describe('a change of status', () => {
  test('is told in the thread, with its reason', () => {
    const run = threadIn('active')
    const { events } = run.setStatus(LEAD, 'resolved', { reason: 'All findings are verified.' })
    expect(typesOf({ events })).toEqual(['thread.status_changed', 'thread.message_posted'])
    expect(first(events, 'thread.status_changed')).toMatchObject({
      from: 'active',
      to: 'resolved',
      reason: 'All findings are verified.',
      by: 'lead',
    })
    const told = first(events, 'thread.message_posted')
    expect(told).toMatchObject({ kind: 'system', senderKind: 'engine', eventType: 'thread_resolved', seq: 1 })
    expect(told.note).toContain('All findings are verified.')
    expect(Buffer.byteLength(told.note ?? '')).toBe(told.bytes)
  })

  test('ends a thread only when it closes it', () => {
    const run = threadIn('resolved')
    expect(run.thread.endedAt).toBeNull()
    run.setStatus(LEAD, 'active', { reason: 'It came back.' })
    run.setStatus(LEAD, 'closed')
    expect(run.thread.endedAt).toBe(run.now())
  })

  test.each([ALICE, AUDITOR, PAUL])('is not for the role of $agentId', (by) => {
    for (const status of STATUSES) {
      const run = threadIn('active')
      run.add('alice')
      run.add('paul')
      expect(run.refuseStatus(by, status)).toMatchObject({
        code: 'INSUFFICIENT_AUTHORITY',
        details: { role: by.role },
      })
    }
  })

  test('has a long reason cut in the thread, and kept whole beside it', () => {
    const run = threadIn('active')
    const { events } = run.setStatus(LEAD, 'blocked', { reason: 'r'.repeat(1000) })
    expect(first(events, 'thread.status_changed').reason).toHaveLength(1000)
    expect(first(events, 'thread.message_posted').note).toHaveLength(400)
  })
})

describe('a thread that awaits a person', () => {
  test('is a blocked one, which says so as an escalation', () => {
    const run = threadIn('active')
    const { events, answer } = run.setStatus(LEAD, 'blocked', { awaitingHuman: true, reason: 'Look.' })
    expect(typesOf({ events })).toEqual([
      'thread.escalated',
      'thread.status_changed',
      'thread.message_posted',
    ])
    expect(first(events, 'thread.escalated')).toMatchObject({ cause: 'asked', reason: 'Look.', by: 'lead' })
    expect(first(events, 'thread.message_posted').eventType).toBe('thread_escalated')
    expect(answer).toMatchObject({ status: 'blocked', awaitingHuman: true })
    expect(run.refuseStatus(LEAD, 'resolved').code).toBe('INVALID_THREAD_TRANSITION')
  })

  test('is no other', () => {
    const run = threadIn('active')
    for (const status of ['resolved', 'closed'])
      expect(run.refuseStatus(LEAD, status, { awaitingHuman: true }).code).toBe('INVALID_ARGUMENT')
  })

  test.each([LEAD, ANNA])('is taken up again by $role', (by) => {
    const run = threadIn('active')
    run.post(ALICE, { eventType: 'thread_escalated' })
    run.setStatus(by, 'active')
    expect(run.thread).toMatchObject({ status: 'active', awaitingHuman: false, blockCause: null })
    run.post(ALICE)
  })
})

describe('a thread in dispute', () => {
  test.each([
    [ANNA, 'human_override:'],
    [LEAD, 'coordinator_override:'],
  ])('is closed by %o with a reason that says whose word it is', (by, prefix) => {
    const run = threadIn('blocked')
    const other = prefix === 'human_override:' ? 'coordinator_override:' : 'human_override:'
    for (const reason of ['enough', `${other} enough`, prefix, `${prefix}  `, ` ${prefix} enough`]) {
      const refused = run.refuseStatus(by, 'closed', { reason })
      expect(refused).toMatchObject({ code: 'INSUFFICIENT_AUTHORITY', details: { required: prefix } })
      expect(refused.message).toContain(prefix)
    }
    run.setStatus(by, 'closed', { reason: `${prefix} enough` })
    expect(run.thread).toMatchObject({ status: 'closed', awaitingHuman: false, blockCause: null })
  })

  test('is not closed by an agent that only takes part, whatever it says', () => {
    const run = threadIn('blocked')
    for (const prefix of ['human_override:', 'coordinator_override:'])
      expect(run.refuseStatus(ALICE, 'closed', { reason: `${prefix} x` }).code).toBe('INSUFFICIENT_AUTHORITY')
  })

  test('is closed with any reason once it was taken up again', () => {
    const run = threadIn('blocked')
    run.setStatus(LEAD, 'active')
    run.setStatus(LEAD, 'closed')
  })
})
