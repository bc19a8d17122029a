import { InboxEntry } from '@ropewalk/core/contract/api/inbox'
import { makePage } from '@ropewalk/core/contract/api/paging'
import { CommandAnswer } from '@ropewalk/core/contract/api/runs'
import { WaiverRequested } from '@ropewalk/core/contract/api/waivers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { act, addItems, startProject, takeWork } from './support/drive-backlog.ts'
import { claimTask, expectAnswer, expectProblem, startRun } from './support/drive.ts'
import { runWrite } from '../../src/store/open.ts'
import { startApi, WORKSPACE, type TestApi } from './support/start-api.ts'

let api: TestApi
beforeAll(async () => {
  api = await startApi()
})
afterAll(async () => {
  await api.stop()
})

const list = async (query = ''): Promise<readonly InboxEntry[]> => {
  const all: InboxEntry[] = []
  let cursor = ''
  do {
    const page = expectAnswer(await api.ask(`/v1/inbox?limit=2${query}${cursor}`), makePage(InboxEntry))
    all.push(...page.items)
    cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`
  } while (cursor !== '')
  return all
}

/** Does what an entry says that answers it; `…` becomes words. */
const follow = (entry: InboxEntry, index = 0) => {
  const found = entry.acts[index]
  if (found === undefined) throw new Error('The entry has no such act.')
  const { method, path, body } = found
  const words: unknown = JSON.parse(JSON.stringify(body ?? {}).replaceAll('…', 'Because.'))
  return api.ask(path, method === 'DELETE' ? { method } : { method, body: words })
}

test('what needs a person stands in one list, what holds up most first, until it is done as it says', async () => {
  expect(await list()).toEqual([])
  const { projectId } = await startProject(api, { clarification: 'human', name: 'Invoices' })
  const [asks = '', fails = '', held = ''] = await addItems(api, projectId, [
    { title: 'Asks', capability: 'asks' },
    { title: 'Fails', capability: 'fails' },
    { title: 'Held', capability: 'held' },
    { title: 'Waits', capability: 'waits' },
  ])
  const asking = await takeWork(api, asks, 'asks')
  const questions = [
    {
      text: 'By day or by week?',
      fields: ['periodType'],
      form: {
        type: 'object',
        properties: { periodType: { type: 'string', enum: ['day', 'week'] } },
        required: ['periodType'],
        additionalProperties: false,
      },
      defaultAnswer: 'By week.',
      defaultValues: { periodType: 'week' },
      impact: 'All sums hang on it.',
      risk: 'high',
      policy: 'escalate',
    },
  ]
  const body = { reason: 'It is not said.', missingFields: ['periodType'], questions }
  const clarified = await api.ask(`/v1/work/${asking.order.id}/clarify`, { body, token: asking.token })
  expectAnswer(clarified, CommandAnswer)
  const failing = await takeWork(api, fails, 'fails')
  const failed = await api.ask(`/v1/work/${failing.order.id}/fail`, {
    token: failing.token,
    body: { category: 'TOOL_FAILURE', message: 'No printer.', retryable: false },
  })
  expectAnswer(failed, CommandAnswer)
  expectAnswer(await act(api, held, 'block', { reason: 'Later.' }), CommandAnswer)
  const { runId } = await startRun(api)
  await claimTask(api, runId)
  const waiver = {
    phase: 'sketch',
    rubric: 'completeness',
    details: 'One box.',
    owner: 'anna',
    justification: 'It is a sketch.',
    compensatingControl: 'A look by hand.',
    days: 7,
  }
  const requested = await api.ask(`/v1/runs/${runId}/waivers`, { body: waiver })
  expectAnswer(requested, WaiverRequested, 202)

  const entries = await list()
  expect(entries.map(({ kind, title }) => [kind, title])).toEqual([
    ['question', 'By day or by week?'],
    ['waiver', expect.stringContaining('completeness')],
    ['failed-item', 'Fails'],
    ['blocked-item', 'Held'],
  ])
  const [question, , failure, blocked] = entries
  expect(question).toMatchObject({
    owner: 'project',
    of: 'Invoices',
    itemId: asks,
    risk: 'high',
    choices: ['day', 'week'],
    why: expect.stringContaining('One item waits'),
    ifNobodyAnswers: expect.any(String),
  })
  expect(question?.acts.map(({ command }) => command)).toEqual([
    `./ropewalk answer ${question?.questionId ?? ''} --choice "day"`,
    `./ropewalk answer ${question?.questionId ?? ''} --choice "week"`,
  ])
  expect((await list('&kind=waiver')).map(({ kind }) => kind)).toEqual(['waiver'])
  if (question === undefined || failure === undefined || blocked === undefined) throw new Error('entries')
  // The second act of what failed goes on without it.
  for (const entry of [question, failure, blocked])
    expect((await follow(entry, entry === blocked ? 0 : 1)).status).toBe(200)
  expect((await list()).map(({ kind }) => kind)).toEqual(['waiver'])
})

test('dead letters are one entry, however many they are', async () => {
  const insert = `INSERT INTO ropewalk.dead_letters (workspace_id, id, recorded_at, reason, problems, topic,
      consumer_group, attempts, first_seen_at, last_seen_at, error_message, original, status, redrives)
    SELECT $1, gen_random_uuid(), ropewalk.now(), 'REFUSED', '[]', 'commands', 'validators', 1, ropewalk.now(),
      ropewalk.now(), 'x', '{}', s, 0 FROM unnest($2::text[]) AS s`
  const values = [WORKSPACE, ['open', 'open', 'dropped']]
  await runWrite(api.engine.store, [WORKSPACE], [{ name: 'insert_dead_letters', text: insert, values }])
  const [entry, ...others] = await list('&kind=dead-letters')
  expect(others).toEqual([])
  expect(entry).toMatchObject({ owner: 'workspace', title: '2 messages rest as dead letters' })
})

test('a run without money comes before everything else', async () => {
  const { runId } = await startRun(api, 'A costly thing')
  const text = `UPDATE ropewalk.runs SET status = 'paused', pause_reason = 'budget' WHERE id = $1`
  await runWrite(api.engine.store, [WORKSPACE], [{ name: 'pause_run', text, values: [runId] }])
  const [entry] = await list()
  expect(entry).toMatchObject({ kind: 'budget', owner: 'run', runId, of: 'A costly thing', rank: 1 })
  expect(entry?.acts[0]).toMatchObject({
    command: `./ropewalk runs resume ${runId} --budget USD`,
    path: `/v1/runs/${runId}/budget`,
  })
})

test('an inbox has no place that was never given', async () => {
  const cursors = [
    'x',
    '[]',
    '[1,"a","b","c"]',
    '[1,"0001-01-01T00:00:00.000Z","0001-01-01T00:00:00.000Z","0"]',
  ]
  for (const cursor of cursors)
    expectProblem(
      await api.ask(`/v1/inbox?cursor=${Buffer.from(cursor).toString('base64url')}`),
      400,
      'INVALID_ARGUMENT',
    )
})

test('work for people is listed until somebody says that it is done; several things are asked for by name', async () => {
  const { projectId } = await startProject(api, {
    clarification: 'human',
    name: 'Party',
    dispatch: 'auto',
  })
  const [book = ''] = await addItems(api, projectId, [
    { title: 'Book a band' },
    { title: 'Dance', capability: 'dance' },
  ])
  const [entry] = await list('&kind=persons-item')
  expect(entry).toMatchObject({ kind: 'persons-item', title: 'Book a band', itemId: book, of: 'Party' })
  expect(entry?.acts[0]?.command).toBe(`./ropewalk backlog review ${book} approve --why "…"`)
  if (entry !== undefined) expect((await follow(entry)).status).toBe(200)
  expect(await list('&kind=persons-item')).toEqual([])

  const [dance = ''] = await addItems(api, projectId, [{ title: 'Ask', capability: 'two' }])
  const asking = await takeWork(api, dance, 'two')
  const field = { type: 'number' }
  const form = {
    type: 'object',
    properties: { howMany: field, howLong: field },
    required: ['howMany', 'howLong'],
    additionalProperties: false,
  }
  const question = {
    text: 'How many, and how long?',
    fields: ['howMany', 'howLong'],
    form,
    defaultAnswer: '10 for an hour.',
    defaultValues: { howMany: 10, howLong: 1 },
    impact: 'The room.',
    risk: 'high',
    policy: 'wait',
  }
  const body = { reason: 'It is not said.', missingFields: ['howMany'], questions: [question] }
  expectAnswer(
    await api.ask(`/v1/work/${asking.order.id}/clarify`, { body, token: asking.token }),
    CommandAnswer,
  )
  const [asked] = await list('&kind=question')
  expect(asked?.acts[0]?.command).toBe(
    `./ropewalk answer ${asked?.questionId ?? ''} --set howMany=… --set howLong=…`,
  )
})
