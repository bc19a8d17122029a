import {
  OldAnswerTaken,
  OldLogList,
  OldProjectStatus,
  OldQuestionList,
  ProjectInitialised,
} from '@ropewalk/core/contract/api/compat-a'
import { OrgAgentList, OrgClaimed, OrgTask, OrgTaskList } from '@ropewalk/core/contract/api/compat-b'
import { CloudEvent } from '@ropewalk/core/contract/api/events'
import { makeSlice } from '@ropewalk/core/contract/api/paging'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CSV, listShippedTemplates, readItem, readProject } from './support/drive-backlog.ts'
import { expectAnswer, expectProblem } from './support/drive.ts'
import { sendRaw } from './support/raw-request.ts'
import { API_TOKEN, startApi, type TestApi } from './support/start-api.ts'

const NO_ID = '01890000-0000-7000-8000-000000000000'

let api: TestApi
beforeAll(async () => {
  api = await startApi({}, {}, listShippedTemplates())
})
afterAll(async () => {
  await api.stop()
})

describe("system A's page", () => {
  test('starts a project with its records, asks, is answered, and sees how far it is', async () => {
    const body = {
      name: 'Invoices',
      request_text: 'Reduce the time the support team loses on invoices',
      hourly_rate: 40,
      csv: CSV.toString('utf8'),
      clarification_mode: 'human',
    }
    const begun = expectAnswer(await api.ask('/api/project/init', { body }), ProjectInitialised)
    expect(begun.state).toMatch(/^(?:CREATED|IN_PROGRESS|AWAITING_INPUT)$/u)
    const project = await readProject(api, begun.project_id)
    expect(project).toMatchObject({ name: 'Invoices', parameters: { hourlyRate: 40 } })
    expect(project.uploads.map(({ rows }) => rows)).toEqual([60])
    const at = `/api/questions?status=open&project_id=${begun.project_id}`
    const { questions } = expectAnswer(await api.ask(at), OldQuestionList)
    const period = questions.find(({ fields }) => fields.includes('periodType'))
    const answer = { question_id: period?.question_id, answer: 'month', values: { periodType: 'month' } }
    expectAnswer(await api.ask('/api/questions/answer', { body: answer }), OldAnswerTaken)
    const left = expectAnswer(await api.ask(at), OldQuestionList).questions
    expect(left).toHaveLength(questions.length - 1)
    const status = expectAnswer(await api.ask(`/api/project/${begun.project_id}/status`), OldProjectStatus)
    expect(status).toMatchObject({ total_items: project.totalItems, completion_percentage: 0 })
  })

  test('reads the log by project, kind and words, as JSON and as text', async () => {
    const body = {
      request_text: 'Sort the letters by colour until 2027-03-01.',
      clarification_mode: 'autonomous',
    }
    const { project_id: id } = expectAnswer(await api.ask('/api/project/init', { body }), ProjectInitialised)
    const at = `/api/logs?project_id=${id}`
    const all = expectAnswer(await api.ask(at), OldLogList)
    expect(all.logs[0]).toMatchObject({
      project_id: id,
      type: 'PROJECT.INITIAL_REQUEST_RECEIVED',
      by: 'owner',
    })
    const made = expectAnswer(await api.ask(`${at}&type=BACKLOG.`), OldLogList)
    expect(made.logs.length).toBeGreaterThan(0)
    expect(made.logs.every(({ type }) => type.startsWith('BACKLOG.'))).toBe(true)
    const words = expectAnswer(await api.ask(`${at}&q=THE%20LETTERS&limit=1`), OldLogList)
    expect(words.logs).toHaveLength(1)
    const next = expectAnswer(await api.ask(`${at}&after=${all.next_after}`), OldLogList)
    expect(next.logs).toEqual([])
    const text = await api.ask(`${at}&format=text`)
    expect(text.headers.get('content-type')).toMatch(/^text\/plain/u)
    expect(text.text.split('\n')[0]).toContain('PROJECT.INITIAL_REQUEST_RECEIVED')
  })

  test('is refused what is refused elsewhere', async () => {
    expectProblem(await api.ask('/api/project/init', { body: { request_text: '' } }), 400)
    const csv = 'PK\u0003\u0004 no table'
    const broken = await api.ask('/api/project/init', { body: { request_text: 'x', csv } })
    expect(broken.status).toBeGreaterThanOrEqual(400)
    expect(broken.status).toBeLessThan(500)
    const named = await api.ask('/api/project/init', {
      body: { request_text: 'x', csv: 'a,b\n1,2', csv_name: '../x' },
    })
    expectProblem(named, 400)
    expectProblem(await api.ask(`/api/project/${NO_ID}/status`), 404, 'NOT_FOUND')
    const body = { question_id: NO_ID, answer: 'x' }
    expectProblem(await api.ask('/api/questions/answer', { body }), 404, 'NOT_FOUND')
    expectProblem(await api.ask('/api/logs', { token: null }), 401)
  })
})

