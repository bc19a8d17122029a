import {
  DeliverableView,
  ProjectStarted,
  ProjectSummary,
  ReportView,
  TemplateList,
} from '@ropewalk/core/contract/api/projects'
import { ItemTreeRow, ItemView } from '@ropewalk/core/contract/api/items'
import { makePage } from '@ropewalk/core/contract/api/paging'
import { AnyQuestionView } from '@ropewalk/core/contract/api/questions'
import { CommandAnswer } from '@ropewalk/core/contract/api/runs'
import { ProjectId } from '@ropewalk/core/ids'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  act,
  addItems,
  complete,
  listShippedTemplates,
  readProject,
  startProject,
  startWithItem,
  takeWork,
  uploadCsv,
} from './support/drive-backlog.ts'
import { expectAnswer, expectProblem } from './support/drive.ts'
import { startApi, WORKSPACE, type TestApi } from './support/start-api.ts'

const REQUEST = 'Reduce the time the support team loses on invoices, hourly rate 40'
const NO_ID = '01890000-0000-7000-8000-000000000000'

let api: TestApi
beforeAll(async () => {
  api = await startApi({}, {}, listShippedTemplates())
})
afterAll(async () => {
  await api.stop()
})

describe('a request becomes a backlog', () => {
  test('by the template that its words fit, with the rate that it names and a question for what is missing', async () => {
    const upload = await uploadCsv(api)
    const started = await startProject(api, {
      request: REQUEST,
      template: undefined,
      clarification: 'human',
      uploads: [upload],
    })
    const project = await readProject(api, started.projectId)
    expect(project).toMatchObject({ template: 'process-audit', name: REQUEST, uploads: [upload] })
    expect(project.parameters).toMatchObject({ hourlyRate: 40 })
    const fields = project.questions.flatMap((question) => question.fields)
    expect(fields).toContain('periodType')
    expect(fields).not.toContain('hourlyRate')
    const { items } = expectAnswer(
      await api.ask(`/v1/projects/${started.projectId}/items?limit=200`),
      makePage(ItemView),
    )
    expect(items.map(({ capability }) => capability)).toEqual(
      expect.arrayContaining(['time_waste', 'cost', 'friction', 'scenario', 'dev', 'test']),
    )
    expect(project.totalItems).toBe(items.filter(({ children }) => Object.keys(children).length === 0).length)
  })

  test('without anybody being asked where nobody wants to be', async () => {
    const { projectId } = await startProject(api, {
      request: REQUEST,
      template: undefined,
      uploads: [await uploadCsv(api)],
    })
    const project = await readProject(api, projectId)
    expect(project.openQuestions).toBe(0)
    expect(project.assumptions).toBeGreaterThan(0)
    const asked = expectAnswer(await api.ask(`/v1/questions?project=${projectId}`), makePage(AnyQuestionView))
    expect(
      asked.items.every(({ status, decidedKind }) => status !== 'open' && decidedKind === 'policy'),
    ).toBe(true)
  })

  test('of its own items where it brings them, in the order of their keys', async () => {
    const { projectId } = await startProject(api, {
      items: [
        { key: 'a', kind: 'feature', title: 'Whole' },
        { key: 'b', kind: 'task', title: 'First', parent: 'a', capability: 'x' },
        { key: 'c', kind: 'task', title: 'Second', parent: 'a', dependsOn: ['b'], capability: 'x' },
      ],
    })
    const tree = expectAnswer(await api.ask(`/v1/projects/${projectId}/tree`), makePage(ItemTreeRow))
    expect(tree.items.map(({ title, depth, status }) => [title, depth, status])).toEqual([
      ['Whole', 0, expect.any(String)],
      ['First', 1, 'ready'],
      ['Second', 1, 'created'],
    ])
  })

  test('once for one idempotency key', async () => {
    const headers = { 'idempotency-key': 'project-1' }
    const body = { request: 'Count the open invoices.', template: null }
    const first = expectAnswer(await api.ask('/v1/projects', { body, headers }), ProjectStarted, 202)
    const second = expectAnswer(await api.ask('/v1/projects', { body, headers }), ProjectStarted, 202)
    expect(second).toEqual(first)
    const other = await api.ask('/v1/projects', { body: { ...body, request: 'Another.' }, headers })
    expectProblem(other, 409, 'IDEMPOTENCY_CONFLICT')
  })
})

