import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeTaskTokens } from '../../src/http/task-token.ts'
import { claimTask, expectProblem, startRun } from './support/drive.ts'
import { sendBytes, sendRaw } from './support/raw-request.ts'
import { API_TOKEN, startApi, type Answered, type TestApi } from './support/start-api.ts'

const NO_ID = '01890000-0000-7000-8000-000000000000'

type Route = {
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** A body that keeps the contract, for routes that take one. */
  readonly body?: Readonly<Record<string, unknown>>
  readonly isTask?: boolean
}

const output = { name: 'Sketch', mediaType: 'text/plain', content: 'x' }

/** Every route with a token. RUN, TASK and OTHER stand for ids that exist. */
const ROUTES: readonly Route[] = [
  { method: 'POST', path: '/v1/plans', body: { idea: 'x' } },
  { method: 'POST', path: '/v1/runs', body: { idea: 'x' } },
  { method: 'GET', path: '/v1/runs' },
  { method: 'GET', path: '/v1/runs/RUN' },
  { method: 'POST', path: '/v1/runs/RUN/signals', body: { signal: 'pause' } },
  { method: 'POST', path: '/v1/runs/RUN/budget', body: { addUsd: 1 } },
  { method: 'POST', path: '/v1/runs/RUN/fork', body: { phase: 'sketch' } },
  { method: 'GET', path: '/v1/runs/RUN/tasks' },
  { method: 'GET', path: '/v1/tasks/TASK' },
  { method: 'GET', path: '/v1/runs/RUN/artifacts' },
  { method: 'POST', path: '/v1/runs/RUN/artifacts', body: { name: 'Idea', content: { text: 'x' } } },
  {
    method: 'POST',
    path: '/v1/runs/RUN/artifacts/preview',
    body: { name: 'Idea', content: { text: 'x' } },
  },
  { method: 'GET', path: '/v1/artifacts/OTHER' },
  { method: 'GET', path: '/v1/artifacts/OTHER/content' },
  { method: 'GET', path: '/v1/runs/RUN/gates/sketch' },
  { method: 'GET', path: '/v1/questions' },
  { method: 'POST', path: '/v1/questions/OTHER/answer', body: { answer: 'x' } },
  { method: 'GET', path: '/v1/runs/RUN/cost' },
  { method: 'GET', path: '/v1/runs/RUN/logs' },
  { method: 'GET', path: '/v1/runs/RUN/story' },
  { method: 'GET', path: '/v1/past-use' },
  { method: 'GET', path: '/v1/runs/RUN/compare/RUN' },
  { method: 'GET', path: '/v1/runs/RUN/dossier' },
  { method: 'GET', path: '/v1/events' },
  { method: 'GET', path: '/v1/events/stream' },
  { method: 'GET', path: '/v1/openapi.json' },
  { method: 'POST', path: '/v1/tasks/claim', body: { worker: 'w', capabilities: ['other'] } },
  { method: 'POST', path: '/v1/tasks/TASK/heartbeat', body: { pct: 1 }, isTask: true },
  { method: 'POST', path: '/v1/tasks/TASK/checkpoint', body: { token: 'a', data: {} }, isTask: true },
  { method: 'POST', path: '/v1/tasks/TASK/log', body: { lines: [{ text: 'x' }] }, isTask: true },
  { method: 'POST', path: '/v1/tasks/TASK/complete', body: { outputs: [output] }, isTask: true },
  { method: 'POST', path: '/v1/tasks/TASK/fail', body: { errorClass: 'fatal', message: 'x' }, isTask: true },
  { method: 'POST', path: '/v1/tasks/TASK/blobs', isTask: true },
  { method: 'POST', path: '/v1/uploads' },
]

const POSTS = ROUTES.filter(({ body }) => body !== undefined)
const GETS = ROUTES.filter(({ method }) => method === 'GET')
const title = ({ method, path }: Route): string => `${method} ${path}`
const table = (routes: readonly Route[]) => routes.map((route) => [title(route), route] as const)

let api: TestApi
let ids: { readonly run: string; readonly task: string; readonly token: string }

beforeAll(async () => {
  api = await startApi()
  const { runId } = await startRun(api)
  const { task, token } = await claimTask(api, runId)
  ids = { run: runId, task: task.id, token }
})
afterAll(async () => {
  await api.stop()
})

const fill = (path: string): string =>
  path.replace('RUN', ids.run).replace('TASK', ids.task).replace('OTHER', NO_ID)

const tokenOf = (route: Route): string => (route.isTask === true ? ids.token : API_TOKEN)

