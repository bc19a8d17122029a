import { describe, expect, test } from 'vitest'
import { summarizeThread, type ThreadSummary } from '../../src/thread/summarize.ts'
import { ALICE, BOB, type Given, given, LEAD } from './given.ts'

const start = (): Given => {
  const run = given()
  run.create()
  return run
}

const report = (finding: string) => ({ eventType: 'finding_reported', finding })
const push = (fix: string) => ({ eventType: 'fix_pushed', fix })
const verify = (finding: string) => ({ eventType: 'finding_verified', finding })

/** How many of these messages go through before the thread is blocked; 60 when it never is. */
const countUntilBlocked = (makeRest: (turn: number) => Readonly<Record<string, unknown>>): number => {
  const run = start()
  for (let turn = 0; turn < 60; turn += 1) {
    run.post(turn % 2 === 0 ? BOB : ALICE, makeRest(turn))
    if (run.thread.status === 'blocked') return turn + 1
  }
  return 60
}

describe('a name that looks like one that was said is no other', () => {
  const SPELLINGS = [
    'SQL in login',
    'SQL in login ',
    ' SQL  in\tlogin',
    'sql in LOGIN',
    'SQL in lo\u200bgin',
    'SQL in login\ufeff',
    'ＳＱＬ in login',
    'SQL\u00a0in login',
  ]

  test.each(SPELLINGS.slice(1))('%j is the same finding', (spelling) => {
    const run = start()
    run.post(BOB, report(SPELLINGS[0] ?? ''))
    run.post(BOB, report(spelling))
    expect(Object.entries(run.thread.findings)).toMatchObject([['SQL in login', { reports: 2 }]])
  })

  test('so reports of one finding block the thread, however it is spelled', () => {
    expect(countUntilBlocked((turn) => report(SPELLINGS[turn % SPELLINGS.length] ?? ''))).toBe(3)
  })

  test('so a fix that is pushed again is no progress, however it is spelled', () => {
    expect(countUntilBlocked((turn) => push(`c1${' '.repeat(turn)}`))).toBe(21)
  })

  test('nor is a name of which nothing can be seen one at all', () => {
    expect(countUntilBlocked((turn) => report('\u200b '.repeat(turn + 1)))).toBe(20)
    expect(countUntilBlocked((turn) => push(' '.repeat(turn + 1)))).toBe(20)
  })

  test('and it is verified under any of its spellings', () => {
    const run = start()
    run.post(BOB, report('Leak'))
    run.post(BOB, verify('leak '))
    expect(run.thread.findings).toMatchObject({ Leak: { status: 'verified', reports: 0 } })
  })

  test('names that objects have of themselves are names like others', () => {
    for (const name of ['__proto__', 'constructor', 'toString'])
      expect(
        countUntilBlocked(() => report(name)),
        name,
      ).toBe(3)
  })
})

test('to verify what nobody reported is no progress', () => {
  expect(countUntilBlocked((turn) => verify(`finding ${turn}`))).toBe(20)
})

test('the summary tells a finding by the words of its report, however that spelled its name', () => {
  const run = start()
  run.post(BOB, report('Leak'))
  run.setStatus(LEAD, 'blocked')
  const { thread } = run
  const reported = { id: 'm1', seq: 1, kind: 'event', sender: 'bob', eventType: 'finding_reported' } as const
  const message = { ...reported, body: 'Line 12.', metadata: { finding: ' leak' }, inReplyTo: null }
  const summary: ThreadSummary = summarizeThread({ ...thread, participants: [] }, [
    { ...message, to: { kind: 'all' } },
  ])
  expect(summary.openItems).toContainEqual({ kind: 'finding', text: 'Leak: Line 12.', seq: 1, by: 'bob' })
})
