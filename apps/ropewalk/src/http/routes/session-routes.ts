import { makePage, PageQuery } from '@ropewalk/core/contract/api/paging'
import { SessionEntry } from '@ropewalk/core/contract/api/sessions'
import { RopewalkError } from '@ropewalk/core/errors'
import { AgentId } from '@ropewalk/core/ids'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { SessionView } from '../../engine/threads/contract.ts'
import type { HttpContext } from '../context.ts'
import { addRoute } from '../route.ts'

const makeEntry = ({ id: _, ...session }: SessionView): SessionEntry => session

/** Which sessions agents have. They say themselves that they are alive: see heartbeat_session. */
export const addSessionRoutes = (app: FastifyInstance, { engine }: HttpContext): void => {
  addRoute(app, {
    method: 'GET',
    path: '/v1/sessions',
    name: 'listSessions',
    about: 'Sessions of agents, one for each agent.',
    query: PageQuery,
    answer: makePage(SessionEntry),
    handle: async ({ query, caller }) => {
      const page = await engine.listSessions(caller.workspaceId, query)
      return { items: page.items.map(makeEntry), nextCursor: page.nextCursor }
    },
  })
  addRoute(app, {
    method: 'GET',
    path: '/v1/sessions/:agent',
    name: 'readSession',
    about: 'The session of one agent: whether it is alive, and who writes into it.',
    params: z.strictObject({ agent: AgentId }),
    answer: SessionEntry,
    handle: async ({ params, caller }) => {
      const session = await engine.findSession(caller.workspaceId, params.agent)
      if (session !== undefined) return makeEntry(session)
      throw new RopewalkError('NOT_FOUND', `There is no session of ${params.agent} in this workspace.`)
    },
  })
}