const post = (
  route: Route,
  raw: string | Uint8Array<ArrayBuffer>,
  type = 'application/json',
): Promise<Answered> =>
  api.ask(fill(route.path), { method: 'POST', raw, headers: { 'content-type': type }, token: tokenOf(route) })

const send = (route: Route, headers: Record<string, string>, path = fill(route.path)): Promise<Answered> =>
  sendRaw({
    port: api.port,
    method: route.method,
    path,
    headers: {
      authorization: `Bearer ${tokenOf(route)}`,
      ...(route.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(route.body === undefined ? {} : { body: JSON.stringify(route.body) }),
  })

describe.each(table(POSTS))('%s refuses', (_title, route) => {
  test.each([
    ['a body that is not JSON', '{"idea": '],
    ['an empty body', ''],
    ['bytes that are not UTF-8', new Uint8Array([0x22, 0xff, 0xfe, 0x22])],
    ['an array', '[]'],
    ['a string', '"x"'],
    ['a number', '5'],
    ['null', 'null'],
    ['nothing but unknown keys', '{"nope": 1}'],
    ['a key named __proto__', '{"__proto__": {"idea": "x"}}'],
    ['nesting without end', '['.repeat(900_000)],
    ['nesting just too deep', `${'{"a":'.repeat(65)}1${'}'.repeat(65)}`],
    ['endless values', `[${'1,'.repeat(300_000)}1]`],
  ])('%s', async (_what, raw) => {
    expectProblem(await post(route, raw), 400, 'INVALID_ARGUMENT')
  })

  test('an unknown key beside a good body, naming it', async () => {
    const problem = expectProblem(await post(route, JSON.stringify({ ...route.body, 'no/pe': 1 })), 400)
    expect(problem.details['issues']).toContainEqual({
      in: 'body',
      pointer: '/no~1pe',
      message: 'unknown key',
    })
  })

  test('a wrong type, NUL or a lone surrogate in each field', async () => {
    for (const key of Object.keys(route.body ?? {})) {
      for (const value of ['{"x":{"y":[]}}', '"\\u0000"', '"\\ud800"', '["\\udfff"]', '1e999', 'true']) {
        // Documents are data: there, only what cannot be stored is refused.
        if ((key === 'content' || key === 'data') && !value.includes('\\u')) continue
        const raw = JSON.stringify({ ...route.body, [key]: 0 }).replace(`"${key}":0`, `"${key}":${value}`)
        const answered = await post(route, raw)
        expect(answered.status, `${raw} gave ${answered.text}`).toBe(400)
        expectProblem(answered, 400, 'INVALID_ARGUMENT')
      }
    }
  })

  test('anything but JSON, and JSON in another charset', async () => {
    const good = JSON.stringify(route.body)
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/json; charset=utf-16',
      'application/jsonp',
      'x',
    ])
      expectProblem(await post(route, good, type), 415, 'UNSUPPORTED_MEDIA_TYPE')
  })

  test('a huge body', async () => {
    const limit = /complete|artifacts|fork/u.test(route.path) ? 33_554_433 : 1_048_577
    expectProblem(await post(route, `"${'x'.repeat(limit)}"`), 413, 'PAYLOAD_TOO_LARGE')
  })

  test('a number as text', async () => {
    const numbers = Object.entries({ ...route.body, attempt: 1 }).filter(
      ([, value]) => typeof value === 'number',
    )
    for (const [key, value] of numbers)
      expectProblem(await post(route, JSON.stringify({ ...route.body, [key]: String(value) })), 400)
  })
})

describe.each(table(GETS))('%s refuses', (_title, route) => {
  test.each(['?nope=1', '?%00=1', '?limit=%00', '?after=%ed%a0%80', '?cursor=%zz', '?token=x', '?a=1&a=2'])(
    'the query %s',
    async (query) => {
      if (route.path.endsWith('openapi.json') && !query.includes('%')) return
      expectProblem(await send(route, {}, fill(route.path) + query), 400, 'INVALID_ARGUMENT')
    },
  )
})

