import { describe, expect, test } from 'vitest'
import { MessageId } from '../../src/ids.ts'
import type { SummaryMessage, SummaryThread } from '../../src/thread/open-items.ts'
import { summarizeThread } from '../../src/thread/summarize.ts'
import { agents, ALICE, ANNA, BOB, type Given, given, LEAD } from './given.ts'

/** The messages of a thread as a store would give them: texts stand beside the history. */
const listMessages = (run: Given, bodies: ReadonlyMap<number, string | null>): readonly SummaryMessage[] =>
  run.history.flatMap((event): SummaryMessage[] => {
    if (event.type !== 'thread.message_posted') return []
    const { messageId: id, note, finding, fix, ...of } = event.data
    const body = bodies.get(of.seq)
    return [{ ...of, id, body: note ?? (body === undefined ? 'Hello.' : body), metadata: { finding, fix } }]
  })

const ofThread = (run: Given): SummaryThread => ({
  ...run.thread,
  participants: [...run.state.participants.values()],
})

const summarize = (run: Given, bodies: Readonly<Record<number, string | null>> = {}, newest = 1000) => {
  const texts = new Map(Object.entries(bodies).map(([seq, body]) => [Number(seq), body]))
  return summarizeThread(ofThread(run), listMessages(run, texts).slice(-newest))
}

const start = () => {
  const run = given()
  run.create()
  return run
}

test('a thread nobody has written in says so', () => {
  expect(summarize(start())).toEqual({
    summary: '"Review" is active. Nobody has written yet. Nothing is open.',
    openItems: [],
    lastStatus: 'active',
  })
})

test('a review is told by who wrote, its findings, the last fix and what is open', () => {
  const run = start()
  run.post(BOB, { eventType: 'finding_reported', finding: 'leak' })
  run.post(BOB, { eventType: 'finding_reported', finding: 'race' })
  run.post(ALICE, { eventType: 'fix_pushed', fix: 'c0ffee' })
  run.post(BOB, { eventType: 'finding_verified', finding: 'leak' })
  const { summary, openItems, lastStatus } = summarize(run, { 2: 'Two writers, one file.\nMore below.' })
  expect(summary).toBe(
    '"Review" is active. 4 messages, by bob 3, alice 1. Findings: 1 open (race); 1 verified (leak). Last fix: c0ffee by alice, in message 3. Open: 1 finding.',
  )
  expect(openItems).toEqual([{ kind: 'finding', text: 'race: Two writers, one file.', seq: 2, by: 'bob' }])
  expect(lastStatus).toBe('active')
})

describe('a question', () => {
  const ask = (to: object = { kind: 'all' }) => {
    const run = start()
    run.add('carol', 'reviewer')
    return { run, asked: run.post(ALICE, { to }) }
  }
  const TEXT = 'Some words.\n\nWhich branch is it?'
  const open = (run: Given) => summarize(run, { 1: TEXT }).openItems.map(({ kind }) => kind)

  test('is open until somebody answers, and is quoted by the line that asks', () => {
    const { run } = ask()
    expect(summarize(run, { 1: TEXT }).openItems).toEqual([
      { kind: 'question', text: 'Which branch is it?', seq: 1, by: 'alice' },
    ])
    run.post(BOB)
    expect(open(run)).toEqual([])
  })

  test('is not answered by the one who asks, nor by what Ropewalk writes', () => {
    const { run, asked } = ask()
    run.post(ALICE, { inReplyTo: asked.messageId })
    run.setStatus(LEAD, 'resolved')
    expect(open(run)).toEqual(['question'])
  })

  test('to somebody by name is answered by that one, or in reply', () => {
    const { run, asked } = ask(agents('bob'))
    run.post({ ...BOB, agentId: 'carol' })
    expect(open(run)).toEqual(['question'])
    run.post(ANNA, { inReplyTo: asked.messageId })
    expect(open(run)).toEqual([])
    const other = ask(agents('bob')).run
    other.post(BOB)
    expect(open(other)).toEqual([])
  })

  test('to a role is answered by one who has it', () => {
    const { run } = ask({ kind: 'role', role: 'reviewer' })
    run.post(LEAD)
    expect(open(run)).toEqual(['question'])
    run.post(BOB)
    expect(open(run)).toEqual([])
  })

  test.each(['Is it?', 'Is it? ', '"Is it?"', '(is it?)', 'Is it？', '**Is it?**'])('is %j', (body) => {
    const { run } = ask()
    expect(summarize(run, { 1: body }).openItems).toHaveLength(1)
  })

  test.each(['Is it? No.', 'It is.', '', null])('is not %j', (body) => {
    const { run } = ask()
    expect(summarize(run, { 1: body }).openItems).toEqual([])
  })
})

