import { InboxEntry, InboxQuery } from '@ropewalk/core/contract/api/inbox'
import { makePage } from '@ropewalk/core/contract/api/paging'
import type { FastifyInstance } from 'fastify'
import type { HttpContext } from '../context.ts'
import { addRoute } from '../route.ts'

/** What needs a person, of all runs and projects in one list. */
export const addInboxRoutes = (app: FastifyInstance, { engine }: HttpContext): void => {
  addRoute(app, {
    method: 'GET',
    path: '/v1/inbox',
    name: 'listInbox',
    about: 'What needs a person, what holds up most first, each with the command that answers it.',
    query: InboxQuery,
    answer: makePage(InboxEntry),
    handle: async ({ query, caller }) => {
      const page = await engine.listInbox(caller.workspaceId, query)
      return { items: [...page.items], nextCursor: page.nextCursor }
    },
  })
}
