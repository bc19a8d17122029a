import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addItems, makeBody, readProject, startProject, takeWork } from './support/drive-backlog.ts'
import { expectProblem } from './support/drive.ts'
import { API_TOKEN, startApi, type Answered, type TestApi } from './support/start-api.ts'

const NO_ID = '01890000-0000-7000-8000-000000000000'

type Route = {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** PROJECT, ITEM, WORK and OTHER stand for ids; the last is nobody's. */
  readonly path: string
  /** A body that keeps the contract, for routes that take one. */
  readonly body?: Readonly<Record<string, unknown>>
  readonly isWork?: boolean
}

const draft = { kind: 'task', title: 'x' }
const evidence = [{ kind: 'source', statement: 'x' }]

const ROUTES: readonly Route[] = [
  { method: 'POST', path: '/v1/projects', body: { request: 'x' } },
  { method: 'GET', path: '/v1/projects' },
  { method: 'GET', path: '/v1/projects/PROJECT' },
  { method: 'PATCH', path: '/v1/projects/PROJECT', body: { parameters: { a: 1 } } },
  { method: 'GET', path: '/v1/projects/PROJECT/report' },
  { method: 'GET', path: '/v1/projects/PROJECT/deliverables' },
  { method: 'GET', path: '/v1/projects/PROJECT/items' },
  { method: 'GET', path: '/v1/projects/PROJECT/tree' },
  { method: 'POST', path: '/v1/projects/PROJECT/items', body: { items: [draft] } },
  { method: 'POST', path: '/v1/projects/PROJECT/import', body: { format: 'json', content: '[]' } },
  { method: 'GET', path: '/v1/templates' },
  { method: 'GET', path: '/v1/items' },
  { method: 'GET', path: '/v1/items/ITEM' },
  { method: 'GET', path: '/v1/items/ITEM/history' },
  { method: 'PATCH', path: '/v1/items/ITEM', body: { title: 'x' } },
  { method: 'DELETE', path: '/v1/items/OTHER' },
  { method: 'DELETE', path: '/v1/items/ITEM/dependencies/OTHER' },
  { method: 'POST', path: '/v1/items/ITEM/move', body: { parentId: null } },
  { method: 'POST', path: '/v1/items/OTHER/split', body: { into: [draft, draft] } },
  { method: 'POST', path: '/v1/items/ITEM/dependencies', body: { dependsOnId: NO_ID } },
  { method: 'POST', path: '/v1/items/OTHER/cancel', body: { reason: 'x' } },
  { method: 'POST', path: '/v1/items/OTHER/block', body: { reason: 'x' } },
  { method: 'POST', path: '/v1/items/OTHER/review', body: { result: 'approved', notes: 'x' } },
  { method: 'POST', path: '/v1/items/OTHER/approvals', body: { reason: 'x', quorum: 1 } },
  { method: 'POST', path: '/v1/items/OTHER/dispatch', body: { capability: 'x' } },
  { method: 'POST', path: '/v1/approvals/OTHER', body: { approved: true, notes: 'x' } },
  { method: 'GET', path: '/v1/questions/OTHER' },
  { method: 'GET', path: '/v1/inbox' },
  { method: 'GET', path: '/v1/workers' },
  { method: 'GET', path: '/v1/deliverables/OTHER/content' },
  { method: 'POST', path: '/v1/work/claim', body: { worker: 'w', capabilities: ['none'] } },
  { method: 'GET', path: '/v1/work/WORK/records', isWork: true },
  { method: 'GET', path: '/v1/work/WORK/inputs/OTHER', isWork: true },
  {
    method: 'POST',
    path: '/v1/work/WORK/complete',
    body: { deliverables: [{ name: 'R', body: makeBody() }], evidence },
    isWork: true,
  },
  {
    method: 'POST',
    path: '/v1/work/WORK/fail',
    body: { category: 'TOOL_FAILURE', message: 'x' },
    isWork: true,
  },
  {
    method: 'POST',
    path: '/v1/work/WORK/clarify',
    body: { reason: 'x', missingFields: ['a'] },
    isWork: true,
  },
  { method: 'POST', path: '/api/project/init', body: { request_text: 'x' } },
  { method: 'GET', path: '/api/project/PROJECT/status' },
  { method: 'GET', path: '/api/questions' },
  { method: 'POST', path: '/api/questions/answer', body: { question_id: NO_ID, answer: 'x' } },
  { method: 'GET', path: '/api/logs' },
  { method: 'POST', path: '/schedule', body: { org: 'o', text: 'x' } },
  { method: 'GET', path: '/tasks' },
  { method: 'POST', path: '/tasks/claim', body: { org: 'o', agentID: 'a' } },
  { method: 'POST', path: '/tasks/update', body: { id: NO_ID, status: 'failed' } },
  { method: 'POST', path: '/tasks/log', body: { id: NO_ID, line: 'x' } },
  { method: 'GET', path: '/agents' },
  { method: 'POST', path: '/agents/register', body: { name: 'a', org: 'o' } },
]

