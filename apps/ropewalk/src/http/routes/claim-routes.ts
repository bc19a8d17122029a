import { getClaimOrigin } from '@ropewalk/core/access/caller'
import { ClaimedTasks, ClaimTasksRequest } from '@ropewalk/core/contract/api/claims'
import type { FastifyInstance } from 'fastify'
import { checkWorker, claimRunTasks } from '../../engine/tasks/claim-for-agent.ts'
import type { HttpContext } from '../context.ts'
import { addRoute } from '../route.ts'

/** How an agent outside gets work. Each task comes with a token for this attempt alone. */
export const addClaimRoutes = (app: FastifyInstance, context: HttpContext): void => {
  addRoute(app, {
    method: 'POST',
    path: '/v1/tasks/claim',
    name: 'claimTasks',
    about: 'Takes up to limit due tasks for an agent outside; an empty list when there are none.',
    body: ClaimTasksRequest,
    answer: ClaimedTasks,
    handle: async ({ body: { leaseSeconds, ...rest }, caller }) => {
      checkWorker(caller, rest.worker)
      const { workspaceId } = caller
      const leaseMs = Math.round(leaseSeconds * 1000)
      return {
        tasks: await claimRunTasks(context, {
          ...rest,
          workspaceId,
          leaseMs,
          origin: getClaimOrigin(caller),
        }),
      }
    },
  })
}
