import { setTimeout as sleep } from 'node:timers/promises'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { METHOD_CONTRACTS } from '@ropewalk/core/contract/methods/list'
import { afterEach, describe, expect, test } from 'vitest'
import type { CallMethod } from '../../src/mcp/call.ts'
import { makeMcpDoor } from '../../src/mcp/make-door.ts'
import { makeMcpServer } from '../../src/mcp/make-server.ts'
import { API_TOKEN, startApi, type TestApi } from '../http/support/start-api.ts'
import { connectClient, connectHttp, ERAS, readProblem } from './support/clients.ts'

const NOTHING_CAME = { thread_id: null, messages: [], next_seq: 0, has_more: false }
const ACKED = { ok: true, last_read_seq: 1, updated_at: '2026-11-20T12:00:00.000Z' }
const WORK_MS = 400

/** Methods whose waiting and working can be seen. */
const makeMethods = () => {
  const seen = { waiting: 0, ended: 0, requestIds: new Set<string>() }
  const callMethod: CallMethod = async (name, _input, { signal, requestId }) => {
    seen.requestIds.add(requestId)
    if (name === 'ack_read') {
      await sleep(WORK_MS)
      return ACKED
    }
    if (name !== 'wait_for_messages') throw new Error(`Something with a secret inside: ${name}`)
    seen.waiting += 1
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true })
      if (signal.aborted) resolve()
    })
    seen.ended += 1
    return NOTHING_CAME
  }
  return { seen, callMethod }
}

let api: TestApi | undefined

const start = async () => {
  const { seen, callMethod } = makeMethods()
  const faults: string[] = []
  const started = await startApi({}, {}, [], ({ log }) =>
    makeMcpDoor({
      log,
      makeServer: ({ getVisit }) =>
        makeMcpServer({
          methods: METHOD_CONTRACTS,
          isOpen: () => true,
          callMethod,
          getVisit,
          noteFault: ({ cause }, { operation }) => {
            faults.push(`${operation}: ${String(cause)}`)
          },
        }),
    }),
  )
  api = started
  return { api: started, seen, faults }
}

afterEach(async () => {
  await api?.stop()
})

describe.each(ERAS)('a call over MCP, %s', (era) => {
  test('ends when the connection of its client is gone', async () => {
    const {
      api: { url },
      seen,
    } = await start()
    const gone = new AbortController()
    const { call, close } = await connectClient(
      new StreamableHTTPClientTransport(new URL('/mcp', url), {
        requestInit: { headers: { authorization: `Bearer ${API_TOKEN}` } },
        fetch: (to, init) =>
          fetch(to, {
            ...init,
            signal: AbortSignal.any([gone.signal, ...(init?.signal ? [init.signal] : [])]),
          }),
      }),
      era,
    )
    const refused = expect(call('wait_for_messages')).rejects.toThrow()
    await expect.poll(() => seen.waiting).toBe(1)
    expect(seen.ended).toBe(0)
    gone.abort()
    await expect.poll(() => seen.ended).toBe(1)
    await close()
    await refused
  })

  test('ends when its client cancels it', async () => {
    const { api: running, seen } = await start()
    const { client, close } = await connectHttp(running, { token: API_TOKEN, era })
    const cancelling = new AbortController()
    const refused = expect(
      client.callTool({ name: 'wait_for_messages', arguments: {} }, { signal: cancelling.signal }),
    ).rejects.toThrow()
    await expect.poll(() => seen.waiting).toBe(1)
    cancelling.abort()
    await expect.poll(() => seen.ended).toBe(1)
    await refused
    await close()
  })

  test('that waits is answered at once when the server stops, and one at work when it is done', async () => {
    const { api: running, seen } = await start()
    const { ask } = await connectHttp(running, { token: API_TOKEN, era })
    const waiting = ask('wait_for_messages')
    await expect.poll(() => seen.waiting).toBe(1)
    const working = ask('ack_read')
    await sleep(WORK_MS / 4)
    const begun = performance.now()
    const stopped = running.stop()
    api = undefined
    expect(await waiting).toEqual(NOTHING_CAME)
    expect(await working).toEqual(ACKED)
    await stopped
    expect(performance.now() - begun).toBeLessThan(4500)
  })

  test('tells of our own faults nothing but the id of the request', async () => {
    const { api: running, faults, seen } = await start()
    const { call, close } = await connectHttp(running, { token: API_TOKEN, era })
    const problem = readProblem(await call('list_runs'))
    expect(problem).toMatchObject({ code: 'INTERNAL', details: {}, retryable: false })
    expect(problem.message).not.toContain('secret')
    expect(problem.message).toContain(problem.request_id)
    expect([...seen.requestIds]).toEqual([problem.request_id])
    expect(faults).toEqual(['list_runs: Error: Something with a secret inside: list_runs'])
    await close()
  })
})
