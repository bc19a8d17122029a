import { afterAll, beforeAll, expect, test } from 'vitest'
import { hasCode } from '@ropewalk/core/errors'
import type { NextClaim } from '../../src/engine/contract.ts'
import { expectHistoriesToMatch } from './support/histories.ts'
import { makePhaseOf } from './support/plans.ts'
import {
  AGENT,
  PERSON,
  WORKSPACE,
  claim,
  claimOne,
  complete,
  makeCompletion,
  startRun,
  startStage,
  waitUntil,
  type Stage,
} from './support/stage.ts'

const NEXT: NextClaim = { worker: 'w1', capabilities: ['work', 'guard'], leaseMs: 30_000 }

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
  await stage.startTimers()
})
afterAll(async () => {
  await stage.stop()
})

test('the task that follows upon a result is claimed with it, and nobody else can take it', async () => {
  const { engine } = stage
  const runId = await startRun(engine, makePhaseOf(3, 'sequential'))
  const first = await claimOne(engine)
  const { next } = await engine.submit(makeCompletion(first), { by: AGENT, next: NEXT })
  expect(next).toMatchObject({ runId, workspaceId: WORKSPACE, attempt: 1, checkpoint: null })
  expect(await claim(engine)).toEqual([])
  if (next === undefined) throw new Error('Nothing was handed over.')
  const task = await engine.readTask(WORKSPACE, next.taskId)
  expect(task).toMatchObject({
    status: 'running',
    attempt: 1,
    claimedBy: 'w1',
    claimedAt: next.claimedAt,
    leaseUntil: next.leaseUntil,
    spec: next.spec,
  })
  const beat = { workspaceId: WORKSPACE, taskId: next.taskId, attempt: 1, leaseMs: 60_000 }
  const [renewed] = await engine.heartbeat([beat])
  expect(renewed).not.toHaveProperty('stale')
  const { next: last } = await engine.submit(makeCompletion(next), { by: AGENT, next: NEXT })
  if (last === undefined) throw new Error('The last task was not handed over.')
  expect((await complete(engine, last)).next).toBeUndefined()
  await waitUntil('the run ends', async () => (await engine.readRun(WORKSPACE, runId)).run.closed)
})

test('of tasks that begin side by side one is handed over, and only what the worker can do', async () => {
  const { engine } = stage
  await startRun(engine, makePhaseOf(3, 'parallel'))
  const tasks = await claim(engine, 3)
  expect(tasks).toHaveLength(3)
  for (const task of tasks) {
    const answer = await engine.submit(makeCompletion(task), {
      by: AGENT,
      next: { ...NEXT, capabilities: ['something-else'] },
    })
    expect(answer.next).toBeUndefined()
  }
})

test('a task that was handed over to a worker that died is given to another', async () => {
  const { engine } = stage
  await startRun(engine, makePhaseOf(2, 'sequential'))
  const first = await claimOne(engine)
  const next = { ...NEXT, leaseMs: 1000 }
  const handed = (await engine.submit(makeCompletion(first), { by: AGENT, next })).next
  if (handed === undefined) throw new Error('Nothing was handed over.')
  let again: Awaited<ReturnType<typeof claim>> = []
  await waitUntil('the lease is lost', async () => {
    again = await claim(engine, 1, 'w2')
    return again.length > 0
  })
  expect(again[0]).toMatchObject({ taskId: handed.taskId, attempt: 2 })
  const late = await complete(engine, handed).catch((error: unknown) => error)
  expect(hasCode(late, 'STALE_ATTEMPT')).toBe(true)
  for (const task of again) await complete(engine, task)
})

test('asking again under the same key gives the answer and no second claim', async () => {
  const { engine } = stage
  await startRun(engine, makePhaseOf(2, 'sequential'))
  const first = await claimOne(engine)
  const options = {
    by: AGENT,
    next: NEXT,
    idempotency: { route: 'worker', key: `${first.taskId}/1/CompleteTask`, bodyDigest: 'a' },
  }
  const command = makeCompletion(first)
  const { next, ...answer } = await engine.submit(command, options)
  expect(next).toBeDefined()
  expect(await engine.submit(command, options)).toEqual(answer)
  if (next !== undefined) await complete(engine, next)
})

test('a run that is cancelled in the same batch takes the handed task with it', async () => {
  const { engine } = stage
  const runId = await startRun(engine, makePhaseOf(2, 'sequential'))
  const first = await claimOne(engine)
  const [{ next }] = await Promise.all([
    engine.submit(makeCompletion(first), { by: AGENT, next: NEXT }),
    engine.submit(
      {
        type: 'SignalRun',
        workspaceId: WORKSPACE,
        runId,
        signal: 'cancel',
        target: 'run',
        targetId: null,
      },
      { by: PERSON },
    ),
  ])
  expect(next).toBeDefined()
  const task = await engine.readTask(WORKSPACE, next?.taskId ?? first.taskId)
  expect(task.status).toBe('cancelled')
})

test('every history folds to what is stored', async () => {
  expect(await expectHistoriesToMatch(stage)).toBe(5)
})
