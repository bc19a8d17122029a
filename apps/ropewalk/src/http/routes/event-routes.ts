import { Readable } from 'node:stream'
import { CloudEvent, EventQuery, EventStreamQuery } from '@ropewalk/core/contract/api/events'
import { makeSlice, PositionParam } from '@ropewalk/core/contract/api/paging'
import { RopewalkError } from '@ropewalk/core/errors'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { HttpContext } from '../context.ts'
import { streamEvents } from '../event-stream.ts'
import { makeContractError } from '../problem.ts'
import { addRoute } from '../route.ts'
import { makeCloudEvent } from '../../engine/views/cloud-event.ts'

const getStart = (request: FastifyRequest, after: number): number => {
  const header = request.headers['last-event-id']
  if (header === undefined || header === '') return after
  const parsed = PositionParam.safeParse(header)
  if (parsed.success) return parsed.data
  throw makeContractError(parsed.error, 'headers')
}

/** `/v1/events`: the ledger's events of a workspace by position, as pages and as a stream. */
export const addEventRoutes = (app: FastifyInstance, { engine, feed, limits, log }: HttpContext): void => {
  let open = 0
  addRoute(app, {
    method: 'GET',
    path: '/v1/events',
    name: 'listEvents',
    about: 'Events after a position, in commit order, as CloudEvents.',
    query: EventQuery,
    answer: makeSlice(CloudEvent),
    handle: async ({ query, caller }) => {
      const { after, limit, run, project } = query
      const events = await engine.listEvents(caller.workspaceId, { after, limit, stream: run ?? project })
      return {
        items: events.map((event) => makeCloudEvent(caller.workspaceId, event)),
        nextAfter: events.at(-1)?.position ?? after,
      }
    },
  })
  addRoute(app, {
    method: 'GET',
    path: '/v1/events/stream',
    name: 'streamEvents',
    about: 'The same as server-sent events; their id is the position, Last-Event-ID resumes.',
    query: EventStreamQuery,
    answer: z.unknown(),
    mediaType: 'text/event-stream',
    isRateLimited: false,
    hasHead: false,
    handle: ({ query, caller, request, reply }) => {
      const after = getStart(request, query.after)
      if (open >= limits.streams)
        throw new RopewalkError('QUEUE_FULL', `There are ${open} readers already; close some of them.`)
      open += 1
      const closing = new AbortController()
      const { heartbeatMs, stallMs } = limits
      const drop = (): void => {
        log.info({ requestId: request.id }, 'a slow reader of events was dropped')
        reply.raw.destroy()
      }
      reply.raw.once('close', () => {
        open -= 1
        closing.abort()
      })
      const { workspaceId } = caller
      const events = streamEvents({
        feed,
        workspaceId,
        after,
        stream: query.run ?? query.project,
        heartbeatMs,
        stallMs,
        signal: closing.signal,
        drop,
      })
      const body = Readable.from(events, { objectMode: true, highWaterMark: 1 })
      body.on('error', (error) => log.warn({ err: error, requestId: request.id }, 'a stream of events broke'))
      void reply
        .type('text/event-stream; charset=utf-8')
        .header('cache-control', 'no-store, no-transform')
        .header('x-accel-buffering', 'no')
      return Promise.resolve(body)
    },
  })
}
