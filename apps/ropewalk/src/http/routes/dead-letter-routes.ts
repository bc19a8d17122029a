import {
  DeadLetter,
  DeadLetterQuery,
  DeadLetterSummary,
  DropRequest,
  RedriveRequest,
} from '@ropewalk/core/contract/api/dead-letters'
import { makePage } from '@ropewalk/core/contract/api/paging'
import { DeadLetterId } from '@ropewalk/core/ids'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { DeadLetterDesk, HttpContext } from '../context.ts'
import { addRoute } from '../route.ts'

const DeadLetterParams = z.strictObject({ id: DeadLetterId })

const addReadRoutes = (app: FastifyInstance, desk: DeadLetterDesk): void => {
  addRoute(app, {
    method: 'GET',
    path: '/v1/dead-letters',
    name: 'listDeadLetters',
    about: 'Messages of the bus that came to nothing, the newest first.',
    query: DeadLetterQuery,
    answer: makePage(DeadLetterSummary),
    handle: async ({ query, caller }) => {
      const page = await desk.list(caller.workspaceId, query)
      return { items: [...page.items], nextCursor: page.nextCursor }
    },
  })
  addRoute(app, {
    method: 'GET',
    path: '/v1/dead-letters/:id',
    name: 'readDeadLetter',
    about: 'One dead letter whole: why it rests, and the message as it came.',
    params: DeadLetterParams,
    answer: DeadLetter,
    handle: ({ params, caller }) => desk.read(caller.workspaceId, params.id),
  })
}

/** Dead letters: looked at, sent again, dropped. */
export const addDeadLetterRoutes = (
  app: FastifyInstance,
  { deadLetters: desk, limits }: HttpContext,
): void => {
  addReadRoutes(app, desk)
  addRoute(app, {
    method: 'POST',
    path: '/v1/dead-letters/:id/redrive',
    name: 'redriveDeadLetter',
    about: 'Sends the message again, or in its place the event given here.',
    params: DeadLetterParams,
    body: RedriveRequest,
    answer: DeadLetter,
    bodyLimit: limits.bodyBytes,
    handle: ({ params, body, caller }) => desk.redrive(caller.workspaceId, params.id, body, caller.by),
  })
  addRoute(app, {
    method: 'POST',
    path: '/v1/dead-letters/:id/drop',
    name: 'dropDeadLetter',
    about: 'Closes a dead letter for good, and says why.',
    params: DeadLetterParams,
    body: DropRequest,
    answer: DeadLetter,
    handle: ({ params, body, caller }) => desk.drop(caller.workspaceId, params.id, body.reason, caller.by),
  })
}
