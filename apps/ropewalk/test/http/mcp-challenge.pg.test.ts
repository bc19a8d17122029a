import type { Caller } from '@ropewalk/core/access/caller'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectProblem } from './support/drive.ts'
import { sendRaw } from './support/raw-request.ts'
import { startApi, type TestApi } from './support/start-api.ts'
import { createToken } from './support/tokens.ts'

const callers: Caller[] = []

let api: TestApi
beforeAll(async () => {
  api = await startApi({}, { publicUrl: 'https://walk.example/' }, [], () => ({
    answer: ({ caller, request }) => {
      callers.push(caller)
      return Promise.resolve(Response.json({ hasToken: request.headers.has('authorization') }))
    },
    stop: () => Promise.resolve(),
  }))
})
afterAll(async () => {
  await api.stop()
})

const ask = (token: string | null) => api.ask('/mcp', { body: { jsonrpc: '2.0' }, token })

test('an MCP client without a good token is told where to read on', async () => {
  for (const token of [null, 'nonsense', 'eyJ.eyJ.AAAA']) {
    const answered = await ask(token)
    expectProblem(answered, 401, 'UNAUTHORIZED')
    expect(answered.headers.get('www-authenticate')).toBe(
      'Bearer realm="ropewalk", resource_metadata="https://walk.example/.well-known/oauth-protected-resource/mcp"',
    )
  }
  const metadata = await api.ask('/.well-known/oauth-protected-resource/mcp', { token: null })
  expect(metadata.json).toMatchObject({ resource: 'https://walk.example/mcp' })
})

test('the door behind is handed who calls, and not their token', async () => {
  const { token } = await createToken(api, { agentId: 'client' })
  expect((await ask(token)).json).toEqual({ hasToken: false })
  expect(callers.at(-1)).toMatchObject({ agentId: 'client', role: 'participant' })
})

test('the public name of the server is one of its names; a page that rebinds another is none', async () => {
  const send = (headers: Record<string, string>) => sendRaw({ port: api.port, path: '/healthz', headers })
  expect((await send({ host: 'walk.example' })).status).toBe(200)
  expect((await send({ host: 'walk.example', origin: 'https://walk.example' })).status).toBe(200)
  for (const headers of [
    { host: 'evil.example' },
    { host: 'walk.example.evil' },
    { host: 'walk.example:1' },
    { host: 'walk.example', origin: 'https://evil.example' },
    { host: 'walk.example', origin: 'null' },
  ])
    expectProblem(await send(headers), 403, 'FORBIDDEN')
})
