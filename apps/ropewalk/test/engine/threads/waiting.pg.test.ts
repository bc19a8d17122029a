import { setTimeout as sleep } from 'node:timers/promises'
import { ThreadId } from '@ropewalk/core/ids'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RunningEngine } from '../../../src/engine/start.ts'
import { createWorkspace } from '../../../src/store/create-workspace.ts'
import { WorkspaceId } from '@ropewalk/core/ids'
import { WORKSPACE, makeUuid, startStage, type Stage } from '../support/stage.ts'
import { agent, createThread, lead, post } from '../support/threads.ts'

const OTHER = WorkspaceId.parse('other')

let stage: Stage
let far: RunningEngine
beforeAll(async () => {
  stage = await startStage()
  far = await stage.startAnother()
  await createWorkspace(stage.engine.store, { id: OTHER, capMicros: 0 })
})
afterAll(async () => {
  await stage.stop()
})

test('who waits for a thread is told of a message that another process posts', async () => {
  const { engine } = stage
  const thread = await createThread(engine, ['ann', 'ben'])
  const waiting = engine.waitForThread({ ...thread, sinceSeq: 0, timeoutMs: 10_000 })
  await sleep(50)
  const begun = performance.now()
  await post(far, thread, 'ann', 'Hello.')
  expect(await waiting).toBe(1)
  expect(performance.now() - begun).toBeLessThan(5_000)
  expect(await far.waitForThread({ ...thread, sinceSeq: 0, timeoutMs: 10_000 })).toBe(1)
})

test('who begins to wait after a message came that it has not read is told of it at once', async () => {
  const { engine } = stage
  const thread = await createThread(engine, ['ann', 'ben'])
  await post(engine, thread, 'ann', 'Read.')
  await post(far, thread, 'ann', 'Came between reading and waiting.')
  const begun = performance.now()
  expect(await engine.waitForThread({ ...thread, sinceSeq: 1, timeoutMs: 10_000 })).toBe(2)
  expect(performance.now() - begun).toBeLessThan(5_000)
})

test('waiting in vain ends with the newest number, and for a thread that is not there at once', async () => {
  const { engine } = stage
  const thread = await createThread(engine, ['ann'])
  await post(engine, thread, 'ann', 'One.')
  expect(await engine.waitForThread({ ...thread, sinceSeq: 5, timeoutMs: 300 })).toBe(1)
  const missing = { workspaceId: WORKSPACE, threadId: ThreadId.parse(makeUuid()) }
  for (const of of [missing, { ...thread, workspaceId: OTHER }])
    await expect(engine.waitForThread({ ...of, sinceSeq: 0, timeoutMs: 10_000 })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
})

test('who waits for anything is given the thread in which it has waited for longest', async () => {
  const { engine } = stage
  const [one, two] = [await createThread(engine, ['gil', 'hal']), await createThread(engine, ['gil', 'hal'])]
  const wait = (timeoutMs = 10_000) =>
    engine.waitForUnread({ workspaceId: WORKSPACE, agentId: agent('hal'), timeoutMs })
  expect(await wait(200)).toBeUndefined()
  const waiting = wait()
  await post(engine, one, 'hal', 'My own word is none for me.')
  await post(engine, one, 'gil', 'Nor is this.', { to: { kind: 'agents', agents: [agent('lead')] } })
  await post(far, two, 'gil', 'But this.')
  expect(await waiting).toEqual({ threadId: two.threadId, lastReadSeq: 0 })
  await post(engine, one, 'gil', 'And this, later.')
  expect(await wait()).toEqual({ threadId: two.threadId, lastReadSeq: 0 })
  await engine.moveReadCursor({ ...two, agentId: agent('hal'), lastReadSeq: 1 })
  expect(await wait()).toEqual({ threadId: one.threadId, lastReadSeq: 0 })
  await lead(engine, one, { type: 'RemoveParticipant', participantId: 'hal', lastRead: 0, reason: 'Gone.' })
  expect(await wait(200)).toBeUndefined()
})

test('of a thousand who wait each is told of its own, and stopping lets all go', async () => {
  const engine = await stage.startAnother()
  const threads = await Promise.all(Array.from({ length: 50 }, () => createThread(engine, ['ann', 'ben'])))
  const waiting = threads.flatMap((thread) =>
    Array.from({ length: 20 }, () => engine.waitForThread({ ...thread, sinceSeq: 0, timeoutMs: 30_000 })),
  )
  await Promise.all(threads.map((thread) => post(far, thread, 'ann', 'News.')))
  expect(await Promise.all(waiting)).toEqual(waiting.map(() => 1))
  const idle = threads.map((thread) => engine.waitForThread({ ...thread, sinceSeq: 1, timeoutMs: 30_000 }))
  await sleep(50)
  await engine.stop()
  expect(await Promise.all(idle)).toEqual(idle.map(() => 1))
})