describe("system B's agents", () => {
  const schedule = async (org: string, text: string, agentHint?: string): Promise<OrgTask> => {
    const body = { org, text, ...(agentHint === undefined ? {} : { agentHint }) }
    return expectAnswer(await api.ask('/schedule', { body }), OrgTask)
  }
  const claim = async (org: string, agentID: string) =>
    expectAnswer(await api.ask('/tasks/claim', { body: { org, agentID } }), OrgClaimed).task

  test('take first what is meant for them, then anything of their organisation, and nothing of another', async () => {
    const [any, mine] = [await schedule('acme', 'For anybody'), await schedule('acme', 'For ann', 'ann')]
    await schedule('other', 'Not for acme')
    expect(any).toMatchObject({ org: 'acme', text: 'For anybody', status: 'scheduled', agentId: null })
    expect(await claim('acme', 'ann')).toMatchObject({ id: mine.id, status: 'running', agentId: 'ann' })
    expect(await claim('acme', 'ann')).toMatchObject({ id: any.id })
    expect(await claim('acme', 'ann')).toBeNull()
    expect(await claim('nobody', 'ann')).toBeNull()
    const { tasks } = expectAnswer(await api.ask('/tasks?org=acme'), OrgTaskList)
    expect(tasks.map(({ text, agentId }) => [text, agentId])).toEqual([
      ['For anybody', 'ann'],
      ['For ann', 'ann'],
    ])
    const all = expectAnswer(await api.ask('/tasks?limit=2'), OrgTaskList)
    expect(all.tasks).toHaveLength(2)
    expect(all.nextCursor).not.toBeNull()
  })

  test('say that they are done or have failed, and are believed by what they bring', async () => {
    const done = await schedule('works', 'Do it')
    const failed = await schedule('works', 'Fail it')
    for (const _ of [done, failed]) await claim('works', 'bob')
    const line = await api.ask('/tasks/log', { body: { id: done.id, line: 'half way' } })
    expect(line.status).toBe(200)
    const update = (body: unknown) => api.ask('/tasks/update', { body })
    expect(
      expectAnswer(await update({ id: done.id, status: 'completed', result: 'Merged.' }), OrgTask),
    ).toMatchObject({
      status: 'completed',
      agentId: 'bob',
    })
    expect(await readItem(api, done.id)).toMatchObject({ status: 'done', provenance: { source: 'schedule' } })
    expectAnswer(await update({ id: failed.id, status: 'failed', result: 'No tool.' }), OrgTask)
    expectProblem(await update({ id: done.id, status: 'completed' }), 409)
    expectProblem(await update({ id: done.id, status: 'running' }), 400)
    expectProblem(await update({ id: NO_ID, status: 'completed' }), 404)
    // All its tasks have ended, and still more can be scheduled.
    expect(await schedule('works', 'More')).toMatchObject({ status: 'scheduled' })
  })

  test('that ask all at once are given each task once', async () => {
    const made = await Promise.all(Array.from({ length: 6 }, (_, n) => schedule('crowd', `Task ${n}`)))
    expect(new Set(made.map(({ id }) => id)).size).toBe(6)
    const agents = Array.from({ length: 6 }, (_, n) => `agent-${n}`)
    const taken: string[] = []
    for (let round = 0; round < 6 && taken.length < 6; round += 1) {
      const found = await Promise.all(agents.map((agent) => claim('crowd', agent)))
      taken.push(...found.flatMap((task) => (task === null ? [] : [task.id])))
    }
    expect(taken.toSorted()).toEqual(made.map(({ id }) => id).toSorted())
  })

  test('register, beat and are listed', async () => {
    const body = { name: 'eve', org: 'beats', labels: { gpu: 'no' } }
    expectAnswer(await api.ask('/agents/register', { body }), OrgAgentList)
    await schedule('beats', 'Something')
    await claim('beats', 'eve')
    const beat = await api.ask('/agents/heartbeat', { body: { ...body, status: 'running' } })
    expect(expectAnswer(beat, OrgAgentList).agents).toMatchObject([
      { name: 'eve', org: 'beats', status: 'running' },
    ])
    const { agents } = expectAnswer(await api.ask('/agents'), OrgAgentList)
    expect(agents.map(({ name }) => name)).toContain('eve')
  })

  test('follow what becomes of tasks', async () => {
    const { nextAfter } = expectAnswer(await api.ask('/v1/events?limit=200'), makeSlice(CloudEvent))
    const stop = new AbortController()
    const response = await fetch(`${api.url}/events/tasks?after=${nextAfter}`, {
      headers: { 'x-auth-token': API_TOKEN },
      signal: stop.signal,
    })
    await schedule('followed', 'See me')
    let text = ''
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString('utf8')
      if (text.includes('See me')) break
    }
    stop.abort()
    const types = [...text.matchAll(/"type":"([A-Z_.]+)"/gu)].map(([, type]) => type ?? '')
    expect(types).toContain('BACKLOG.ITEM_CREATED')
    expect(types.filter((type) => !/^(?:BACKLOG|WORK)\./u.test(type))).toEqual([])
  })

  test('may send the token in their own header, to their own surface alone', async () => {
    const headers = { 'x-auth-token': API_TOKEN }
    const send = (path: string, more: Record<string, string> = headers) =>
      sendRaw({ port: api.port, path, headers: more })
    expect((await send('/tasks')).status).toBe(200)
    expect((await send('/v1/projects')).status).toBe(401)
    expect((await send('/tasks', { 'x-auth-token': 'wrong-token-of-somebody' })).status).toBe(401)
    expect(
      (await send('/tasks', { ...headers, authorization: 'Bearer wrong-token-of-somebody' })).status,
    ).toBe(401)
    expect((await send('/tasks', { ...headers, host: 'evil.example' })).status).toBe(403)
    expect((await send('/tasks', { ...headers, origin: 'http://evil.example' })).status).toBe(403)
    expect((await send('/health', {})).json).toEqual({ status: 'ok' })
  })
})