describe.each(table(ROUTES))('%s refuses', (_title, route) => {
  test.each([
    ['no token', {}, 401],
    ['an empty token', { authorization: 'Bearer ' }, 401],
    ['a short token', { authorization: 'Bearer x' }, 401],
    ['another token', { authorization: `Bearer ${API_TOKEN.replace('o', 'x')}` }, 401],
    ['the token with something after it', { authorization: `Bearer ${API_TOKEN}x` }, 401],
    ['another scheme', { authorization: `Basic ${API_TOKEN}` }, 401],
    ['a forged task token', { authorization: `Bearer ${'rwt1.'}${'e30'}.${'A'.repeat(43)}` }, 401],
  ] as const)('%s', async (_what, headers, status) => {
    const answered = await sendRaw({ port: api.port, method: route.method, path: fill(route.path), headers })
    expectProblem(answered, status, 'UNAUTHORIZED')
    expect(answered.headers.get('www-authenticate')).toContain('Bearer')
  })

  test('the token in the address', async () => {
    const path = `${fill(route.path)}?access_token=${API_TOKEN}`
    expectProblem(await sendRaw({ port: api.port, method: route.method, path }), 401)
  })

  test('another Host', async () => {
    for (const host of [
      'evil.example',
      `evil.example:${api.port}`,
      '127.0.0.1:1',
      '127.0.0.1',
      `localhost.:${api.port}`,
    ])
      expectProblem(await send(route, { host }), 403, 'FORBIDDEN')
  })

  test('a foreign page', async () => {
    for (const origin of ['http://evil.example', 'null', `https://127.0.0.1:${api.port}`, 'http://127.0.0.1'])
      expectProblem(await send(route, { origin }), 403, 'FORBIDDEN')
    expectProblem(await send(route, { 'sec-fetch-site': 'cross-site' }), 403, 'FORBIDDEN')
  })

  test('a WebSocket', async () => {
    const headers = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': randomBytes(16).toString('base64'),
    }
    expectProblem(await send(route, headers), 400, 'INVALID_ARGUMENT')
  })

  test('another method, saying which it takes', async () => {
    for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE']) {
      const answered = await sendRaw({
        port: api.port,
        method,
        path: fill(route.path),
        headers: { authorization: `Bearer ${API_TOKEN}` },
      })
      expectProblem(answered, 405, 'METHOD_NOT_ALLOWED')
      expect(answered.headers.get('allow')).toContain(route.method)
      expect(answered.headers.get('access-control-allow-origin')).toBeNull()
    }
  })

  test('ids that are none', async () => {
    if (!/RUN|TASK|OTHER/u.test(route.path)) return
    for (const id of [
      '1',
      '%00',
      'RUN',
      '..%2f..',
      "'%20or%201=1",
      'x'.repeat(300),
      '%F0%9F%92%A9',
      NO_ID.toUpperCase(),
    ]) {
      const path = route.path.replace(/RUN|TASK|OTHER/u, id)
      const answered = await send(route, {}, path)
      expect([400, 403, 404], `${path}: ${answered.text}`).toContain(answered.status)
      expectProblem(answered, answered.status)
    }
  })
})

describe('lists refuse', () => {
  const cursorOf = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  test.each(['/v1/runs', '/v1/questions', '/v1/runs/RUN/tasks', '/v1/runs/RUN/artifacts'])(
    'cursors and limits that nobody gave: %s',
    async (path) => {
      const cursors = [
        'x',
        '%00',
        cursorOf([]),
        cursorOf({ a: 1 }),
        cursorOf(['2026-01-01T00:00:00.000Z', "' or 1=1"]),
        'x'.repeat(500),
      ]
      for (const cursor of cursors) {
        const answered = await api.ask(`${fill(path)}?cursor=${cursor}`)
        expectProblem(answered, 400, 'INVALID_ARGUMENT')
      }
      // Of the right form, so a list that sorts by id alone may take them; no list may break on them.
      for (const day of ['2026-99-99T99:99:99.999Z', '2026-02-30T00:00:00.000Z']) {
        const answered = await api.ask(`${fill(path)}?cursor=${cursorOf([day, NO_ID])}`)
        expect([200, 400], answered.text).toContain(answered.status)
      }
      for (const limit of ['0', '201', '-1', '1e2', '0x10', ' 5', '', 'x', '5.0', '99999999999999999999'])
        expectProblem(await api.ask(`${fill(path)}?limit=${encodeURIComponent(limit)}`), 400)
    },
  )

  test('positions that cannot be', async () => {
    for (const after of ['-1', 'x', '1.5', '9007199254740993', '99999999999999999999']) {
      expectProblem(await api.ask(`/v1/events?after=${after}`), 400)
      expectProblem(await api.ask(`/v1/events/stream?after=${after}`), 400)
      expectProblem(await api.ask('/v1/events/stream', { headers: { 'last-event-id': after } }), 400)
      expectProblem(await api.ask(`/v1/runs/${ids.run}/logs?after=${after}`), 400)
    }
    const far = await api.ask(`/v1/events?after=${Number.MAX_SAFE_INTEGER}`)
    expect([far.status, (far.json as { items: unknown[] }).items]).toEqual([200, []])
    expect((await api.ask(`/v1/runs/${ids.run}/logs?after=${Number.MAX_SAFE_INTEGER}`)).status).toBe(200)
  })

  test('a status that is none', async () => {
    expectProblem(await api.ask('/v1/runs?status=nope'), 400)
    expectProblem(await api.ask('/v1/questions?status=nope'), 400)
  })
})

