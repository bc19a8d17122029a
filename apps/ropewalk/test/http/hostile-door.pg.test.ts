import { request } from 'node:http'
import { WhoAmI } from '@ropewalk/core/contract/api/tokens'
import { sign } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startMcpApi } from '../mcp/support/clients.ts'
import { expectAnswer, expectProblem } from './support/drive.ts'
import { sendBytes, sendRaw } from './support/raw-request.ts'
import { API_TOKEN, startApi, type TestApi } from './support/start-api.ts'
import { assemble, createToken, getSigningKey, splitToken } from './support/tokens.ts'

let api: TestApi
let token: string
beforeAll(async () => {
  api = await startMcpApi()
  token = (await createToken(api)).token
})
afterAll(async () => {
  await api.stop()
})

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
}
const ACCEPT = 'application/json, text/event-stream'

describe('a name that Ropewalk itself goes by', () => {
  const NAMES = ['owner', 'Owner', 'OWNER', 'ropewalk', 'Ropewalk', 'ROPEWALK', 'system', 'System']

  test.each(NAMES)('%s is given to nobody', async (agentId) => {
    const body = { agentId, role: 'participant' }
    expectProblem(await api.ask('/v1/tokens', { body }), 403, 'CLAIM_MISMATCH')
  })

  test('is believed in no token, had our own key signed it', async () => {
    const { header, claims } = splitToken(token)
    const forge = (agent_id: string) =>
      assemble(header, { ...claims, agent_id }, (text) => sign(null, text, getSigningKey(api).privateKey))
    expectAnswer(await api.ask('/v1/whoami', { token: forge('tester') }), WhoAmI)
    for (const name of NAMES)
      expectProblem(await api.ask('/v1/whoami', { token: forge(name) }), 401, 'UNAUTHORIZED')
  })

  test('is believed of no proxy', async () => {
    const behind = await startApi({}, { trustedProxies: '127.0.0.1' })
    try {
      for (const name of NAMES) {
        const headers = { 'x-ropewalk-agent': name, 'x-ropewalk-role': 'participant' }
        expectProblem(await behind.ask('/v1/whoami', { token: null, headers }), 401, 'UNAUTHORIZED')
      }
    } finally {
      await behind.stop()
    }
  })
})

describe('a request that could be read in two ways', () => {
  const sendTo = (path: string, headers: Readonly<Record<string, string>> = {}) =>
    sendRaw({
      port: api.port,
      method: 'POST',
      path,
      headers: {
        authorization: `Bearer ${token}`,
        accept: ACCEPT,
        'content-type': 'application/json',
        ...headers,
      },
      body: JSON.stringify(INITIALIZE),
    })

  test('names its path alone: this is no proxy', async () => {
    for (const origin of ['http://evil.example', api.url, 'https://x@evil.example:1'])
      for (const path of ['/mcp', '/v1/mcp/list_threads'])
        expectProblem(await sendTo(`${origin}${path}`), 400, 'INVALID_ARGUMENT')
  })

  test('has one host and one token', async () => {
    const ask = (lines: readonly string[]) =>
      sendBytes(api.port, ['GET /v1/whoami HTTP/1.1', ...lines, 'Connection: close', '', ''].join('\r\n'))
    const host = `Host: 127.0.0.1:${api.port}`
    const bearer = `Authorization: Bearer ${token}`
    expect(await ask([host, bearer])).toMatch(/^HTTP\/1\.1 200 /u)
    expect(await ask([host, 'Host: evil.example', bearer])).toMatch(/^HTTP\/1\.1 400 /u)
    expect(await ask([host, host, bearer])).toMatch(/^HTTP\/1\.1 400 /u)
    expect(await ask([host, bearer, `Authorization: Bearer ${API_TOKEN}`])).toMatch(/^HTTP\/1\.1 400 /u)
    expect(await ask([host, bearer, `authorization: Basic eA==`])).toMatch(/^HTTP\/1\.1 400 /u)
  })
})

test('a stream for news of MCP is open as soon as it is asked for, and not with its first news', async () => {
  const opened = await api.ask('/mcp', { body: INITIALIZE, token, headers: { accept: ACCEPT } })
  const session = opened.headers.get('mcp-session-id') ?? ''
  const head = await new Promise<number | undefined>((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${token}`,
      accept: 'text/event-stream',
      'mcp-session-id': session,
      'mcp-protocol-version': '2025-11-25',
    }
    const sent = request({ host: '127.0.0.1', port: api.port, path: '/mcp', headers, timeout: 3000 })
    sent.on('response', (response) => {
      resolve(response.statusCode)
      response.destroy()
    })
    sent.on('timeout', () => {
      resolve(undefined)
      sent.destroy()
    })
    sent.on('error', reject)
    sent.end()
  })
  expect(head).toBe(200)
})
