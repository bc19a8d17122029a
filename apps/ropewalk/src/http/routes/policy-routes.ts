import { PolicyPatch, PolicyView } from '@ropewalk/core/contract/api/policy'
import { makePolicyId } from '@ropewalk/core/policy/policy'
import type { FastifyInstance } from 'fastify'
import type { HttpContext } from '../context.ts'
import { addRoute } from '../route.ts'

/** How long a workspace keeps messages, and what is masked in them. */
export const addPolicyRoutes = (app: FastifyInstance, { engine }: HttpContext): void => {
  addRoute(app, {
    method: 'GET',
    path: '/v1/policy',
    name: 'readPolicy',
    about: 'How long messages are kept, and whether what looks like a secret is masked in them.',
    answer: PolicyView,
    handle: ({ caller }) => engine.readPolicy(caller.workspaceId),
  })
  addRoute(app, {
    method: 'PATCH',
    path: '/v1/policy',
    name: 'changePolicy',
    about: 'Changes how long messages are kept or whether secrets are masked, and says why.',
    body: PolicyPatch,
    answer: PolicyView,
    handle: async ({ body, caller, options }) => {
      const { workspaceId } = caller
      const before = await engine.readPolicy(workspaceId)
      const policy = {
        retention: body.retention ?? before.retention,
        redaction: body.redaction ?? before.redaction,
      }
      const policyId = makePolicyId(workspaceId)
      await engine.submit(
        { type: 'ChangePolicy', workspaceId, policyId, policy, reason: body.reason },
        options,
      )
      return policy
    },
  })
}
