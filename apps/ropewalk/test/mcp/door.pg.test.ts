import { z } from 'zod'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TestApi } from '../http/support/start-api.ts'
import { sendRaw } from '../http/support/raw-request.ts'
import { issueToken, startMcpApi } from './support/clients.ts'

let api: TestApi
let ann: string
let eve: string

beforeAll(async () => {
  api = await startMcpApi()
  ann = await issueToken(api, { agentId: 'ann', role: 'participant' })
  eve = await issueToken(api, { agentId: 'eve', role: 'participant' })
})

afterAll(async () => {
  await api.stop()
})

const ACCEPT = { accept: 'application/json, text/event-stream' }

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
}

const openSession = async (token: string): Promise<string> => {
  const { status, headers } = await api.ask('/mcp', { body: INITIALIZE, token, headers: ACCEPT })
  expect(status).toBe(200)
  return headers.get('mcp-session-id') ?? ''
}

const list = (token: string, session: string) =>
  api.ask('/mcp', {
    body: { jsonrpc: '2.0', id: 2, method: 'tools/list' },
    token,
    headers: { ...ACCEPT, 'mcp-session-id': session },
  })

const NESTED = `${'['.repeat(10_000)}${']'.repeat(10_000)}`

describe('the door of MCP', () => {
  test('asks for a token, and says how to send it', async () => {
    for (const token of [null, 'not-a-token-of-anybody']) {
      const { status, headers } = await api.ask('/mcp', { body: INITIALIZE, token, headers: ACCEPT })
      expect(status).toBe(401)
      expect(headers.get('www-authenticate')).toMatch(/^Bearer .*resource_metadata=/u)
    }
  })

  test('a session ends with the token that opened it', async () => {
    const issued = await api.ask('/v1/tokens', { body: { agentId: 'bob', role: 'participant' } })
    const { token, grantId } = z.looseObject({ token: z.string(), grantId: z.string() }).parse(issued.json)
    const session = await openSession(token)
    expect((await list(token, session)).status).toBe(200)
    const revoked = await api.ask(`/v1/tokens/${grantId}/revoke`, { body: { reason: 'It leaked.' } })
    expect(revoked.status).toBe(200)
    expect((await list(token, session)).status).toBe(401)
  })

  test('a session of one caller is for others as if it were not there', async () => {
    const session = await openSession(ann)
    expect((await list(ann, session)).status).toBe(200)
    const [stolen, missing] = await Promise.all([list(eve, session), list(eve, 'no-such-session')])
    expect(stolen.status).toBe(404)
    expect(stolen.text).toBe(missing.text)
    const ended = await api.ask('/mcp', {
      method: 'DELETE',
      token: eve,
      headers: { 'mcp-session-id': session },
    })
    expect(ended.status).toBe(404)
    expect((await list(ann, session)).status).toBe(200)
  })

  test('a session ends when its client says so', async () => {
    const session = await openSession(ann)
    const ended = await api.ask('/mcp', {
      method: 'DELETE',
      token: ann,
      headers: { 'mcp-session-id': session },
    })
    expect(ended.status).toBe(200)
    expect((await list(ann, session)).status).toBe(404)
  })

  test('pages of other origins and names that were rebound are refused', async () => {
    const origin = await api.ask('/mcp', {
      body: INITIALIZE,
      token: ann,
      headers: { ...ACCEPT, origin: 'http://evil.example' },
    })
    expect(origin.status).toBe(403)
    const rebound = await sendRaw({
      port: api.port,
      method: 'POST',
      path: '/mcp',
      headers: {
        ...ACCEPT,
        host: `evil.example:${api.port}`,
        authorization: `Bearer ${ann}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify(INITIALIZE),
    })
    expect(rebound.status).toBe(403)
  })

  test('without a session only initialize is taken', async () => {
    const { status } = await api.ask('/mcp', {
      body: { jsonrpc: '2.0', id: 3, method: 'tools/list' },
      token: ann,
      headers: ACCEPT,
    })
    expect(status).toBe(400)
  })

  test.each([
    ['NUL in a text', { jsonrpc: '2.0', id: 4, method: 'tools/call', params: { name: '\0' } }],
    ['a number for a method', { jsonrpc: '2.0', id: 4, method: 4 }],
    ['a list of lists', [[[[]]]]],
    ['null', null],
    ['a text', 'initialize'],
    [
      'a name of every object',
      { jsonrpc: '2.0', id: 4, method: 'tools/call', params: { name: '__proto__' } },
    ],
  ])('never breaks: %s', async (_what, body) => {
    const session = await openSession(ann)
    for (const headers of [ACCEPT, { ...ACCEPT, 'mcp-session-id': session }]) {
      const { status } = await api.ask('/mcp', { body, token: ann, headers })
      expect(status).toBeLessThan(500)
    }
  })

  test('takes neither a body over its limit nor one that is nested without end', async () => {
    const send = (raw: string) =>
      api.ask('/mcp', { raw, token: ann, headers: { ...ACCEPT, 'content-type': 'application/json' } })
    expect((await send(`"${'x'.repeat(10_000_000)}"`)).status).toBe(413)
    const call = {
      jsonrpc: '2.0',
      id: 5,
      method: 'tools/call',
      params: { name: 'list_threads', arguments: { a: 0 } },
    }
    expect((await send(JSON.stringify(call).replace('0', NESTED))).status).toBe(400)
    expect((await send('{"jsonrpc":')).status).toBe(400)
  })
})
