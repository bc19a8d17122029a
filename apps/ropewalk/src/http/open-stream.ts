import { Readable } from 'node:stream'
import { PositionParam } from '@ropewalk/core/contract/api/paging'
import { RopewalkError } from '@ropewalk/core/errors'
import type { WorkspaceId } from '@ropewalk/core/ids'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { EventView } from '../engine/contract.ts'
import type { HttpContext } from './context.ts'
import type { EventFeed } from './event-feed.ts'
import { streamEvents } from './event-stream.ts'
import { makeContractError } from '../engine/inputs/contract-error.ts'

/** Readers of one feed, at whatever address they came in. */
const readers = new WeakMap<EventFeed, number>()

const getStart = (request: FastifyRequest, after: number): number => {
  const header = request.headers['last-event-id']
  if (header === undefined || header === '') return after
  const parsed = PositionParam.safeParse(header)
  if (parsed.success) return parsed.data
  throw makeContractError(parsed.error, 'headers')
}

/**
 * Answers with server-sent events after a position; `Last-Event-ID` wins over `after`. Throws QUEUE_FULL where
 * there are as many readers as there may be, INVALID_ARGUMENT for a header that is no position.
 */
export const openStream = (
  { feed, limits, log }: Pick<HttpContext, 'feed' | 'limits' | 'log'>,
  of: {
    readonly workspaceId: WorkspaceId
    readonly after: number
    readonly stream?: string | undefined
    readonly accept?: ((event: EventView) => boolean) | undefined
    readonly request: FastifyRequest
    readonly reply: FastifyReply
  },
): Readable => {
  const { workspaceId, stream, accept, request, reply } = of
  const after = getStart(request, of.after)
  const open = readers.get(feed) ?? 0
  if (open >= limits.streams)
    throw new RopewalkError('QUEUE_FULL', `There are ${open} readers already; close some of them.`)
  readers.set(feed, open + 1)
  const closing = new AbortController()
  const { heartbeatMs, stallMs } = limits
  const drop = (): void => {
    log.info({ requestId: request.id }, 'a slow reader of events was dropped')
    reply.raw.destroy()
  }
  reply.raw.once('close', () => {
    readers.set(feed, (readers.get(feed) ?? 1) - 1)
    closing.abort()
  })
  const { signal } = closing
  const events = streamEvents({
    feed,
    workspaceId,
    after,
    stream,
    accept,
    heartbeatMs,
    stallMs,
    signal,
    drop,
  })
  const body = Readable.from(events, { objectMode: true, highWaterMark: 1 })
  body.on('error', (error) => log.warn({ err: error, requestId: request.id }, 'a stream of events broke'))
  void reply
    .type('text/event-stream; charset=utf-8')
    .header('cache-control', 'no-store, no-transform')
    .header('x-accel-buffering', 'no')
  return body
}
