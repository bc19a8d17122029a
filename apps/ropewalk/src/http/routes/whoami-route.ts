import type { Caller } from '@ropewalk/core/access/caller'
import { isAllowed } from '@ropewalk/core/access/is-allowed'
import { OPERATIONS } from '@ropewalk/core/access/operations'
import { WhoAmI } from '@ropewalk/core/contract/api/tokens'
import type { FastifyInstance } from 'fastify'
import { addRoute } from '../route.ts'

/** Those that some operation asks for which the caller may do. */
const listPermissions = (caller: Caller): string[] => {
  const all = Object.entries(OPERATIONS).flatMap(([name, operation]) =>
    operation !== 'public' && operation.permission !== null && isAllowed(caller, name)
      ? [operation.permission]
      : [],
  )
  return [...new Set(all)].toSorted()
}

/** `/v1/whoami`: for callers that want to know what their token stands for. */
export const addWhoamiRoute = (app: FastifyInstance): void => {
  addRoute(app, {
    method: 'GET',
    path: '/v1/whoami',
    name: 'readWhoami',
    about: 'Who you are by your token, and which permissions it gives you.',
    answer: WhoAmI,
    handle: ({ caller, request }) => {
      const { kind, workspaceId, agentId, by, role, sessionId, grantId, claim } = caller
      const { tokenEndsAt } = request
      return Promise.resolve({
        kind,
        workspaceId,
        agentId,
        actsAs: by.kind,
        role,
        sessionId,
        permissions: listPermissions(caller),
        grantId,
        tokenExpiresAt: tokenEndsAt === null ? null : new Date(tokenEndsAt).toISOString(),
        task: claim === null ? null : { runId: claim.runId, taskId: claim.taskId, attempt: claim.attempt },
      })
    },
  })
}