const withBody = ROUTES.filter(({ body }) => body !== undefined)
const table = (routes: readonly Route[]) =>
  routes.map((route) => [`${route.method} ${route.path}`, route] as const)

let api: TestApi
let ids: { readonly PROJECT: string; readonly ITEM: string; readonly WORK: string; readonly token: string }

beforeAll(async () => {
  api = await startApi()
  const { projectId } = await startProject(api)
  const [itemId = '', busy = ''] = await addItems(api, projectId, [{}, { capability: 'hostile' }])
  const { order, token } = await takeWork(api, busy, 'hostile')
  ids = { PROJECT: projectId, ITEM: itemId, WORK: order.id, token }
})
afterAll(async () => {
  await api.stop()
})

const fill = (path: string): string =>
  path
    .replace('PROJECT', ids.PROJECT)
    .replace('ITEM', ids.ITEM)
    .replace('WORK', ids.WORK)
    .replace('OTHER', NO_ID)

const send = (
  route: Route,
  raw: string | Uint8Array<ArrayBuffer>,
  type = 'application/json',
): Promise<Answered> =>
  api.ask(fill(route.path), {
    method: route.method,
    raw,
    headers: { 'content-type': type },
    token: route.isWork === true ? ids.token : API_TOKEN,
  })

describe.each(table(withBody))('%s refuses', (_title, route) => {
  test.each([
    ['a body that is not JSON', '{"a": '],
    ['an empty body', ''],
    ['bytes that are not UTF-8', new Uint8Array([0x22, 0xff, 0xfe, 0x22])],
    ['an array', '[]'],
    ['null', 'null'],
    ['nothing but unknown keys', '{"nope": 1}'],
    ['a key named __proto__', '{"__proto__": {"request": "x"}}'],
    ['nesting just too deep', `${'{"a":'.repeat(65)}1${'}'.repeat(65)}`],
  ])('%s', async (_what, raw) => {
    expectProblem(await send(route, raw), 400, 'INVALID_ARGUMENT')
  })

  test('an unknown key beside a good body, naming it', async () => {
    const problem = expectProblem(await send(route, JSON.stringify({ ...route.body, 'no/pe': 1 })), 400)
    expect(problem.details['issues']).toContainEqual({
      in: 'body',
      pointer: '/no~1pe',
      message: 'unknown key',
    })
  })

  test('a wrong type, NUL or a lone surrogate in each field', async () => {
    for (const key of Object.keys(route.body ?? {}))
      for (const value of ['{"x":{"y":[]}}', '"\\u0000"', '"\\ud800"', '["\\udfff"]', '1e999']) {
        const raw = JSON.stringify({ ...route.body, [key]: 0 }).replace(`"${key}":0`, `"${key}":${value}`)
        const answered = await send(route, raw)
        expect(answered.status, `${raw} gave ${answered.text}`).toBe(400)
      }
  })

  test('another media type', async () => {
    expectProblem(await send(route, JSON.stringify(route.body), 'text/plain'), 415)
  })
})

