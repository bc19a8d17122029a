import { describe, expect, test } from 'vitest'
import { ALICE, ANNA, BOB, first, type Given, given, LEAD, LIMITS, type Speaker, typesOf } from './given.ts'

const report = (finding: string | null) => ({ eventType: 'finding_reported', finding })
const verify = (finding: string | null) => ({ eventType: 'finding_verified', finding })
const reject = (finding: string | null) => ({ eventType: 'finding_rejected', finding })
const push = (fix: string | null) => ({ eventType: 'fix_pushed', fix })

const BLOCKED = [
  'thread.message_posted',
  'thread.escalated',
  'thread.status_changed',
  'thread.message_posted',
]

type Case = {
  readonly what: string
  readonly rest: Readonly<Record<string, unknown>>
  readonly turns: number
  readonly prepare?: (run: Given) => void
}

/** Turns after a message of one who said `turns` things before. */
const turnsAfter = (
  rest: Readonly<Record<string, unknown>>,
  prepare: (run: Given) => void = () => undefined,
) => {
  const run = given()
  run.create()
  prepare(run)
  run.say(BOB, 5 - run.thread.turns)
  run.post(ALICE, rest)
  return run.thread.turns
}

describe('turns', () => {
  test('are the messages of agents, coordinators among them, and not those of people', () => {
    const run = given()
    run.create()
    run.post(ALICE)
    run.post(LEAD)
    run.post(BOB, { eventType: 're_review_requested' })
    expect(run.thread.turns).toBe(3)
    expect(run.post(ANNA).isProgress).toBe(true)
    expect(run.thread.turns).toBe(0)
  })

  test.each<Case>([
    { what: 'a finding that is new', rest: report('f'), turns: 0 },
    {
      what: 'a finding that is open already',
      rest: report('f'),
      turns: 6,
      prepare: (run) => run.post(BOB, report('f')),
    },
    {
      what: 'a finding that was verified before',
      rest: report('f'),
      turns: 0,
      prepare: (run) => run.post(BOB, verify('f')),
    },
    {
      what: 'a finding that was rejected before',
      rest: report('f'),
      turns: 0,
      prepare: (run) => run.post(BOB, reject('f')),
    },
    { what: 'a finding without a name', rest: report(null), turns: 6 },
    { what: 'a fix that is new', rest: push('x'), turns: 0 },
    {
      what: 'a fix that was pushed before',
      rest: push('x'),
      turns: 6,
      prepare: (run) => run.post(BOB, push('x')),
    },
    { what: 'a fix without a name', rest: push(null), turns: 6 },
    {
      what: 'a finding that is verified',
      rest: verify('f'),
      turns: 0,
      prepare: (run) => run.post(BOB, report('f')),
    },
    {
      what: 'a finding that is verified again',
      rest: verify('f'),
      turns: 6,
      prepare: (run) => run.post(BOB, verify('f')),
    },
    {
      what: 'a finding that is rejected',
      rest: reject('f'),
      turns: 6,
      prepare: (run) => run.post(BOB, report('f')),
    },
    { what: 'a request to look again', rest: { eventType: 're_review_requested' }, turns: 6 },
    { what: 'a name that objects have of themselves', rest: report('constructor'), turns: 0 },
  ])('after five, with $what', ({ rest, turns, prepare }) => {
    expect(turnsAfter(rest, prepare)).toBe(turns)
  })

  test('begin anew with each change of status', () => {
    const run = given()
    run.create()
    run.say(ALICE, 3)
    run.setStatus(LEAD, 'resolved')
    expect(run.thread.turns).toBe(0)
  })

  test('without progress block the thread with the twentieth, in the same breath', () => {
    const run = given()
    run.create()
    run.say(ALICE, 19)
    expect(run.thread.status).toBe('active')
    const { events, answer } = run.accept(run.toPost(), BOB)
    expect(typesOf({ events })).toEqual(BLOCKED)
    expect(answer).toMatchObject({ seq: 20, status: 'blocked' })
    expect(first(events, 'thread.escalated')).toMatchObject({ cause: 'turns', turns: 20, by: 'ropewalk' })
    expect(first(events, 'thread.status_changed')).toMatchObject({ to: 'blocked', awaitingHuman: true })
    const [told] = first(events.slice(3), 'thread.message_posted') ? events.slice(3) : []
    expect(told?.data).toMatchObject({
      kind: 'system',
      eventType: 'thread_escalated',
      seq: 21,
      sender: 'ropewalk',
    })
    expect(run.thread).toMatchObject({ awaitingHuman: true, blockCause: 'turns', lastSeq: 21, turns: 0 })
    run.refusePost(ALICE)
  })

  test('with progress in time block nothing', () => {
    const run = given()
    run.create()
    for (let index = 0; index < 5; index += 1) {
      run.say(ALICE, 18)
      run.post(BOB, report(`f${index}`))
    }
    expect(run.thread.status).toBe('active')
  })

  test('of coordinators in a blocked thread do not block it again', () => {
    const run = given()
    run.create()
    run.say(ALICE, 20)
    run.say(LEAD, 25)
    expect(run.history.filter(({ type }) => type === 'thread.escalated')).toHaveLength(1)
    run.setStatus(LEAD, 'active')
    expect(run.thread).toMatchObject({ turns: 0, status: 'active', awaitingHuman: false, blockCause: null })
    run.say(ALICE, 19)
    expect(run.thread.status).toBe('active')
  })
})