describe('what is hardly HTTP', () => {
  const host = () => `Host: 127.0.0.1:${api.port}\r\n`
  test.each([
    ['words', () => 'hello\r\n\r\n'],
    ['no Host', () => 'GET /healthz HTTP/1.1\r\n\r\n'],
    ['a header without end', () => `GET /healthz HTTP/1.1\r\n${host()}X: ${'x'.repeat(40_000)}\r\n\r\n`],
    [
      'two lengths',
      () => `POST /v1/runs HTTP/1.1\r\n${host()}Content-Length: 1\r\nContent-Length: 2\r\n\r\nx`,
    ],
    [
      'length and chunks',
      () =>
        `POST /v1/runs HTTP/1.1\r\n${host()}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    [
      'a broken chunk',
      () =>
        `POST /v1/runs HTTP/1.1\r\n${host()}Authorization: Bearer ${API_TOKEN}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
    ],
  ])('%s is answered with 4xx', async (_what, bytes) => {
    const answer = await sendBytes(api.port, bytes())
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /u)
  })

  test.each([
    '/%',
    '/%00',
    '/%ed%a0%80',
    '//',
    '/v1/runs/',
    '/v1//runs',
    '/%2e%2e/x',
    '/v1/runs/%2e%2e',
    '*',
  ])('the address %s is 4xx', async (path) => {
    const answered = await sendRaw({
      port: api.port,
      path,
      headers: { authorization: `Bearer ${API_TOKEN}` },
    })
    expect([400, 404]).toContain(answered.status)
    expectProblem(answered, answered.status)
  })

  test('an address without end is 4xx', async () => {
    const path = `/v1/runs?cursor=${'x'.repeat(10_000)}`
    const answered = await sendRaw({
      port: api.port,
      path,
      headers: { authorization: `Bearer ${API_TOKEN}` },
    })
    expectProblem(answered, 400)
  })
})

describe('a claim', () => {
  test.each(['model', 'coder', 'tool', 'guard'])('may not ask for %s', async (capability) => {
    const body = { worker: 'w', capabilities: ['sketch', capability] }
    expectProblem(await api.ask('/v1/tasks/claim', { body }), 403, 'FORBIDDEN')
  })
})

describe('the token of a task', () => {
  const OWNER_ONLY = ROUTES.filter(({ isTask, path }) => isTask !== true && !path.includes('artifacts/OTHER'))
  test.each(table(OWNER_ONLY))('may not %s', async (_title, route) => {
    const options = {
      method: route.method,
      token: ids.token,
      ...(route.body === undefined ? {} : { body: route.body }),
    }
    expectProblem(await api.ask(fill(route.path), options), 403, 'FORBIDDEN')
  })

  const TASK_ONLY = ROUTES.filter(({ isTask }) => isTask === true)
  test.each(table(TASK_ONLY))("is what %s takes, not the owner's", async (_title, route) => {
    const options = { method: 'POST', ...(route.body === undefined ? {} : { body: route.body }) }
    expectProblem(await api.ask(fill(route.path), options), 403, 'FORBIDDEN')
  })

  test.each(table(TASK_ONLY))('of one task does not do for another: %s', async (_title, route) => {
    const path = route.path.replace('TASK', NO_ID)
    const type = route.body === undefined ? 'application/octet-stream' : 'application/json'
    const raw = route.body === undefined ? 'x' : JSON.stringify(route.body)
    const answered = await api.ask(path, { raw, headers: { 'content-type': type }, token: ids.token })
    expectProblem(answered, 403, 'FORBIDDEN')
  })

  test.each(table(TASK_ONLY))('of a superseded attempt is stale: %s', async (_title, route) => {
    const claim = makeTaskTokens(API_TOKEN).verify(ids.token)
    if (claim === undefined) throw new Error('the token was good')
    const { expiresAt: _, ...rest } = claim
    const token = makeTaskTokens(API_TOKEN).sign({ ...rest, attempt: claim.attempt + 1 })
    const type = route.body === undefined ? 'application/octet-stream' : 'application/json'
    const raw = route.body === undefined ? 'x' : JSON.stringify(route.body)
    const answered = await api.ask(fill(route.path), { raw, headers: { 'content-type': type }, token })
    expectProblem(answered, 409, 'STALE_ATTEMPT')
  })
})
