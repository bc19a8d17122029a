import { HeartbeatView } from '@ropewalk/core/contract/api/claims'
import { ReportView } from '@ropewalk/core/contract/api/projects'
import { AnyQuestionView } from '@ropewalk/core/contract/api/questions'
import { CommandAnswer } from '@ropewalk/core/contract/api/runs'
import { ClaimedWorkList, WorkerList, WorkRows } from '@ropewalk/core/contract/api/work'
import { DeliverableBody } from '@ropewalk/core/contract/work-order'
import { ProjectId } from '@ropewalk/core/ids'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  act,
  addItems,
  claimWork,
  complete,
  EVIDENCE,
  listShippedTemplates,
  makeBody,
  readItem,
  readProject,
  startProject,
  startWithItem,
  takeWork,
  uploadCsv,
} from './support/drive-backlog.ts'
import { expectAnswer, expectProblem } from './support/drive.ts'
import { startApi, WORKSPACE, type TestApi } from './support/start-api.ts'

const NO_ID = '01890000-0000-7000-8000-000000000000'

let api: TestApi
beforeAll(async () => {
  api = await startApi({}, {}, listShippedTemplates())
})
afterAll(async () => {
  await api.stop()
})

describe('work of an item', () => {
  test('is taken with its rows, kept alive, handed in and done', async () => {
    const { projectId } = await startProject(api, { uploads: [await uploadCsv(api)], parameters: { a: 1 } })
    const [itemId = ''] = await addItems(api, projectId, [{ capability: 'counting' }])
    const work = await takeWork(api, itemId, 'counting')
    expect(work.order).toMatchObject({ itemId, projectId, capability: 'counting', batch: 1, batches: 1 })
    expect(work.rows).toHaveLength(60)
    expect(await readItem(api, itemId)).toMatchObject({ status: 'in_progress' })
    const page = await api.ask(`${work.recordsUrl ?? ''}?after=50&limit=20`, { token: work.token })
    const rows = expectAnswer(page, WorkRows)
    expect([rows.total, rows.items.length, rows.nextAfter]).toEqual([60, 10, null])
    const beat = await api.ask(`/v1/tasks/${work.order.id}/heartbeat`, {
      body: { pct: 50 },
      token: work.token,
    })
    expect(expectAnswer(beat, HeartbeatView).cancelled).toBe(false)
    expectAnswer(await complete(api, work), CommandAnswer)
    const item = await readItem(api, itemId)
    expect(item).toMatchObject({ status: 'done' })
    expect(item.deliverables.map(({ name, status, agent }) => [name, status, agent])).toEqual([
      ['Result', 'current', 'outside-counting'],
    ])
    expect(item.work.map(({ status, attempt }) => [status, attempt])).toEqual([['completed', 1]])
  })

  test('reaches who waits for it as an input that can be read', async () => {
    const { projectId } = await startProject(api)
    const [, second = ''] = await addItems(api, projectId, [
      { key: 'a', title: 'First', capability: 'one' },
      { key: 'b', title: 'Second', capability: 'two', dependsOn: ['a'] },
    ])
    const [first = ''] = (await readItem(api, second)).dependsOn.map(({ itemId }) => itemId)
    await complete(api, await takeWork(api, first, 'one'))
    const work = await takeWork(api, second, 'two')
    const [input] = work.order.inputs
    expect(input).toMatchObject({ itemId: first, name: 'Result' })
    const [found] = work.inputs
    const body = await api.ask(found?.url ?? '', { token: work.token })
    expect(expectAnswer(body, DeliverableBody)).toEqual(makeBody())
    const other = `/v1/work/${work.order.id}/inputs/${NO_ID}`
    expectProblem(await api.ask(other, { token: work.token }), 404, 'NOT_FOUND')
  })

  test('that is not good enough goes into another round with the reasons', async () => {
    const { itemId } = await startWithItem(api, { capability: 'poor' })
    const work = await takeWork(api, itemId, 'poor')
    const unfounded = makeBody({ claims: [{ text: 'All is well.', sources: [] }] })
    expectAnswer(await complete(api, work, unfounded), CommandAnswer)
    const item = await readItem(api, itemId)
    expect(item).toMatchObject({ status: 'ready', failures: 1 })
    expect(item.reasons.join(' ')).toContain('All is well.')
    const again = await takeWork(api, itemId, 'poor')
    expect(again.order).toMatchObject({ round: 2, reasons: item.reasons })
    expectAnswer(await complete(api, again), CommandAnswer)
    expect(await readItem(api, itemId)).toMatchObject({ status: 'done' })
  })

  test('without evidence is refused, and may be handed in again', async () => {
    const { itemId } = await startWithItem(api, { capability: 'bare' })
    const { order, token } = await takeWork(api, itemId, 'bare')
    const deliverables = [{ name: 'Result', body: makeBody() }]
    const at = `/v1/work/${order.id}/complete`
    expectProblem(await api.ask(at, { token, body: { deliverables } }), 400, 'INVALID_ARGUMENT')
    const twice = { deliverables: [...deliverables, ...deliverables], evidence: EVIDENCE }
    expectProblem(await api.ask(at, { token, body: twice }), 400, 'INVALID_ARGUMENT')
    expectAnswer(await api.ask(at, { token, body: { deliverables, evidence: EVIDENCE } }), CommandAnswer)
  })

  test('is given up, and tried again as long as that may help', async () => {
    const { itemId } = await startWithItem(api, { capability: 'failing' })
    const { order, token } = await takeWork(api, itemId, 'failing')
    const body = { category: 'DATA_INSUFFICIENCY', message: 'There are no data.', retryable: false }
    expectAnswer(await api.ask(`/v1/work/${order.id}/fail`, { token, body }), CommandAnswer)
    expect(await readItem(api, itemId)).toMatchObject({
      status: 'failed',
      failureCategory: 'DATA_INSUFFICIENCY',
      failureMessage: expect.stringContaining('There are no data.'),
    })
    expectAnswer(await act(api, itemId, 'retry'), CommandAnswer)
    expect(await readItem(api, itemId)).toMatchObject({ status: 'ready' })
  })

  test('that lacks a fact becomes a question, and goes on with the answer', async () => {
    const { projectId } = await startProject(api, { clarification: 'human' })
    const [itemId = ''] = await addItems(api, projectId, [{ capability: 'asking' }])
    const { order, token } = await takeWork(api, itemId, 'asking')
    const body = { reason: 'Whose invoices?', missingFields: ['department'] }
    expectAnswer(await api.ask(`/v1/work/${order.id}/clarify`, { token, body }), CommandAnswer)
    const blocked = await readItem(api, itemId)
    expect(blocked).toMatchObject({ status: 'blocked', openQuestions: 1 })
    expect(blocked.questions.map(({ fields }) => fields)).toEqual([['department']])
    const [asked] = (await readProject(api, projectId)).questions
    expect(asked).toMatchObject({ fields: ['department'], itemIds: [itemId] })
    const at = `/v1/questions/${asked?.id ?? ''}`
    const answer = { answer: 'Those of sales.', values: { department: 'sales' } }
    expectAnswer(await api.ask(`${at}/answer`, { body: answer }), CommandAnswer)
    expectProblem(await api.ask(`${at}/answer`, { body: answer }), 409)
    const again = await takeWork(api, itemId, 'asking')
    expect(again.order.parameters).toMatchObject({ department: 'sales' })
    const told = await api.ask(at, { token: again.token })
    expect(expectAnswer(told, AnyQuestionView)).toMatchObject({
      answer: 'Those of sales.',
      decidedKind: 'person',
    })
  })

  test('that lacks nothing by name is asked about by its reason', async () => {
    const { projectId } = await startProject(api, { clarification: 'human' })
    const [itemId = ''] = await addItems(api, projectId, [{ capability: 'unsure' }])
    const { order, token } = await takeWork(api, itemId, 'unsure')
    const body = { reason: 'Is this meant for print?' }
    expectAnswer(await api.ask(`/v1/work/${order.id}/clarify`, { token, body }), CommandAnswer)
    const [asked] = (await readProject(api, projectId)).questions
    expect(asked?.text).toBe('Is this meant for print?')
  })
})

