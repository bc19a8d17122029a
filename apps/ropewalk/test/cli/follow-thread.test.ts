import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ThreadId } from '@ropewalk/core/ids'
import { describe, expect, it } from 'vitest'
import { ServerGone } from '../../src/cli/server-gone.ts'
import { makeApi, type Api } from '../../src/cli/api.ts'
import { followThread } from '../../src/cli/follow-thread.ts'
import { EXIT, tell } from '../../src/cli/trouble.ts'

const THREAD = '01a1fa83-8724-7ce8-b0d8-f00f26757fe7' as ThreadId

type Reply = { readonly status: number; readonly body: unknown } | 'hang'

const give = (...seqs: readonly number[]): Reply => ({
  status: 200,
  body: {
    thread_id: THREAD,
    messages: seqs.map((seq) => ({ seq })),
    next_seq: seqs.at(-1) ?? 0,
    has_more: false,
  },
})

/** A server that answers one wait after another, then hangs; what it was asked for is kept. */
const startServer = async (replies: readonly Reply[]) => {
  const asked: unknown[] = []
  const server = createServer((request, response) => {
    request.setEncoding('utf8')
    let text = ''
    request.on('data', (part: string) => (text += part))
    request.on('end', () => {
      const reply = replies[asked.length] ?? 'hang'
      asked.push((JSON.parse(text) as { since_seq: unknown }).since_seq)
      if (reply === 'hang') return
      response.writeHead(reply.status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(reply.body))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const kill = () => {
    server.closeAllConnections()
    server.close()
  }
  return { asked, kill, api: makeApi({ url, token: 'x'.repeat(43) }) }
}

const DRAINING = {
  status: 503,
  body: {
    type: 'urn:ropewalk:error:DRAINING',
    title: 'The server is stopping.',
    status: 503,
    detail: 'The server is stopping.',
    instance: '/v1/mcp/wait_for_messages',
    code: 'DRAINING',
    details: {},
    retryable: true,
    request_id: '01a1fa83-8724-7ce8-b0d8-f00f26757fe7',
    occurred_at: '2026-11-20T19:51:58.974Z',
  },
} as const

const follow = async (of: {
  readonly api: Api
  readonly findApi: () => Promise<Api | undefined>
  readonly until: number
}) => {
  const controller = new AbortController()
  const seen: number[] = []
  let gone = 0
  const onGone = () => {
    gone += 1
  }
  const { api, findApi } = of
  const { signal } = controller
  for await (const { seq } of followThread({ threadId: THREAD, since: 1, api, findApi, onGone, signal })) {
    seen.push(seq)
    // The wait after the last message is cut short, as Ctrl-C does.
    if (seq === of.until) setTimeout(() => controller.abort(), 50)
  }
  return { seen, gone }
}

describe('a thread that is followed', () => {
  it('goes on at another server after the last message that came, and ends without an error when told to', async () => {
    const first = await startServer([give(2, 3), 'hang'])
    const second = await startServer([give(4), 'hang'])
    let looks = 0
    setTimeout(first.kill, 200)
    const findApi = () => {
      looks += 1
      return Promise.resolve(looks === 1 ? undefined : second.api)
    }
    try {
      expect(await follow({ api: first.api, findApi, until: 4 })).toEqual({ seen: [2, 3, 4], gone: 1 })
      expect(first.asked).toEqual([1, 3])
      expect(second.asked).toEqual([3, 4])
      expect(looks).toBe(2)
    } finally {
      second.kill()
    }
  })

  it('waits while its server is stopping, or cannot say yet who asks', async () => {
    const server = await startServer([DRAINING, give(2), 'hang'])
    let looks = 0
    const findApi = () => {
      looks += 1
      return looks === 1 ? Promise.reject(new ServerGone('no answer')) : Promise.resolve(server.api)
    }
    try {
      expect(await follow({ api: server.api, findApi, until: 2 })).toEqual({ seen: [2], gone: 1 })
    } finally {
      server.kill()
    }
  })

  it('ends with an error that waiting does not mend', async () => {
    const body = { ...DRAINING.body, code: 'NOT_FOUND', status: 404 }
    const server = await startServer([{ status: 404, body }])
    const findApi = () => Promise.resolve(server.api)
    await expect(follow({ api: server.api, findApi, until: 2 })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    server.kill()
  })
})

describe('a server that went away in the middle of a command', () => {
  it('is no fault of the program, and the way on is told', () => {
    const told = tell(new ServerGone('http://127.0.0.1:18080 does not answer'))
    expect(told).toMatchObject({ code: 'DRAINING', exit: EXIT.unreachable })
    expect(told.next).toContain('./ropewalk up')
  })
})
