import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RunningEngine } from '../../../src/engine/start.ts'
import { startStage, type Stage } from '../support/stage.ts'
import { agent, createThread, post } from '../support/threads.ts'

const IS_WHOLE = process.env['ROPEWALK_TEST_RUNS'] === 'all'
/** The promise is for 100,000, which take a minute or two. */
const MESSAGES = Number(process.env['ROPEWALK_TEST_MESSAGES'] ?? (IS_WHOLE ? 100_000 : 4_000))
const WRITERS = 16
/** What each writer has under way: agents post one after another, their programs may not. */
const AT_ONCE = 4
const PAGE = 200

let stage: Stage
let other: RunningEngine
beforeAll(async () => {
  stage = await startStage()
  other = await stage.startAnother()
})
afterAll(async () => {
  await stage.stop()
})

type Thread = Awaited<ReturnType<typeof createThread>>

/** Posts `count` messages, a few at a time; the body says whose and which it is. */
const write = async (
  engine: RunningEngine,
  thread: Thread,
  name: string,
  count: number,
): Promise<number[]> => {
  const seqs: number[] = []
  const rest = Array.from({ length: count }, (_, index) => index).values()
  const lane = async () => {
    for (const index of rest) seqs.push((await post(engine, thread, name, `${name} ${index}`)).seq)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
  return seqs
}

type Read = { readonly seqs: readonly number[]; readonly bodies: ReadonlySet<string> }

/** Waits and reads on, from the start, until it has all; acknowledges each page. */
const follow = async (engine: RunningEngine, thread: Thread, name: string, last: number): Promise<Read> => {
  const seqs: number[] = []
  const bodies = new Set<string>()
  let sinceSeq = 0
  while (sinceSeq < last) {
    await engine.waitForThread({ ...thread, sinceSeq, timeoutMs: 20_000 })
    const page = await engine.readMessages({ ...thread, sinceSeq, limit: PAGE })
    for (const { seq, body } of page) {
      seqs.push(seq)
      bodies.add(body ?? '')
    }
    sinceSeq = page.at(-1)?.seq ?? sinceSeq
    engine.noteDelivered({ ...thread, agentId: agent(name), seq: sinceSeq })
    if (page.length > 0)
      await engine.moveReadCursor({ ...thread, agentId: agent(name), lastReadSeq: sinceSeq })
  }
  return { seqs, bodies }
}

test(
  `of ${MESSAGES} messages by ${WRITERS} writers, live readers miss none, skip none and see none twice`,
  { timeout: 60_000 + MESSAGES * 20 },
  async () => {
    const { engine } = stage
    const names = Array.from({ length: WRITERS }, (_, index) => `writer-${index}`)
    const readers = ['reader-0', 'reader-1', 'reader-2', 'reader-3']
    const thread = await createThread(engine, [...names, ...readers])
    const engineOf = (index: number) => (index % 2 === 0 ? engine : other)
    const begun = performance.now()
    const reading = readers.map((name, index) => follow(engineOf(index), thread, name, MESSAGES))
    const written = await Promise.all(
      names.map((name, index) => write(engineOf(index), thread, name, MESSAGES / WRITERS)),
    )
    const writtenMs = performance.now() - begun
    const read = await Promise.all(reading)
    const readMs = performance.now() - begun

    const all = Array.from({ length: MESSAGES }, (_, index) => index + 1)
    expect(written.flat().toSorted((a, b) => a - b)).toEqual(all)
    for (const { seqs, bodies } of read) {
      expect(seqs).toEqual(all)
      expect(bodies.size).toBe(MESSAGES)
    }
    const { lastSeq, participants } = await engine.readThread(thread)
    expect(lastSeq).toBe(MESSAGES)
    for (const { agentId, unread } of participants) if (readers.includes(agentId)) expect(unread).toBe(0)
    const perSecond = (ms: number) => Math.round(MESSAGES / (ms / 1000))
    process.stdout.write(
      `${MESSAGES} messages: written at ${perSecond(writtenMs)}/s, read by all at ${perSecond(readMs)}/s\n`,
    )
  },
)
