import { CloudEvent, EventQuery, EventStreamQuery } from '@ropewalk/core/contract/api/events'
import { makeSlice } from '@ropewalk/core/contract/api/paging'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { HttpContext } from '../context.ts'
import { openStream } from '../open-stream.ts'
import { addRoute } from '../route.ts'
import { makeCloudEvent } from '../../engine/views/cloud-event.ts'

/** `/v1/events`: the ledger's events of a workspace by position, as pages and as a stream. */
export const addEventRoutes = (app: FastifyInstance, context: HttpContext): void => {
  const { engine } = context
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
    handle: ({ query, caller, request, reply }) =>
      Promise.resolve(
        openStream(context, {
          workspaceId: caller.workspaceId,
          after: query.after,
          stream: query.run ?? query.project,
          request,
          reply,
        }),
      ),
  })
}