describe.each(table(ROUTES))('%s', (_title, route) => {
  const ask = (path: string, token: string | null): Promise<Answered> =>
    api.ask(path, {
      method: route.method,
      token,
      ...(route.body === undefined ? {} : { body: route.body }),
    })
  const own = (): string => (route.isWork === true ? ids.token : API_TOKEN)

  test('is closed without the right token', async () => {
    expectProblem(await ask(fill(route.path), null), 401)
    expectProblem(await ask(fill(route.path), 'x'.repeat(40)), 401)
    if (route.isWork === true) expectProblem(await ask(fill(route.path), API_TOKEN), 403)
    else if (route.path !== '/v1/questions/OTHER') expectProblem(await ask(fill(route.path), ids.token), 403)
  })

  test('has no room for queries that it does not know', async () => {
    expectProblem(await ask(`${fill(route.path)}?nope=1`, own()), 400, 'INVALID_ARGUMENT')
  })

  test('takes no id that is none', async () => {
    const places = ['PROJECT', 'ITEM', 'WORK', 'OTHER'].filter((place) => route.path.includes(place))
    for (const place of places)
      for (const id of [
        'x',
        '%00',
        '%ff',
        '..%2f..',
        '01890000-0000-7000-8000-00000000000F',
        `${NO_ID}'--`,
        '%F0%9F%92%A9',
      ]) {
        const answered = await ask(fill(route.path.replace(place, id)), own())
        expect([400, 404], `${id} gave ${answered.text}`).toContain(answered.status)
      }
  })
})

describe.each(table(ROUTES.filter(({ method }) => method === 'GET')))('%s', (_title, route) => {
  const token = (): string => (route.isWork === true ? ids.token : API_TOKEN)
  test('answers hostile queries without a fault of ours', async () => {
    for (const query of [
      'limit=0',
      'limit=-1',
      'limit=1e3',
      'limit=99999999999999999999',
      'cursor=',
      'cursor=%00',
      `cursor=${'A'.repeat(500)}`,
      `cursor=${Buffer.from('[99999999999]').toString('base64url')}`,
      `cursor=${Buffer.from('["9999-99-99T99:99:99.999Z","01890000-0000-7000-8000-000000000000"]').toString('base64url')}`,
      `cursor=${Buffer.from('["0000-01-01T00:00:00.000Z","01890000-0000-7000-8000-000000000000"]').toString('base64url')}`,
      'after=-1',
      'after=9007199254740993',
      'status=nope',
      'kind=nope',
      'order=sideways',
      'text=%25%5C_%27%22',
      'text=%00',
      'label=%ED%A0%80',
      'parent=x',
      'project=x',
      'q=%5C',
      'type=%27',
      'limit=1&limit=2',
      '__proto__=1',
    ]) {
      const answered = await api.ask(`${fill(route.path)}?${query}`, { token: token() })
      expect(answered.status, `${query} gave ${answered.text}`).toBeLessThan(500)
    }
  })
})

describe('text without words', () => {
  test.each(['   ', '\t\n', '\u{feff}'])(
    '%j is no request, and a name that is none is left out',
    async (blank) => {
      for (const [path, body] of [
        ['/v1/projects', { request: blank }],
        ['/api/project/init', { request_text: blank }],
        ['/v1/runs', { idea: blank }],
      ] as const)
        expectProblem(await api.ask(path, { body }), 400, 'INVALID_ARGUMENT')
      const { projectId } = await startProject(api, {
        request: 'Sort the post until 2027-03-01.',
        name: blank,
      })
      expect((await readProject(api, projectId)).name).toBe('Sort the post until 2027-03-01.')
      const run = await api.ask('/v1/runs', { body: { idea: 'A list of the post', title: blank } })
      expect(run.status, run.text).toBe(202)
    },
  )
})