describe('a token', () => {
  test('stands for its own attempt at its own task', async () => {
    const [one, two] = [
      await startWithItem(api, { capability: 'left' }),
      await startWithItem(api, { capability: 'right' }),
    ]
    const left = await takeWork(api, one.itemId, 'left')
    const right = await takeWork(api, two.itemId, 'right')
    expectProblem(await complete(api, { ...left, token: right.token }), 403, 'FORBIDDEN')
    const owner = await api.ask(`/v1/work/${left.order.id}/complete`, {
      body: { deliverables: [{ name: 'Result', body: makeBody() }], evidence: EVIDENCE },
    })
    expectProblem(owner, 403, 'FORBIDDEN')
    const body = { attempt: 7, category: 'TOOL_FAILURE', message: 'x' }
    const other = await api.ask(`/v1/work/${left.order.id}/fail`, { token: left.token, body })
    expectProblem(other, 409, 'STALE_ATTEMPT')
    for (const path of ['/v1/projects', '/v1/items', '/v1/inbox', '/v1/workers', '/tasks', '/api/logs'])
      expectProblem(await api.ask(path, { token: left.token }), 403, 'FORBIDDEN')
  })

  test('is of no use for what was handed in already, but for the same request again', async () => {
    const { itemId } = await startWithItem(api, { capability: 'once' })
    const work = await takeWork(api, itemId, 'once')
    const body = { deliverables: [{ name: 'Result', body: makeBody() }], evidence: EVIDENCE }
    const send = (key: string) =>
      api.ask(`/v1/work/${work.order.id}/complete`, {
        body,
        token: work.token,
        headers: { 'idempotency-key': key },
      })
    const first = expectAnswer(await send('k1'), CommandAnswer)
    expect(expectAnswer(await send('k1'), CommandAnswer)).toEqual(first)
    expectProblem(await send('k2'), 409, 'STALE_ATTEMPT')
    expectProblem(await complete(api, work), 409, 'STALE_ATTEMPT')
  })

  test("of a run's task, or for a run's door, opens nothing of the other", async () => {
    const { itemId } = await startWithItem(api, { capability: 'cross' })
    const { order, token } = await takeWork(api, itemId, 'cross')
    const done = await api.ask(`/v1/tasks/${order.id}/complete`, { token, body: { outputs: [] } })
    expect(done.status).toBeGreaterThanOrEqual(400)
    expect(done.status).toBeLessThan(500)
    const seen = await api.ask(`/v1/tasks/${order.id}`)
    expect(seen.status).toBeLessThan(500)
  })
})