describe('the same finding', () => {
  const reportBy = (run: Given, by: Speaker) => run.accept(run.toPost(report('leak')), by)

  test('reported three times blocks the thread', () => {
    const run = given()
    run.create()
    reportBy(run, BOB)
    run.post(ALICE, push('c1'))
    reportBy(run, BOB)
    run.post(ALICE, push('c2'))
    const { events } = reportBy(run, BOB)
    expect(typesOf({ events })).toEqual(BLOCKED)
    expect(first(events, 'thread.escalated')).toMatchObject({ cause: 'findings', finding: 'leak' })
    expect(run.thread).toMatchObject({ status: 'blocked', blockCause: 'findings', awaitingHuman: true })
  })

  test('is counted anew once it is verified', () => {
    const run = given()
    run.create()
    for (let index = 0; index < 4; index += 1) {
      reportBy(run, BOB)
      reportBy(run, BOB)
      run.post(BOB, verify('leak'))
    }
    expect(run.thread.status).toBe('active')
    expect(run.thread.findings['leak']).toMatchObject({ reports: 0, status: 'verified' })
  })

  test('blocks the thread as well when two keep rejecting it for each other', () => {
    const run = given()
    run.create()
    reportBy(run, BOB)
    run.post(ALICE, reject('leak'))
    expect(run.thread.findings['leak']?.status).toBe('rejected')
    reportBy(run, BOB)
    run.post(ALICE, reject('leak'))
    reportBy(run, BOB)
    expect(run.thread).toMatchObject({ status: 'blocked', blockCause: 'findings' })
  })

  test('may be reported again once somebody has looked at the thread', () => {
    const run = given()
    run.create()
    for (let index = 0; index < 3; index += 1) reportBy(run, BOB)
    run.setStatus(ANNA, 'active')
    reportBy(run, BOB)
    reportBy(run, BOB)
    expect(run.thread.status).toBe('active')
    reportBy(run, BOB)
    expect(run.thread.status).toBe('blocked')
  })

  test('does not block the thread by what is no report, were fewer allowed by then', () => {
    const run = given()
    run.create()
    reportBy(run, BOB)
    reportBy(run, BOB)
    const limits = { ...LIMITS, sameFindings: 2 }
    run.post(ALICE, { ...push('c1'), finding: 'leak', limits })
    run.post(ALICE, { finding: 'leak', limits })
    expect(run.thread.status).toBe('active')
    run.post(BOB, { ...report('leak'), limits })
    expect(run.thread.status).toBe('blocked')
  })

  test('is not another that was reported in between', () => {
    const run = given()
    run.create()
    for (const name of ['a', 'b', 'a', 'b']) run.post(BOB, report(name))
    expect(run.thread.status).toBe('active')
  })
})

describe('what is kept of findings and fixes', () => {
  test('is at most 200 findings, settled ones going first, and then the oldest', () => {
    const run = given()
    run.create()
    run.post(BOB, report('oldest'))
    run.post(BOB, report('settled'))
    run.post(BOB, verify('settled'))
    for (let index = 0; index < 198; index += 1) run.post(BOB, report(`f${index}`))
    expect(Object.keys(run.thread.findings)).toHaveLength(200)
    run.post(BOB, report('one more'))
    expect(run.thread.findings).toMatchObject({ oldest: {}, 'one more': {} })
    expect(run.thread.findings).not.toHaveProperty('settled')
    run.post(BOB, report('and another'))
    expect(run.thread.findings).not.toHaveProperty('oldest')
    expect(Object.keys(run.thread.findings)).toHaveLength(200)
  })

  test('is the newest 50 fixes', () => {
    const run = given()
    run.create()
    for (let index = 0; index < 60; index += 1) run.post(ALICE, push(`c${index}`))
    expect(run.thread.fixes).toHaveLength(50)
    expect(run.thread.fixes.at(-1)).toBe('c59')
  })
})

describe('a call for help', () => {
  test('of anyone who takes part blocks the thread', () => {
    const run = given()
    run.create()
    const { events } = run.accept(run.toPost({ eventType: 'thread_escalated', body: 'SECRET' }), ALICE)
    expect(typesOf({ events })).toEqual(BLOCKED)
    expect(first(events, 'thread.escalated')).toMatchObject({ cause: 'asked', by: 'alice' })
    expect(run.thread).toMatchObject({
      status: 'blocked',
      blockCause: 'asked',
      awaitingHuman: true,
      lastSeq: 2,
    })
    // What it says can be erased, so nothing that stays may repeat it.
    expect(JSON.stringify(events)).not.toContain('SECRET')
    const told = events.filter(
      ({ type, data }) => type === 'thread.message_posted' && data.eventType === 'thread_escalated',
    )
    expect(told).toHaveLength(1)
  })

  test('in a thread that is blocked already has it wait for somebody, once', () => {
    const run = given()
    run.create()
    run.setStatus(LEAD, 'blocked')
    expect(run.thread).toMatchObject({ awaitingHuman: false, blockCause: null })
    const { events } = run.accept(run.toPost({ eventType: 'thread_escalated' }), LEAD)
    expect(typesOf({ events })).toEqual(['thread.message_posted', 'thread.escalated'])
    expect(run.thread).toMatchObject({ awaitingHuman: true, blockCause: 'asked' })
    const again = run.accept(run.toPost({ eventType: 'thread_escalated' }), LEAD)
    expect(typesOf(again)).toEqual(['thread.message_posted'])
  })
})

test('a review goes from finding to fix to another look without anybody stepping in', () => {
  const run = given()
  run.create()
  for (let round = 0; round < 12; round += 1) {
    run.post(BOB, report(`f${round}`))
    run.post(ALICE, push(`c${round}`))
    run.post(ALICE, { eventType: 're_review_requested' })
    run.post(BOB, verify(`f${round}`))
  }
  expect(run.thread).toMatchObject({ status: 'active', turns: 0, lastSeq: 48 })
})
