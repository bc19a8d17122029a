import {
  CheckpointRequest,
  CompleteTaskRequest,
  FailTaskRequest,
  HeartbeatRequest,
  HeartbeatView,
  LogRequest,
  Noted,
  UploadView,
} from '@ropewalk/core/contract/api/claims'
import { CommandAnswer } from '@ropewalk/core/contract/api/runs'
import { RopewalkError } from '@ropewalk/core/errors'
import { TaskId } from '@ropewalk/core/ids'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { checkRunning, completeRunTask, failRunTask } from '../../engine/tasks/end-run-task.ts'
import type { HttpContext } from '../context.ts'
import { getClaim } from '../get-claim.ts'
import { addRoute } from '../route.ts'

const TaskParams = z.strictObject({ id: TaskId })

const addProgressRoutes = (app: FastifyInstance, { engine, taskTokens }: HttpContext): void => {
  addRoute(app, {
    method: 'POST',
    path: '/v1/tasks/:id/heartbeat',
    name: 'beatTask',
    about: 'Renews the lease of an attempt and tells how far it is.',
    params: TaskParams,
    body: HeartbeatRequest,
    answer: HeartbeatView,
    handle: async ({ params, body, caller }) => {
      const { expiresAt: _, ...claim } = getClaim(caller, params.id, body.attempt)
      const { workspaceId, taskId, attempt } = claim
      const [beat] = await engine.heartbeat([
        { workspaceId, taskId, attempt, pct: body.pct, etaMs: body.etaMs },
      ])
      if (beat === undefined || 'stale' in beat)
        throw new RopewalkError('STALE_ATTEMPT', `Attempt ${attempt} of task ${taskId} lost its lease.`)
      return { leaseUntil: beat.leaseUntil, cancelled: beat.cancelled, token: taskTokens.sign(claim) }
    },
  })
  addRoute(app, {
    method: 'POST',
    path: '/v1/tasks/:id/checkpoint',
    name: 'saveCheckpoint',
    about: 'Keeps what a later attempt needs in order to go on.',
    params: TaskParams,
    body: CheckpointRequest,
    answer: Noted,
    handle: async ({ params, body, caller }) => {
      const { workspaceId, taskId, attempt } = getClaim(caller, params.id, body.attempt)
      await engine.saveCheckpoint({ workspaceId, taskId, attempt, token: body.token, data: body.data })
      return { taskId, attempt }
    },
  })
  addRoute(app, {
    method: 'POST',
    path: '/v1/tasks/:id/log',
    name: 'appendLog',
    about: 'Adds lines to the log of an attempt.',
    params: TaskParams,
    body: LogRequest,
    answer: Noted,
    handle: async ({ params, body, caller }) => {
      const { workspaceId, taskId, attempt } = getClaim(caller, params.id, body.attempt)
      await engine.appendLog({ workspaceId, taskId, attempt, lines: body.lines })
      return { taskId, attempt }
    },
  })
}

const addEndRoutes = (app: FastifyInstance, context: HttpContext): void => {
  const { engine, limits } = context
  addRoute(app, {
    method: 'POST',
    path: '/v1/tasks/:id/complete',
    name: 'completeTask',
    about: 'Hands in the result of an attempt; it counts once.',
    params: TaskParams,
    body: CompleteTaskRequest,
    answer: CommandAnswer,
    bodyLimit: limits.uploadBytes,
    handle: ({ params, body, caller, options }) =>
      completeRunTask(engine, getClaim(caller, params.id, body.attempt), body, options),
  })
  addRoute(app, {
    method: 'POST',
    path: '/v1/tasks/:id/fail',
    name: 'failTask',
    about: 'Gives an attempt up; the error class decides whether it is tried again.',
    params: TaskParams,
    body: FailTaskRequest,
    answer: CommandAnswer,
    handle: ({ params, body, caller, options }) =>
      failRunTask(engine, getClaim(caller, params.id, body.attempt), body, options),
  })
}

/** Raw bytes ahead of `complete`: what is large or no text. Its own scope, so that no other route takes such bodies. */
const addUploadRoute = (app: FastifyInstance, context: HttpContext): void => {
  const { engine, limits } = context
  void app.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser(
      'application/octet-stream',
      { parseAs: 'buffer', bodyLimit: limits.uploadBytes },
      (_request, body, parsed) => parsed(null, body),
    )
    addRoute(scope, {
      method: 'POST',
      path: '/v1/tasks/:id/blobs',
      name: 'uploadBlob',
      about: 'Keeps bytes for the result of an attempt; complete then names their digest.',
      params: TaskParams,
      answer: UploadView,
      bodyLimit: limits.uploadBytes,
      handle: async ({ params, caller, request }) => {
        const claim = getClaim(caller, params.id, undefined)
        const { body } = request
        if (!(body instanceof Uint8Array) || body.length === 0)
          throw new RopewalkError('INVALID_ARGUMENT', 'Send the bytes as application/octet-stream.')
        await checkRunning(engine, claim)
        return { digest: await engine.blobs.put(claim.workspaceId, body), bytes: body.length }
      },
    })
    done()
  })
}

/** What an agent outside does for the one attempt its token stands for. */
export const addAttemptRoutes = (app: FastifyInstance, context: HttpContext): void => {
  addProgressRoutes(app, context)
  addEndRoutes(app, context)
  addUploadRoute(app, context)
}
