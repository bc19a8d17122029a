import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { expectProjectsToMatch } from '../engine/support/project-histories.ts'
import { claimOneWork, claimWork, completeWork, makeUpload, startProject } from '../engine/support/backlog.ts'
import { makeLog } from '../../src/log.ts'
import { startDispatcher } from '../../src/timers/dispatch-ready.ts'
import { PERSON, WORKSPACE, startStage, waitUntil, type Stage } from '../engine/support/stage.ts'

let stage: Stage
beforeEach(async () => {
  stage = await startStage()
})
afterEach(async () => {
  await expectProjectsToMatch(stage)
  await stage.stop()
})

const by = { by: PERSON }

const listTasks = () =>
  stage.query<{ status: string; capability: string; attempt: number; stage: number }>(
    'SELECT status, capability, attempt, stage FROM ropewalk.tasks ORDER BY stage, id',
  )

const getStatus = async (title: string): Promise<string | undefined> => {
  const [row] = await stage.query<{ status: string }>('SELECT status FROM ropewalk.items WHERE title = $1', [
    title,
  ])
  return row?.status
}

const here = (worker: string, ...capabilities: readonly string[]) =>
  stage.engine.registerWorker({ workspaceId: WORKSPACE, worker, capabilities })

test('nothing is given out while nobody is there, and at once when somebody comes', async () => {
  await stage.startTimers()
  await startProject(stage.engine, [{ key: 'a' }, { key: 'b', capability: 'friction' }])
  await sleep(1500)
  expect(await listTasks()).toEqual([])
  await here('w1', 'cost')
  await waitUntil('the item is given out', async () => (await listTasks()).length > 0, 5000)
  await sleep(1500)
  expect(await listTasks()).toMatchObject([{ capability: 'cost', status: 'ready' }])
})

test('nothing is given to a worker that was not heard of lately, or that has said that it goes', async () => {
  await here('silent', 'cost')
  await here('leaving', 'friction')
  await stage.engine.releaseWorker({ workspaceId: WORKSPACE, worker: 'leaving' })
  await stage.shiftTime('16 seconds')
  expect(await stage.engine.listOnlineCapabilities(WORKSPACE, 15_000)).toEqual(new Map())
  await stage.startTimers()
  await startProject(stage.engine, [{ key: 'a' }, { key: 'b', capability: 'friction' }])
  await sleep(1500)
  expect(await listTasks()).toEqual([])
  await here('leaving', 'friction')
  await waitUntil('the item is given out', async () => (await listTasks()).length > 0, 5000)
  expect(await listTasks()).toMatchObject([{ capability: 'friction' }])
  expect(await stage.engine.listOnlineCapabilities(WORKSPACE, 15_000)).toEqual(new Map([['friction', 1]]))
})

test('a generic worker gets what nobody else came for, after ten seconds', async () => {
  await stage.startTimers()
  await startProject(stage.engine, [{ key: 'a' }])
  await here('g', 'generic')
  await sleep(1500)
  expect(await listTasks()).toEqual([])
  await stage.shiftTime('11 seconds')
  await here('g', 'generic')
  await waitUntil('the item is given out', async () => (await listTasks()).length > 0, 5000)
  expect(await listTasks()).toMatchObject([{ capability: 'generic' }])
})

test('what was given out to workers that have gone is given to a generic one; what one has begun is not', async () => {
  await stage.startTimers()
  await here('w1', 'cost')
  await startProject(stage.engine, [{ key: 'a' }, { key: 'b' }])
  await waitUntil('both are given out', async () => (await listTasks()).length === 2, 5000)
  await claimOneWork(stage.engine)
  await stage.engine.releaseWorker({ workspaceId: WORKSPACE, worker: 'w1' })
  await stage.shiftTime('11 seconds')
  await here('g', 'generic')
  const listOpen = async () =>
    (await listTasks()).map(({ capability, status }) => `${capability} ${status}`).toSorted()
  await waitUntil('the other is given to the generic one', async () => (await listOpen()).length === 3, 5000)
  expect(await listOpen()).toEqual(['cost cancelled', 'cost running', 'generic ready'])
})

