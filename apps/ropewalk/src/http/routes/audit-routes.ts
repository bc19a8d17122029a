import { AuditLine, AuditQuery } from '@ropewalk/core/contract/api/audit'
import { makePage } from '@ropewalk/core/contract/api/paging'
import type { FastifyInstance } from 'fastify'
import type { HttpContext } from '../context.ts'
import { addRoute } from '../route.ts'

/** The audit: what leaders did, and who was refused. */
export const addAuditRoutes = (app: FastifyInstance, { engine }: HttpContext): void => {
  addRoute(app, {
    method: 'GET',
    path: '/v1/audit',
    name: 'listAudit',
    about: 'Lines of the audit, newest first, all or by actor, operation, thread and result.',
    query: AuditQuery,
    answer: makePage(AuditLine),
    handle: async ({ query, caller }) => {
      const page = await engine.listAudit(caller.workspaceId, query)
      const items = page.items.map((line) => ({ ...line, payload: { ...line.payload } }))
      return { items, nextCursor: page.nextCursor }
    },
  })
}