describe('a request is refused', () => {
  test('for a template that is not there, naming those that are', async () => {
    const answered = await api.ask('/v1/projects', { body: { request: 'x', template: 'nope' } })
    expect(expectProblem(answered, 404, 'NOT_FOUND').detail).toContain('process-audit')
  })

  test('for an upload that was never made, is of another file or says another number of rows', async () => {
    const upload = await uploadCsv(api)
    for (const wrong of [
      { digest: 'a'.repeat(64) },
      { recordsDigest: 'b'.repeat(64) },
      { recordsDigest: upload.digest },
      { digest: upload.recordsDigest },
      { rows: upload.rows + 1 },
    ]) {
      const body = { request: 'x', template: null, uploads: [{ ...upload, ...wrong }] }
      expectProblem(await api.ask('/v1/projects', { body }), 400, 'INVALID_ARGUMENT')
    }
  })

  test('for items in a circle, and nothing is left of it', async () => {
    const items = [
      { key: 'a', kind: 'task', title: 'A', dependsOn: ['b'] },
      { key: 'b', kind: 'task', title: 'B', dependsOn: ['a'] },
    ]
    const before = expectAnswer(await api.ask('/v1/projects?limit=200'), makePage(ProjectSummary))
    const answered = await api.ask('/v1/projects', { body: { request: 'x', template: null, items } })
    expect(answered.status).toBeGreaterThanOrEqual(400)
    expect(answered.status).toBeLessThan(500)
    const after = expectAnswer(await api.ask('/v1/projects?limit=200'), makePage(ProjectSummary))
    expect(after.items).toHaveLength(before.items.length)
  })
})

