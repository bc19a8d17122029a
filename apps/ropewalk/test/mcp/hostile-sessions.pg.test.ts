import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeTaskTokens } from '../../src/http/task-token.ts'
import { makeEngineDoor } from '../../src/mcp/engine-door.ts'
import { startIssuer, type Issuer, type IssuerKey } from '../http/support/issuer.ts'
import { API_TOKEN, startApi, type TestApi } from '../http/support/start-api.ts'

let issuer: Issuer
let key: IssuerKey
let api: TestApi
beforeAll(async () => {
  issuer = await startIssuer()
  key = issuer.addKey('EdDSA')
  const settings = { authJwksUrl: issuer.jwksUrl, authIssuer: issuer.url }
  api = await startApi({}, settings, [], ({ engine, config, log }) =>
    makeEngineDoor({ sources: { engine, config, taskTokens: makeTaskTokens(API_TOKEN) }, log }),
  )
})
afterAll(async () => {
  await api.stop()
  await issuer.stop()
})

const send = (token: string, body: unknown, session?: string) =>
  api.ask('/mcp', {
    body,
    token,
    headers: {
      accept: 'application/json, text/event-stream',
      ...(session === undefined ? {} : { 'mcp-session-id': session }),
    },
  })

const LIST = { jsonrpc: '2.0', id: 2, method: 'tools/list' }
const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
}

// What is asked in a session is asked as whoever opened it: with the token of another issuer that is all there is to
// revoke, and a task claimed there would outlive the token that was really sent.
test('a session is of one token of another issuer, and not of the next one that says the same', async () => {
  const [first, second] = [await issuer.sign(key), await issuer.sign(key)]
  const opened = await send(first, INITIALIZE)
  const session = opened.headers.get('mcp-session-id') ?? ''
  expect((await send(first, LIST, session)).status).toBe(200)
  const [taken, missing] = [await send(second, LIST, session), await send(second, LIST, 'none')]
  expect(taken.status).toBe(404)
  expect(taken.text).toBe(missing.text)
})

// Requests are counted per token at the door: a batch would be as many calls as fit a body, counted as one.
test('one request is one message: a batch is refused, whatever is in it', async () => {
  const token = await issuer.sign(key)
  const session = (await send(token, INITIALIZE)).headers.get('mcp-session-id') ?? ''
  const call = (id: number) => ({
    jsonrpc: '2.0',
    id,
    method: 'tools/call',
    params: { name: 'list_threads', arguments: {} },
  })
  for (const batch of [[], [LIST], Array.from({ length: 1000 }, (_, index) => call(index))])
    for (const of of [session, undefined]) {
      const answered = await send(token, batch, of)
      expect([answered.status, answered.text.length < 500]).toEqual([400, true])
    }
  expect((await send(token, LIST, session)).status).toBe(200)
})