test('large work is given out in batches, and what waits for it once it is done', async () => {
  await stage.startTimers()
  await here('w1', 'cost')
  await startProject(
    stage.engine,
    [
      { key: 'rows', batchRows: 25 },
      { key: 'after', dependsOn: ['rows'], batchRows: null },
    ],
    { uploads: [makeUpload(60), makeUpload(7)] },
  )
  await waitUntil('the batches are given out', async () => (await listTasks()).length === 3, 5000)
  const work = await claimWork(stage.engine, 10)
  expect(work.map(({ spec }) => spec.records?.rows.to).toSorted()).toEqual([25, 50, 60])
  for (const [index, one] of work.entries())
    await completeWork(stage.engine, one, index === 2 ? { merged: [one].map(() => makeAll()) } : {})
  await waitUntil('the next item is given out', async () => (await listTasks()).length === 4, 5000)
  const last = await claimOneWork(stage.engine)
  expect(last.spec.records?.rows).toEqual({ from: 0, to: 60 })
  expect(last.spec.inputs).toHaveLength(1)
})

const makeAll = () => ({
  name: 'All',
  type: 'All',
  digest: 'a'.repeat(64),
  mediaType: 'application/json',
  bytes: 2,
  confidence: 1,
  simulated: false,
})

test('work whose lease ran out is ready again for the next attempt, and the old one is refused', async () => {
  await stage.startTimers()
  await here('w1', 'cost')
  await startProject(stage.engine, [{ key: 'a' }])
  await waitUntil('the item is given out', async () => (await listTasks()).length > 0, 5000)
  const first = await claimOneWork(stage.engine, { leaseMs: 1000 })
  expect(await getStatus('a')).toBe('in_progress')
  await waitUntil('the lease is lost', async () => (await getStatus('a')) === 'ready', 5000)
  await expect(completeWork(stage.engine, first)).rejects.toMatchObject({ code: 'STALE_ATTEMPT' })
  const beats = await stage.engine.heartbeat([first])
  expect(beats).toEqual([{ stale: true }])
  await stage.shiftTime('1 minute')
  const second = await claimOneWork(stage.engine, { worker: 'w2' })
  expect(second).toMatchObject({ taskId: first.taskId, attempt: 2 })
  await completeWork(stage.engine, second)
  expect(await getStatus('a')).toBe('done')
})

test('a worker that beats for its work counts as there', async () => {
  await here('w1', 'cost')
  await stage.startTimers()
  await startProject(stage.engine, [{ key: 'a' }])
  await waitUntil('the item is given out', async () => (await listTasks()).length > 0, 5000)
  const work = await claimOneWork(stage.engine, { leaseMs: 60_000 })
  await stage.shiftTime('20 seconds')
  expect(await stage.engine.listOnlineCapabilities(WORKSPACE, 15_000)).toEqual(new Map())
  await stage.engine.heartbeat([work])
  expect(await stage.engine.listOnlineCapabilities(WORKSPACE, 15_000)).toEqual(new Map([['cost', 1]]))
})

test('dispatchers of two processes give each item out once, and none of a project that is paused', async () => {
  const other = await stage.startAnother()
  await here('w1', 'cost')
  const keys = Array.from({ length: 40 }, (_, index) => ({ key: `item-${index}` }))
  const { projectId } = await startProject(stage.engine, [{ key: 'rest' }])
  await stage.engine.submit({ type: 'SignalProject', workspaceId: WORKSPACE, projectId, signal: 'pause' }, by)
  await stage.startTimers()
  const second = startDispatcher({
    store: other.store,
    listWorkspaces: other.listWorkspaces,
    submit: (command, options) => other.submit(command, options),
    log: makeLog({ level: 'error' }),
  })
  await startProject(stage.engine, keys)
  await waitUntil('all is given out', async () => (await listTasks()).length >= 40, 10_000)
  await sleep(1200)
  expect(await listTasks()).toHaveLength(40)
  await stage.engine.submit(
    { type: 'SignalProject', workspaceId: WORKSPACE, projectId, signal: 'resume' },
    by,
  )
  await waitUntil('the rest is given out', async () => (await listTasks()).length === 41, 5000)
  await second.stop()
})