describe('projects are listed', () => {
  test('by age both ways, in pages, and by status', async () => {
    for (const name of ['one', 'two', 'three']) await startProject(api, { name })
    const all = async (query: string): Promise<string[]> => {
      const ids: string[] = []
      let cursor = ''
      do {
        const page = expectAnswer(
          await api.ask(`/v1/projects?limit=2&${query}${cursor}`),
          makePage(ProjectSummary),
        )
        ids.push(...page.items.map(({ id }) => id))
        cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`
      } while (cursor !== '')
      return ids
    }
    const newest = await all('order=newest')
    expect(await all('order=oldest')).toEqual(newest.toReversed())
    expect(new Set(newest).size).toBe(newest.length)
    expect(await all('status=cancelled')).toEqual([])
  })

  test('not for a cursor that was never given', async () => {
    for (const cursor of ['x', 'W10', 'bm9wZQ', Buffer.from('[1,2]').toString('base64url')])
      expectProblem(await api.ask(`/v1/projects?cursor=${cursor}`), 400, 'INVALID_ARGUMENT')
  })
})

describe('one project', () => {
  test('is not sent again to who has it', async () => {
    const { projectId } = await startProject(api)
    const first = await api.ask(`/v1/projects/${projectId}`)
    const etag = first.headers.get('etag') ?? ''
    const again = await api.ask(`/v1/projects/${projectId}`, { headers: { 'if-none-match': etag } })
    expect(again.status).toBe(304)
  })

  test('is paused, resumed, told parameters and cancelled', async () => {
    const { projectId } = await startWithItem(api, { capability: 'x' })
    const patch = (body: unknown) => api.ask(`/v1/projects/${projectId}`, { method: 'PATCH', body })
    expectAnswer(await patch({ signal: 'pause' }), CommandAnswer)
    expect((await readProject(api, projectId)).allowedSignals).toEqual(['resume', 'cancel'])
    expectAnswer(await patch({ signal: 'resume' }), CommandAnswer)
    expectAnswer(await patch({ parameters: { hourlyRate: 55 } }), CommandAnswer)
    expect((await readProject(api, projectId)).parameters).toMatchObject({ hourlyRate: 55 })
    expectProblem(await patch({ parameters: { a: 1 }, signal: 'pause' }), 400)
    expectProblem(await patch({}), 400)
    expectAnswer(await patch({ signal: 'cancel' }), CommandAnswer)
    expect(await readProject(api, projectId)).toMatchObject({ status: 'cancelled', allowedSignals: [] })
    expectProblem(await patch({ signal: 'resume' }), 409)
  })

  test('refuses parameters that its template could not use, when it starts and afterwards', async () => {
    const upload = await uploadCsv(api)
    const request = { request: REQUEST, uploads: [upload] }
    const refused = await api.ask('/v1/projects', {
      method: 'POST',
      body: { ...request, parameters: { hourlyRate: -3 } },
    })
    expect(expectProblem(refused, 400, 'INVALID_ARGUMENT').detail).toContain('hourlyRate: expected a number')
    const { projectId } = await startProject(api, { ...request, template: undefined, clarification: 'human' })
    const patch = (parameters: unknown) =>
      api.ask(`/v1/projects/${projectId}`, { method: 'PATCH', body: { parameters } })
    expectProblem(await patch({ periodType: 'fortnight' }), 400, 'INVALID_ARGUMENT')
    expectAnswer(await patch({ periodType: 'week', somethingOfOurs: 'x' }), CommandAnswer)
  })

  test('that is not there is not found anywhere', async () => {
    for (const path of ['', '/items', '/tree', '/deliverables', '/report'])
      expectProblem(await api.ask(`/v1/projects/${NO_ID}${path}`), 404, 'NOT_FOUND')
    expectProblem(await api.ask(`/v1/deliverables/${NO_ID}/content`), 404, 'NOT_FOUND')
    const body = { signal: 'pause' }
    expectProblem(await api.ask(`/v1/projects/${NO_ID}`, { method: 'PATCH', body }), 404, 'NOT_FOUND')
  })

  test('has a report once its items have ended, and what they handed in', async () => {
    const { projectId, itemId } = await startWithItem(api, { capability: 'reporting' })
    expectProblem(await api.ask(`/v1/projects/${projectId}/report`), 409, 'CONFLICT')
    const work = await takeWork(api, itemId, 'reporting')
    expectAnswer(await complete(api, work), CommandAnswer)
    const id = ProjectId.parse(projectId)
    await api.engine.publishReport(WORKSPACE, id)
    await api.engine.publishReport(WORKSPACE, id)
    const report = expectAnswer(await api.ask(`/v1/projects/${projectId}/report`), ReportView)
    expect(report.markdown).toContain('Count the open invoices')
    expect(await readProject(api, projectId)).toMatchObject({
      status: 'completed',
      completionPercent: 100,
      reportDigest: report.digest,
    })
    const page = expectAnswer(
      await api.ask(`/v1/projects/${projectId}/deliverables`),
      makePage(DeliverableView),
    )
    const [result] = page.items
    const content = await api.ask(`/v1/deliverables/${result?.id ?? ''}/content`)
    expect(content.json).toMatchObject({ content: { text: 'Seventeen invoices are open.' } })
    expect(content.headers.get('content-disposition')).toBe('attachment')
    expectProblem(await act(api, itemId, 'cancel', { reason: 'x' }), 409)
  })
})

test('the templates of the playbook are listed', async () => {
  const { items } = expectAnswer(await api.ask('/v1/templates'), TemplateList)
  expect(items.map(({ template }) => template)).toEqual(expect.arrayContaining(['generic', 'process-audit']))
})

test('items are added to a project that is there', async () => {
  const { projectId } = await startProject(api)
  const ids = await addItems(api, projectId, [{ title: 'One' }, { title: 'Two' }])
  expect(ids).toHaveLength(2)
})