describe('work in batches', () => {
  test('counts when the last is in, whoever it is, and is checked as a whole', async () => {
    const { projectId } = await startProject(api, { uploads: [await uploadCsv(api)] })
    const [itemId = ''] = await addItems(api, projectId, [{ capability: 'halves', batchRows: 25 }])
    expectAnswer(await act(api, itemId, 'dispatch'), CommandAnswer)
    const taken = [
      await claimWork(api, 'halves'),
      await claimWork(api, 'halves'),
      await claimWork(api, 'halves'),
    ]
    const works = taken.toSorted((a, b) => a.order.batch - b.order.batch)
    expect(works.map(({ rows }) => rows?.length)).toEqual([25, 25, 10])
    const bodies = works.map(({ order, rows }) =>
      makeBody({
        facts: [
          {
            name: 'rows',
            value: rows?.length ?? 0,
            unit: 'count',
            rows: rows?.map(({ row }) => row) ?? [],
            rowCount: rows?.length ?? 0,
            field: null,
            from: [],
          },
        ],
        claims: [{ text: `Batch ${order.batch} has rows.`, sources: ['rows'] }],
      }),
    )
    const answers = await Promise.all(works.map((work, index) => complete(api, work, bodies[index])))
    for (const answered of answers) expectAnswer(answered, CommandAnswer)
    const item = await readItem(api, itemId)
    expect(item).toMatchObject({ status: 'done', reasons: [] })
    const current = item.deliverables.filter(({ status }) => status === 'current')
    expect(current).toHaveLength(1)
    const content = await api.ask(`/v1/deliverables/${current[0]?.id ?? ''}/content`)
    const whole = DeliverableBody.parse(content.json)
    expect(whole.facts.map(({ name, value }) => [name, value])).toEqual([
      ['b1.rows', 25],
      ['b2.rows', 25],
      ['b3.rows', 10],
    ])
    expect(whole.claims.map(({ sources }) => sources)).toEqual([['b1.rows'], ['b2.rows'], ['b3.rows']])
  })
})

test('a report adds up what was handed in', async () => {
  const { projectId, itemId } = await startWithItem(api, { capability: 'summing' })
  await complete(api, await takeWork(api, itemId, 'summing'))
  await api.engine.publishReport(WORKSPACE, ProjectId.parse(projectId))
  const report = expectAnswer(await api.ask(`/v1/projects/${projectId}/report`), ReportView)
  expect(report.body).toMatchObject({ type: 'final-report' })
})

test('workers are listed with what they hold', async () => {
  const { itemId } = await startWithItem(api, { title: 'Held', capability: 'holding' })
  await takeWork(api, itemId, 'holding')
  const { items } = expectAnswer(await api.ask('/v1/workers'), WorkerList)
  const holder = items.find(({ worker }) => worker === 'outside-holding')
  expect(holder).toMatchObject({ isAlive: true, capabilities: ['holding'] })
  expect(holder?.holds.map(({ title }) => title)).toEqual(['Held'])
})

test('there is no work where none was given out', async () => {
  await startWithItem(api, { capability: 'waiting' })
  const body = { worker: 'w', capabilities: ['waiting', 'nobody'] }
  expect(expectAnswer(await api.ask('/v1/work/claim', { body }), ClaimedWorkList).work).toEqual([])
})
