import { createServer, type Server } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { WorkspaceId } from '@ropewalk/core/ids'
import { afterEach, expect, test } from 'vitest'
import type { EventView } from '../../src/engine/contract.ts'
import type { EventFeed } from '../../src/http/event-feed.ts'
import { streamEvents } from '../../src/http/event-stream.ts'

const WORKSPACE = WorkspaceId.parse('default')

const makeEvent = (position: number): EventView => ({
  position,
  stream: '01890000-0000-7000-8000-000000000000',
  seq: position,
  id: '01890000-0000-7000-8000-000000000001',
  type: 'phase.started',
  v: 1,
  at: '2026-01-01T00:00:00.000Z',
  by: { kind: 'engine', id: 'test' },
  correlationId: 'c',
  causationId: null,
  data: { phase: 'x'.repeat(6000) },
})

/** A feed that never runs dry, and counts how far it was read. */
const makeEndlessFeed = (): EventFeed & { readonly getRead: () => number } => {
  let read = 0
  return {
    getGeneration: () => 0,
    isOver: () => false,
    stop: () => undefined,
    wait: () => Promise.resolve(),
    list: ({ after }) => {
      read = after + 100
      return Promise.resolve(Array.from({ length: 100 }, (_, index) => makeEvent(after + index + 1)))
    },
    getRead: () => read,
  }
}

let server: Server | undefined
let socket: Socket | undefined
afterEach(() => {
  socket?.destroy()
  server?.closeAllConnections()
  server?.close()
})

const serve = async (feed: EventFeed, stallMs: number): Promise<{ port: number; getDrops: () => number }> => {
  let drops = 0
  server = createServer((_request, response) => {
    const closing = new AbortController()
    response.on('close', () => closing.abort())
    const drop = (): void => {
      drops += 1
      response.destroy()
    }
    const { signal } = closing
    const options = { feed, workspaceId: WORKSPACE, after: 0, heartbeatMs: 1000, stallMs, signal, drop }
    Readable.from(streamEvents(options), { objectMode: true, highWaterMark: 1 }).pipe(response)
  })
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  return { port: (server.address() as AddressInfo).port, getDrops: () => drops }
}

const open = (port: number): Socket => {
  socket = connect(port, '127.0.0.1')
  socket.on('error', () => socket?.destroy())
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  return socket
}

test('a reader who takes nothing is read no more for, then dropped', async () => {
  const feed = makeEndlessFeed()
  const { port, getDrops } = await serve(feed, 400)
  open(port).pause()
  await expect.poll(getDrops).toBe(1)
  const read = feed.getRead()
  // The kernel takes some megabytes; beyond that no more than two batches wait.
  expect(read).toBeLessThan(3000)
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(feed.getRead()).toBe(read)
})

test('a reader who takes what he is sent is not dropped', async () => {
  const feed = makeEndlessFeed()
  // Long enough that a process which others hold up does not look like one who takes nothing.
  const { port, getDrops } = await serve(feed, 1500)
  open(port).resume()
  await new Promise((resolve) => setTimeout(resolve, 3500))
  expect(getDrops()).toBe(0)
  expect(feed.getRead()).toBeGreaterThan(3000)
})
