import type { Addressing } from '@ropewalk/core/contract/thread'
import { ThreadId } from '@ropewalk/core/ids'
import { isMessageFor } from '@ropewalk/core/thread/addressing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runWrite } from '../../../src/store/open.ts'
import { makeUuid, startStage, WORKSPACE, type Stage } from '../support/stage.ts'
import { agent, createThread, lead, post } from '../support/threads.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(async () => {
  await stage.stop()
})

type InThread = Awaited<ReturnType<typeof createThread>>

/** Messages as if they had been posted: so many would take the engine a minute. */
const fill = (of: InThread, messages: number): Promise<unknown> =>
  runWrite(
    stage.engine.store,
    [WORKSPACE],
    [
      {
        name: 'fill_thread',
        text: `INSERT INTO ropewalk.messages (workspace_id, thread_id, seq, id, kind, sender, addressed_to,
            is_for_all, body, digest, bytes, metadata, created_at)
          SELECT $1, $2, n, gen_random_uuid(), 'chat', 'p' || n / 2 % 200, CASE n % 2 WHEN 0 THEN '{"kind":"all"}'
            ELSE '{"kind":"agents","agents":["p1","p2"]}' END::json, n % 2 = 0, 'Again.', '', 6, '{}',
            ropewalk.now() FROM generate_series(1, $3::int) n`,
        values: [of.workspaceId, of.threadId, messages],
      },
      {
        name: 'number_thread',
        text: 'UPDATE ropewalk.threads SET last_seq = $2 WHERE id = $1',
        values: [of.threadId, messages],
      },
    ],
  )

describe('a thread of 199 who read nothing, with 20,000 messages', () => {
  let thread: InThread
  beforeAll(async () => {
    thread = await createThread(
      stage.engine,
      Array.from({ length: 199 }, (_, index) => `p${index}`),
    )
    await fill(thread, 20_000)
  })

  test('is read with all unread counts, and not only after the database gave up', async () => {
    const startedAt = performance.now()
    const { participants } = await stage.engine.readThread(thread)
    expect(performance.now() - startedAt).toBeLessThan(3000)
    const unread = Object.fromEntries(participants.map((of) => [of.agentId, of.unread]))
    expect(Object.keys(unread)).toHaveLength(200)
    expect(unread).toMatchObject({ lead: 10_000, p1: 19_900, p2: 19_900, p3: 9950, p198: 9950 })
  })

  test('is read by 200 at once', async () => {
    const startedAt = performance.now()
    const read = await Promise.all(Array.from({ length: 200 }, () => stage.engine.readThread(thread)))
    expect(performance.now() - startedAt).toBeLessThan(3000)
    for (const { participants } of read) expect(participants).toHaveLength(200)
    const missing = { ...thread, threadId: ThreadId.parse(makeUuid()) }
    const failed = await Promise.allSettled(Array.from({ length: 5 }, () => stage.engine.readThread(missing)))
    expect(failed.map(({ status }) => status)).toEqual(Array(5).fill('rejected'))
  })

  test('is told as it stands to whoever asks while another is being told', async () => {
    const reads: Promise<number>[] = []
    for (let seq = 1; seq <= 5; seq += 1) {
      reads.push(stage.engine.readThread(thread).then(() => 0))
      await stage.engine.moveReadCursor({ ...thread, agentId: agent('p5'), lastReadSeq: seq })
      reads.push(
        stage.engine
          .readThread(thread)
          .then(
            ({ participants }) => seq - (participants.find((of) => of.agentId === 'p5')?.lastReadSeq ?? 0),
          ),
      )
    }
    for (const behind of await Promise.all(reads)) expect(behind).toBeLessThanOrEqual(0)
  })

  test('costs nothing more for those who have read it', async () => {
    await stage.engine.moveReadCursor({ ...thread, agentId: agent('p7'), lastReadSeq: 20_000 })
    await stage.engine.moveReadCursor({ ...thread, agentId: agent('p8'), lastReadSeq: 19_000 })
    const { participants } = await stage.engine.readThread(thread)
    const unread = Object.fromEntries(participants.map((of) => [of.agentId, of.unread]))
    expect(unread).toMatchObject({ p7: 0, p8: 498, p9: 9950 })
  })
})

describe('what is unread', () => {
  const NAMES = ['ann:writer', 'ben:reviewer', 'cem:reviewer', 'dee', 'eve:writer'] as const
  const TO: readonly Addressing[] = [
    { kind: 'all' },
    { kind: 'role', role: 'reviewer' },
    { kind: 'role', role: 'writer' },
    { kind: 'agents', agents: [agent('ben'), agent('dee')] },
    { kind: 'agents', agents: [agent('ann')] },
  ]

  test('is the same by counting each message for each reader, whoever wrote to whom and read how far', async () => {
    const { engine } = stage
    const thread = await createThread(engine, NAMES)
    const said: { seq: number; sender: string; to: Addressing }[] = []
    for (let index = 0; index < 40; index += 1) {
      const sender = NAMES[(index * 7) % NAMES.length]?.split(':')[0] ?? ''
      const to = TO[(index * 3 + (index >> 2)) % TO.length] ?? TO[0]
      if (to === undefined) continue
      const { seq } = await post(engine, thread, sender, 'Said.', { to })
      said.push({ seq, sender, to })
    }
    const read: Readonly<Record<string, number>> = { ann: 5, ben: 0, cem: 17, dee: 39, eve: 40, lead: 0 }
    for (const [name, lastReadSeq] of Object.entries(read))
      await engine.moveReadCursor({ ...thread, agentId: agent(name), lastReadSeq })
    await lead(engine, thread, { type: 'RemoveParticipant', participantId: 'eve', lastRead: 40, reason: 'r' })
    const { participants } = await engine.readThread(thread)
    for (const participant of participants) {
      const after = read[participant.agentId] ?? 0
      const counted = said.filter((of) => of.seq > after && isMessageFor(of, participant)).length
      expect(participant.unread, participant.agentId).toBe(participant.goneAt === null ? counted : 0)
    }
  })
})
