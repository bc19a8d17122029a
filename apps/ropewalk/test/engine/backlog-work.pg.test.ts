import { readFileSync } from 'node:fs'
import path from 'node:path'
import { analyse } from '@ropewalk/core/analysis/analyse'
import { StartProjectRequest } from '@ropewalk/core/contract/api/projects'
import { DeliverableBody } from '@ropewalk/core/contract/work-order'
import { ItemId, ProjectId } from '@ropewalk/core/ids'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dispatchItem } from '../../src/engine/backlog/dispatch-item.ts'
import { startProject } from '../../src/engine/backlog/start-project.ts'
import type { ClaimedWork } from '../../src/engine/contract.ts'
import { readRecords } from '../../src/ingest/read-records.ts'
import { makeUuid, PERSON, startStage, WORKSPACE, type Stage } from './support/stage.ts'

const CSV = readFileSync(path.resolve(import.meta.dirname, '../../../../examples/backlog/invoices.csv'))

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(async () => {
  await stage.stop()
})

const keepCsv = async () => {
  const { blobs } = stage.engine
  const records = await readRecords(CSV, 'invoices.csv')
  const digest = await blobs.put(WORKSPACE, CSV)
  const recordsDigest = await blobs.put(WORKSPACE, Buffer.from(JSON.stringify(records)))
  return { records, upload: { name: 'invoices.csv', digest, recordsDigest, rows: records.rows.length } }
}

/** A project with one item about the records, given out in batches of `batchRows`. */
const giveOut = async (batchRows: number | null, capability = 'time_waste') => {
  const { records, upload } = await keepCsv()
  const request = StartProjectRequest.parse({
    request: 'Measure the time, hourly rate 40 EUR, the records stand for one month.',
    template: null,
    clarification: 'autonomous',
    dispatch: 'manual',
    uploads: [upload],
    items: [{ kind: 'task', title: 'Measure', capability, batchRows }],
  })
  const config = { clarification: 'hybrid', questionDeadlineSeconds: undefined } as const
  const answer = await startProject(
    { engine: stage.engine, config, templates: [] },
    { workspaceId: WORKSPACE, request },
    { by: PERSON },
  )
  const projectId = ProjectId.parse(answer['projectId'])
  const [itemId] = ItemId.array().parse(answer['itemIds'])
  if (itemId === undefined) throw new Error('There is no item.')
  await dispatchItem(stage.engine, { workspaceId: WORKSPACE, itemId }, { by: PERSON })
  return { projectId, itemId, records }
}

const claimAll = (capability = 'time_waste') =>
  stage.engine.claimWork({
    workspaceId: WORKSPACE,
    worker: 'counter',
    capabilities: [capability],
    limit: 20,
    leaseMs: 30_000,
  })

const makeDoer = ({ taskId, attempt }: ClaimedWork) => ({
  workspaceId: WORKSPACE,
  taskId,
  attempt,
  worker: 'counter',
  tool: 'analysis',
  toolVersion: '1',
})

const doWork = async (work: ClaimedWork): Promise<DeliverableBody> => {
  const { rows } = await stage.engine.readWorkRows(WORKSPACE, work.spec, { after: 0, limit: 1000 })
  const result = analyse({ agent: 'time_waste', order: work.spec, rows, inputs: [] })
  if (result.type !== 'done') throw new Error(`It is not done: ${JSON.stringify(result)}`)
  return result.body
}

const complete = async (work: ClaimedWork, key?: string) => {
  const body = await doWork(work)
  return stage.engine.completeWork(
    {
      ...makeDoer(work),
      deliverables: [{ name: 'TimeWaste', type: body.type, body }],
      evidence: [{ kind: 'computation', statement: 'Added up.', exitCode: null, digest: null }],
    },
    key === undefined
      ? {}
      : { by: { kind: 'agent', id: 'counter' }, idempotency: { route: 'bus', key, bodyDigest: key } },
  )
}

const readCurrent = async (projectId: ProjectId): Promise<DeliverableBody> => {
  const page = await stage.engine.listDeliverables(WORKSPACE, { projectId, status: 'current', limit: 9 })
  expect(page.items).toHaveLength(1)
  const bytes = await stage.engine.blobs.read(WORKSPACE, page.items[0]?.digest ?? '')
  return DeliverableBody.parse(JSON.parse(bytes.toString('utf8')))
}