test('a request to look again is open until the one it is for has written', () => {
  const run = start()
  run.post(ALICE, { eventType: 're_review_requested', to: agents('bob') })
  expect(summarize(run, { 1: null }).openItems).toEqual([
    { kind: 'request', text: '(erased)', seq: 1, by: 'alice' },
  ])
  run.post(BOB, { eventType: 'finding_verified', finding: 'f' })
  expect(summarize(run).openItems).toEqual([])
})

describe('an escalation', () => {
  test('stands until the thread is taken up again', () => {
    const run = start()
    run.post(ALICE, { eventType: 'thread_escalated' })
    const { summary, openItems, lastStatus } = summarize(run, { 1: 'We do not agree.' })
    expect(openItems).toEqual([
      { kind: 'escalation', text: 'somebody asked for help: We do not agree.', seq: 1, by: 'alice' },
    ])
    expect(summary).toContain(
      '"Review" is blocked: somebody asked for help, and a person or the coordinator has to look at it. Last change, in message 2: alice: active → blocked',
    )
    expect(lastStatus).toBe('blocked')
    run.setStatus(ANNA, 'active', { reason: 'Go on.' })
    expect(summarize(run).openItems).toEqual([])
    expect(summarize(run).summary).toContain(
      '"Review" is active. Last change, in message 3: anna: blocked → active. Go on.',
    )
  })

  test('of Ropewalk itself is told by what it wrote', () => {
    const run = start()
    run.say(ALICE, 20)
    expect(summarize(run).openItems).toMatchObject([{ kind: 'escalation', seq: 21, by: 'ropewalk' }])
  })

  test('is not what a coordinator has merely stopped', () => {
    const run = start()
    run.setStatus(LEAD, 'blocked')
    const { summary, openItems } = summarize(run)
    expect(openItems).toEqual([])
    expect(summary).toContain('"Review" is blocked: somebody stopped it.')
  })
})

describe('what is quoted', () => {
  test('has neither control characters nor marks that turn text round, and is short', () => {
    const run = given()
    run.create({ title: 'A\u001b[31m\ntitle\u202e' })
    run.post(BOB, { eventType: 'finding_reported', finding: 'le\u0007ak\nsecond' })
    run.post(ALICE)
    const { summary, openItems } = summarize(run, {
      1: `\n\u001b]0;x\u0007${'y'.repeat(5000)}`,
      2: `${'z'.repeat(900)}\u0000?`,
    })
    const all = JSON.stringify([summary, openItems])
    expect(all).not.toMatch(/\\u00[01]|\\n|\u202e|\u001b/u)
    for (const { text } of openItems) expect(text.length).toBeLessThanOrEqual(420)
    expect(openItems.map(({ kind }) => kind)).toEqual(['finding', 'question'])
    expect(summary.length).toBeLessThan(1000)
  })

  test('is no list of hundreds of names', () => {
    const run = start()
    for (let index = 0; index < 9; index += 1)
      run.post(
        { agentId: `p${index}`, role: 'operator', isPerson: true },
        { eventType: 'finding_reported', finding: `f${index}` },
      )
    const { summary } = summarize(run)
    expect(summary).toContain('by p0 1, p1 1, p2 1, p3 1, p4 1, 4 others.')
    expect(summary).toContain('9 open (f0, f1, f2, f3, f4, 4 others)')
  })
})

test('of a long thread the newest messages are looked at, and the findings and fixes of all', () => {
  const run = start()
  run.post(BOB, { eventType: 'finding_reported', finding: 'leak' })
  run.post(ALICE, { eventType: 'fix_pushed', fix: 'c1' })
  run.say(ALICE, 3)
  const { summary, openItems } = summarize(run, {}, 2)
  expect(summary).toBe(
    '"Review" is active. The newest 2 of 5 messages, by alice 2. Findings: 1 open (leak). Last fix: c1. Open: 1 finding.',
  )
  expect(openItems).toEqual([{ kind: 'finding', text: 'leak', seq: 1, by: 'unknown' }])
})

test('a thousand questions among two hundred are summed up in no time', () => {
  const run = start()
  const messages = Array.from({ length: 1000 }, (_, index): SummaryMessage => ({
    id: MessageId.parse(`00000000-0000-7000-8000-${String(index).padStart(12, '0')}`),
    seq: index + 1,
    kind: 'chat',
    sender: `a${index % 200}`,
    body: 'Well?',
    metadata: {},
    eventType: null,
    to: agents('bob'),
    inReplyTo: null,
  }))
  const began = performance.now()
  const { openItems } = summarizeThread({ ...ofThread(run), lastSeq: 1000 }, messages)
  expect(openItems).toHaveLength(1000)
  expect(performance.now() - began).toBeLessThan(2000)
})
