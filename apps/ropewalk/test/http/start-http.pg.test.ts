import { createServer } from 'node:net'
import { connect, type AddressInfo } from 'node:net'
import { RopewalkError } from '@ropewalk/core/errors'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeApiToken } from '../../src/cli/home.ts'
import { readConfig } from '../../src/config.ts'
import { startHttp, type HttpOptions } from '../../src/http/start-http.ts'
import { makeLog } from '../../src/log.ts'
import { openSigningKeys } from '../../src/store/keys/signing-keys.ts'
import { expectProblem } from './support/drive.ts'
import { makeTestPlaybook } from './support/playbook.ts'
import { sendRaw } from './support/raw-request.ts'
import { API_TOKEN, startApi, type TestApi } from './support/start-api.ts'

let api: TestApi
beforeAll(async () => {
  api = await startApi()
})
afterAll(async () => {
  await api.stop()
})

const makeOptions = (flags: Record<string, unknown>, other: Partial<HttpOptions> = {}): HttpOptions => ({
  engine: api.engine,
  deadLetters: api.deadLetters,
  config: readConfig({ HOME: api.home }, { flags: { home: api.home, ...flags }, cwd: api.home }),
  pinned: makeTestPlaybook(),
  token: API_TOKEN,
  keys: openSigningKeys(api.home),
  home: api.home,
  readiness: () => Promise.resolve(),
  log: makeLog({ level: 'silent' }),
  ...other,
})

describe('the door does not open', () => {
  test.each(['', ' ', 'short', 'has a space in its middle', 'ünïcödë-is-no-header-text'])(
    'with the token "%s"',
    async (token) => {
      await expect(startHttp(makeOptions({ port: 0 }, { token }))).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      })
    },
  )

  test('to other machines without real secrets, and to nobody with half an issuer', async () => {
    const refusal = { code: 'INVALID_ARGUMENT' }
    await expect(startHttp(makeOptions({ port: 0, host: '0.0.0.0' }))).rejects.toMatchObject(refusal)
    const databaseUrl = 'postgres://postgres:postgres@db/x'
    const token = makeApiToken()
    await expect(
      startHttp(makeOptions({ port: 0, host: '0.0.0.0', databaseUrl }, { token })),
    ).rejects.toMatchObject(refusal)
    await expect(
      startHttp(makeOptions({ port: 0, authJwksUrl: 'https://id.example/keys' })),
    ).rejects.toMatchObject(refusal)
    const http = await startHttp(makeOptions({ port: 0, host: '0.0.0.0' }, { token }))
    await http.stop()
  })

  test('on a port that was named and is taken', async () => {
    await expect(startHttp(makeOptions({ port: api.port }))).rejects.toMatchObject({ code: 'CONFLICT' })
  })
})

test('where nobody named the port and it is taken, the next free one is used', async () => {
  const blocker = createServer()
  await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve))
  const { port } = blocker.address() as AddressInfo
  const options = makeOptions({})
  const http = await startHttp({ ...options, config: { ...options.config, port } })
  expect(http.port).toBeGreaterThan(port)
  expect(http.url).toBe(`http://127.0.0.1:${http.port}`)
  await http.stop()
  blocker.close()
})

test('readiness tells a missing database from a wrong one', async () => {
  let trouble = new Error('connection refused')
  const http = await startHttp(makeOptions({ port: 0 }, { readiness: () => Promise.reject(trouble) }))
  const ask = () => sendRaw({ port: http.port, path: '/readyz' })
  const missing = await ask()
  expectProblem(missing, 503, 'STORE_UNAVAILABLE')
  expect(missing.text).not.toContain('refused')
  expect(missing.headers.get('retry-after')).toBe('1')
  trouble = new RopewalkError('MIGRATION_REQUIRED', 'The database is newer.')
  expectProblem(await ask(), 503, 'MIGRATION_REQUIRED')
  await http.stop()
})

