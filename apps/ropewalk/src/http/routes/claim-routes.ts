import {
  ClaimedTasks,
  ClaimTasksRequest,
  RESERVED_CAPABILITIES,
  type ClaimedTaskView,
} from '@ropewalk/core/contract/api/claims'
import { RopewalkError } from '@ropewalk/core/errors'
import type { FastifyInstance } from 'fastify'
import type { ClaimedTask } from '../../engine/contract.ts'
import type { HttpContext } from '../context.ts'
import { addRoute } from '../route.ts'

const makeView = async (
  { engine, taskTokens }: HttpContext,
  claimed: ClaimedTask,
  worker: string,
): Promise<ClaimedTaskView> => {
  const { workspaceId, runId, taskId, attempt, claimedAt } = claimed
  const { context, agent, inputs, acceptedCommit } = await engine.readTaskContext(workspaceId, taskId)
  return {
    task: claimed.spec,
    attempt,
    leaseUntil: claimed.leaseUntil,
    context,
    prompt: agent?.prompt ?? null,
    inputs: inputs.map(({ artifactId, name, digest, artifact }) => ({
      artifactId,
      name,
      digest,
      mediaType: artifact.mediaType,
      bytes: artifact.bytes,
      commit: artifact.commit,
      url: `/v1/artifacts/${artifactId}/content`,
    })),
    acceptedCommit,
    checkpoint: claimed.checkpoint,
    token: taskTokens.sign({ workspaceId, runId, taskId, attempt, worker, claimedAt }),
  }
}

/** How an agent outside gets work. Each task comes with a token for this attempt alone. */
export const addClaimRoutes = (app: FastifyInstance, context: HttpContext): void => {
  addRoute(app, {
    method: 'POST',
    path: '/v1/tasks/claim',
    name: 'claimTasks',
    about: 'Takes up to limit due tasks for an agent outside; an empty list when there are none.',
    body: ClaimTasksRequest,
    answer: ClaimedTasks,
    handle: async ({ body, caller }) => {
      const reserved = body.capabilities.find((capability) => RESERVED_CAPABILITIES.includes(capability))
      if (reserved !== undefined) {
        throw new RopewalkError(
          'FORBIDDEN',
          `The capability ${reserved} belongs to our own worker. Agents outside have names of their own.`,
          { details: { reserved: RESERVED_CAPABILITIES } },
        )
      }
      const { worker, capabilities, limit, leaseSeconds } = body
      const claimed = await context.engine.claimTasks({
        workspaceId: caller.workspaceId,
        worker,
        capabilities,
        limit,
        leaseMs: Math.round(leaseSeconds * 1000),
      })
      return { tasks: await Promise.all(claimed.map((task) => makeView(context, task, worker))) }
    },
  })
}