describe('batches that all come at once', () => {
  test.each([7, 25, 59])('come to what all records at once come to, %i rows each', async (batchRows) => {
    const { projectId, itemId, records } = await giveOut(batchRows)
    const works = await claimAll()
    expect(works).toHaveLength(Math.ceil(records.rows.length / batchRows))
    await Promise.all(works.map((work) => complete(work)))
    expect(await stage.engine.readItem(WORKSPACE, itemId)).toMatchObject({ status: 'done', reasons: [] })
    const [work] = works
    if (work === undefined) throw new Error('There is no work.')
    const whole = analyse({
      agent: 'time_waste',
      order: { ...work.spec, batch: 1, batches: 1 },
      rows: records.rows,
      inputs: [],
    })
    expect(await readCurrent(projectId)).toEqual(whole.type === 'done' ? whole.body : undefined)
  })

  test('count once each, though each is delivered twice', async () => {
    const { projectId, itemId } = await giveOut(20)
    const works = await claimAll()
    const keys = works.map(() => makeUuid())
    const twice = [...works.entries(), ...works.entries()]
    const answers = await Promise.all(twice.map(([index, work]) => complete(work, keys[index])))
    expect(answers.slice(works.length)).toEqual(answers.slice(0, works.length))
    expect(await stage.engine.readItem(WORKSPACE, itemId)).toMatchObject({ status: 'done' })
    await readCurrent(projectId)
    const { work } = await stage.engine.readItemWhole(WORKSPACE, itemId)
    expect(work.map(({ status }) => status)).toEqual(works.map(() => 'completed'))
  })
})

test('a wrong sum is found, whoever says it', async () => {
  const { itemId } = await giveOut(null)
  const [work] = await claimAll()
  if (work === undefined) throw new Error('There is no work.')
  const body = await doWork(work)
  const wrong = {
    ...body,
    facts: body.facts.map((fact) =>
      fact.name === 'total.minutes' ? { ...fact, value: Number(fact.value) + 1 } : fact,
    ),
  }
  const answer = await stage.engine.completeWork({
    ...makeDoer(work),
    deliverables: [{ name: 'TimeWaste', type: body.type, body: wrong }],
    evidence: [{ kind: 'computation', statement: 'Added up.', exitCode: null, digest: null }],
  })
  expect(answer).toMatchObject({ status: 'ready' })
  const item = await stage.engine.readItem(WORKSPACE, itemId)
  expect(item).toMatchObject({ status: 'ready', failures: 1 })
  expect(item.reasons.length).toBeGreaterThan(0)
  // What was not good enough counts no more, and the next round is given out anew.
  await dispatchItem(stage.engine, { workspaceId: WORKSPACE, itemId }, { by: PERSON })
  const [again] = await claimAll()
  if (again === undefined) throw new Error('There is no work.')
  expect(again.spec).toMatchObject({ round: 2, reasons: item.reasons })
  expect(await complete(again)).toMatchObject({ status: 'done' })
})

test('a report adds up what was measured, and is published once', async () => {
  const { projectId } = await giveOut(30)
  await Promise.all((await claimAll()).map((work) => complete(work)))
  await Promise.all([1, 2, 3].map(() => stage.engine.publishReport(WORKSPACE, projectId)))
  const report = await stage.engine.readReport(WORKSPACE, projectId)
  const { records } = await keepCsv()
  const minutes = records.rows.reduce((sum, row) => sum + Math.min(480, row.estimatedMinutes), 0)
  expect(report.totals['totalMinutes']).toBeCloseTo(minutes, 2)
  expect(report.markdown).toContain('Minutes')
  const events = await stage.engine.listEvents(WORKSPACE, { after: 0, limit: 1000, stream: projectId })
  expect(events.filter(({ type }) => type === 'REPORT.FINAL_PUBLISHED')).toHaveLength(1)
})

test('a stale attempt keeps nothing and changes nothing', async () => {
  const { itemId } = await giveOut(null)
  const [work] = await claimAll()
  if (work === undefined) throw new Error('There is no work.')
  const stale = { ...work, attempt: work.attempt + 1 }
  await expect(complete(stale)).rejects.toMatchObject({ code: 'STALE_ATTEMPT' })
  const failing = stage.engine.failWork({
    ...makeDoer(stale),
    category: 'TOOL_FAILURE',
    message: 'x',
    retryable: true,
  })
  await expect(failing).rejects.toMatchObject({ code: 'STALE_ATTEMPT' })
  expect(await stage.engine.readItem(WORKSPACE, itemId)).toMatchObject({ status: 'in_progress' })
  await complete(work)
})