test('too many requests in a second are told when to come back; probes are not counted', async () => {
  const http = await startHttp(makeOptions({ port: 0 }, { limits: { requestsPerSecond: 3 } }))
  const headers = { authorization: `Bearer ${API_TOKEN}` }
  const answers = await Promise.all(
    Array.from({ length: 12 }, () => sendRaw({ port: http.port, path: '/v1/runs', headers })),
  )
  const limited = answers.filter(({ status }) => status === 429)
  expect(limited.length).toBeGreaterThan(4)
  const problem = expectProblem(limited[0] ?? { ...answers[0]!, status: 0 }, 429, 'RATE_LIMITED')
  expect(problem.retryable).toBe(true)
  expect(limited[0]?.headers.get('retry-after')).toBe('1')
  const probes = await Promise.all(
    Array.from({ length: 12 }, () => sendRaw({ port: http.port, path: '/healthz' })),
  )
  expect(probes.every(({ status }) => status === 200)).toBe(true)
  await http.stop()
})

test('an overloaded process says so, and its health all the same', async () => {
  const http = await startHttp(makeOptions({ port: 0 }, { limits: { eventLoopDelayMs: 20 } }))
  const headers = { authorization: `Bearer ${API_TOKEN}` }
  const busy = setInterval(() => {
    const until = performance.now() + 80
    while (performance.now() < until);
  }, 85)
  try {
    await expect
      .poll(async () => (await sendRaw({ port: http.port, path: '/v1/runs', headers })).status)
      .toBe(503)
    const answered = await sendRaw({ port: http.port, path: '/v1/runs', headers })
    expectProblem(answered, 503, 'OVERLOADED')
    expect(answered.headers.get('retry-after')).toBe('2')
    expect((await sendRaw({ port: http.port, path: '/healthz' })).status).toBe(200)
  } finally {
    clearInterval(busy)
    await http.stop()
  }
})

test('a fault of ours tells the request id and nothing of itself', async () => {
  const engine = { ...api.engine, listRuns: () => Promise.reject(new Error('password=hunter2 in /secret')) }
  const http = await startHttp(makeOptions({ port: 0 }, { engine }))
  const answered = await sendRaw({
    port: http.port,
    path: '/v1/runs',
    headers: { authorization: `Bearer ${API_TOKEN}` },
  })
  const problem = expectProblem(answered, 500, 'INTERNAL')
  expect(answered.text).not.toContain('hunter2')
  expect(problem.detail).toContain(problem.request_id)
  expect(answered.headers.get('x-request-id')).toBe(problem.request_id)
  await http.stop()
})

test('a request that arrives too slowly is ended', async () => {
  const limits = { headersTimeoutMs: 300, requestTimeoutMs: 600 }
  const http = await startHttp(makeOptions({ port: 0 }, { limits }))
  const answer = await new Promise<string>((resolve, reject) => {
    const chunks: Buffer[] = []
    const socket = connect(http.port, '127.0.0.1', () => socket.write('GET /healthz HTTP/1.1\r\n'))
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('error', reject)
    socket.on('close', () => {
      resolve(Buffer.concat(chunks).toString('utf8'))
    })
  })
  expect(answer).toMatch(/^HTTP\/1\.1 400 /u)
  await http.stop()
})

test('stopping ends event streams and connections without a request at once, and is done once', async () => {
  // Waiting for them to end by themselves would take longer than a test may.
  const http = await startHttp(makeOptions({ port: 0 }, { limits: { drainMs: 600_000 } }))
  const response = await fetch(`${http.url}/v1/events/stream`, {
    headers: { authorization: `Bearer ${API_TOKEN}` },
  })
  const reading = response.text()
  const ahead = connect(http.port, '127.0.0.1')
  await new Promise((resolve) => ahead.once('connect', resolve))
  await Promise.all([http.stop(), http.stop()])
  expect(await reading).toContain('retry: ')
  await expect(fetch(`${http.url}/healthz`)).rejects.toThrow()
})
