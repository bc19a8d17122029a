import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import type { RunningEngine } from '../../../src/engine/start.ts'
import { startTestEngine, type TestEngine } from '../support/test-engine.ts'
import { WORKSPACE, waitFor } from '../support/worker-stage.ts'
import { CAPABILITIES, makeChain, makeFeed, makeWorkStage, type WorkStage } from './support/work-stage.ts'

let test: TestEngine
let engine: RunningEngine
let stage: WorkStage

beforeAll(async () => {
  test = await startTestEngine()
  engine = test.engine
})
afterAll(async () => {
  await test.stop()
})
beforeEach(() => {
  stage = makeWorkStage(engine, test.log)
})
afterEach(async () => {
  await stage.stop()
})

const getFact = (bodies: Awaited<ReturnType<WorkStage['readBodies']>>, type: string, name: string) =>
  bodies.get(type)?.facts.find((fact) => fact.name === name)?.value

it('seven workers, each for one capability, take a table of sixty rows to a report', async () => {
  for (const capability of CAPABILITIES) stage.start([capability])
  const { projectId, ids } = await stage.startProject(makeChain())
  await stage.waitForItem(ids['test'], 'done')
  const bodies = await stage.readBodies(projectId)
  expect([...bodies.keys()].toSorted()).toEqual([
    'code',
    'cost',
    'friction',
    'requirements',
    'scenario',
    'test_report',
    'time_waste',
  ])
  expect(getFact(bodies, 'time_waste', 'rows.counted')).toBe(60)
  expect(getFact(bodies, 'test_report', 'program.minutes')).toBe(
    getFact(bodies, 'time_waste', 'total.minutes'),
  )
  await engine.publishReport(WORKSPACE, projectId)
  const report = await engine.readReport(WORKSPACE, projectId)
  expect(report.totals['totalMinutes']).toBe(getFact(bodies, 'time_waste', 'total.minutes'))
  expect(report.markdown).toContain('## Minutes by category')
})

it('an event of the bus is enough to take the task, long before the queue would be asked again', async () => {
  const heard: string[] = []
  const feed = makeFeed(engine, heard)
  // The first look finds nothing; the next would come in a minute.
  stage.start(['time_waste'], { events: feed, pollMs: 60_000 })
  const { ids } = await stage.startProject([{ key: 'time_waste' }])
  await stage.waitForItem(ids['time_waste'], 'done')
  expect(heard.every((line) => line.startsWith('worker-time_waste '))).toBe(true)
  expect(feed.errors).toEqual([])
})

it('an item is done once by several workers that all hear of it and ask besides', async () => {
  const feed = makeFeed(engine)
  for (let count = 0; count < 3; count += 1) stage.start(['friction'], { events: feed })
  const { projectId, ids } = await stage.startProject([{ key: 'friction' }])
  await stage.waitForItem(ids['friction'], 'done')
  const { work } = await engine.readItemWhole(WORKSPACE, ids['friction']!)
  expect(work.map(({ attempt, status }) => `${attempt} ${status}`)).toEqual(['1 completed'])
  expect((await stage.readBodies(projectId)).size).toBe(1)
})

it('batches come to what the whole gives', async () => {
  stage.start(['time_waste', 'friction'])
  const { projectId: whole, ids: wholeIds } = await stage.startProject([
    { key: 'time_waste' },
    { key: 'friction' },
  ])
  const { projectId, ids } = await stage.startProject([
    { key: 'time_waste', batchRows: 7 },
    { key: 'friction', batchRows: 25 },
  ])
  for (const all of [ids, wholeIds]) {
    await stage.waitForItem(all['time_waste'], 'done')
    await stage.waitForItem(all['friction'], 'done')
  }
  expect(await stage.readBodies(projectId)).toEqual(await stage.readBodies(whole))
})

it('what is missing is asked for, and after the answer the item is done', async () => {
  stage.start(['cost'])
  const { projectId, ids } = await stage.startProject([{ key: 'cost' }], { parameters: { hourlyRate: 40 } })
  await stage.waitForItem(ids['cost'], 'blocked')
  const { openQuestions } = await engine.readProject(WORKSPACE, projectId)
  const [question] = openQuestions
  expect(openQuestions.map(({ fields }) => fields)).toEqual([['periodType']])
  await engine.submit(
    {
      type: 'AnswerProjectQuestion',
      workspaceId: WORKSPACE,
      projectId,
      questionId: question!.id,
      answer: 'A week.',
      values: { periodType: 'week' },
    },
    { by: { kind: 'person', id: 'ann' } },
  )
  await stage.waitForItem(ids['cost'], 'done')
  const bodies = await stage.readBodies(projectId)
  expect(bodies.get('cost')?.content).toMatchObject({ period: { type: 'week' } })
})

it('an autonomous project takes the defaults and asks nobody', async () => {
  stage.start(['cost'])
  const { projectId, ids } = await stage.startProject([{ key: 'cost' }], {
    parameters: {},
    mode: 'autonomous',
  })
  await stage.waitForItem(ids['cost'], 'done')
  const { project, openQuestions } = await engine.readProject(WORKSPACE, projectId)
  expect(openQuestions).toEqual([])
  expect(project.parameters).toMatchObject({ hourlyRate: 50 })
})

it('the generic worker does an analysis that it knows, and says in words what it cannot do', async () => {
  stage.start(['generic'])
  const { projectId, ids } = await stage.startProject([{ key: 'time_waste' }])
  await stage.waitForItem(ids['time_waste'], 'done')
  expect((await stage.readBodies(projectId)).get('time_waste')).toMatchObject({ agent: 'generic' })
  const { ids: other } = await stage.startProject([{ key: 'tea_making' }], { uploads: [] })
  await stage.waitForItem(other['tea_making'], 'failed')
  const item = await engine.readItem(WORKSPACE, other['tea_making']!)
  expect(item).toMatchObject({ failureCategory: 'DATA_INSUFFICIENCY' })
  expect(item.failureMessage).toContain('No worker here knows')
})

it('records that are not what they have to be fail the item in words', async () => {
  stage.start(['time_waste'])
  const digest = await engine.blobs.put(WORKSPACE, Buffer.from('no records'))
  const { ids } = await stage.startProject([{ key: 'time_waste' }], {
    uploads: [{ name: 'x.csv', digest, recordsDigest: digest, rows: 3 }],
  })
  await stage.waitForItem(ids['time_waste'], 'failed')
  expect((await engine.readItem(WORKSPACE, ids['time_waste']!)).failureMessage).toContain('cannot be read')
})

it('a worker that is gone without a word loses its task when the lease runs out, and another does it', async () => {
  const { ids } = await stage.startProject([{ key: 'friction' }])
  const claim = () =>
    engine.claimWork({
      worker: 'gone',
      capabilities: ['friction'],
      limit: 1,
      leaseMs: 1000,
      workspaceId: WORKSPACE,
    })
  await waitFor('a claim', async () => ((await claim()).length > 0 ? true : undefined))
  stage.start(['friction'])
  await stage.waitForItem(ids['friction'], 'done')
  const { work } = await engine.readItemWhole(WORKSPACE, ids['friction']!)
  expect(work.map(({ attempt }) => attempt)).toEqual([2])
})

it('a worker that stops is known to be gone, and is given nothing more', async () => {
  const worker = stage.start(['scenario'])
  const isLive = async () => {
    const online = await engine.listOnlineCapabilities(WORKSPACE, 10_000)
    return online.has('scenario')
  }
  await waitFor('the worker is known', async () => ((await isLive()) ? true : undefined))
  await worker.stop()
  expect(await isLive()).toBe(false)
})
