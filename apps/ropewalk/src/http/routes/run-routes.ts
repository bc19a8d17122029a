import { makePage, PageQuery } from '@ropewalk/core/contract/api/paging'
import {
  BudgetRequest,
  CommandAnswer,
  PlanView,
  RunDetail,
  RunQuery,
  RunStarted,
  RunSummary,
  SignalRequest,
} from '@ropewalk/core/contract/api/runs'
import { UploadView } from '@ropewalk/core/contract/api/claims'
import { TaskSummary } from '@ropewalk/core/contract/api/tasks'
import { RunRequest } from '@ropewalk/core/contract/run-request'
import { RopewalkError } from '@ropewalk/core/errors'
import { RunId } from '@ropewalk/core/ids'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'
import type { Answer } from '../../engine/contract.ts'
import { planRun } from '../../engine/runs/plan-run.ts'
import { listUseFor, startRun } from '../../engine/runs/start-run.ts'
import { takeRepository } from '../../engine/runs/take-repository.ts'
import { isUnchanged } from '../conditional.ts'
import type { HttpContext } from '../context.ts'
import { addRoute } from '../route.ts'
import { makePlanView, makeRunDetail, makeRunSummary } from '../../engine/views/run-view.ts'
import { makeTaskSummary } from '../views/task-view.ts'

export const RunParams = z.strictObject({ id: RunId })

/** The answer to a run that was started, and where to look at it. */
export const accept = (reply: FastifyReply, answer: Answer): RunStarted => {
  const { runId, status, version } = answer
  const started = RunStarted.parse({ runId, status, version })
  void reply.header('location', `/v1/runs/${started.runId}`)
  return started
}

const addStartRoutes = (app: FastifyInstance, { engine, config, pinned }: HttpContext): void => {
  addRoute(app, {
    method: 'POST',
    path: '/v1/plans',
    name: 'planRun',
    about: 'What a run would do and cost, without running it.',
    body: RunRequest,
    answer: PlanView,
    handle: async ({ body, caller }) => {
      const { repo: asked } = body
      const taken =
        asked === undefined ? undefined : await takeRepository(engine, config, caller.workspaceId, asked)
      const past = await listUseFor(engine, caller.workspaceId, config.models)
      const plan = planRun({ pinned, config, past }, body, taken?.repo ?? null)
      return makePlanView(plan, taken?.context ?? null)
    },
  })
  addRoute(app, {
    method: 'POST',
    path: '/v1/runs',
    name: 'startRun',
    about: 'Starts a run for an idea.',
    body: RunRequest,
    answer: RunStarted,
    status: 202,
    handle: async ({ body, caller, options, reply }) =>
      accept(reply, await startRun(engine, { pinned, config }, caller.workspaceId, body, options)),
  })
}

/** Code ahead of a run: a repository need not lie on the server's machine, and its folder is never asked for. */
const addBundleRoute = (app: FastifyInstance, { engine, limits }: HttpContext): void => {
  void app.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser(
      'application/octet-stream',
      { parseAs: 'buffer', bodyLimit: limits.uploadBytes },
      (_request, body, parsed) => parsed(null, body),
    )
    addRoute(scope, {
      method: 'POST',
      path: '/v1/bundles',
      name: 'uploadBundle',
      about: 'Keeps a git bundle that a run is to start from; the request for the run then names its digest.',
      answer: UploadView,
      bodyLimit: limits.uploadBytes,
      handle: async ({ caller, request }) => {
        const { body } = request
        if (!(body instanceof Uint8Array) || body.length === 0)
          throw new RopewalkError('INVALID_ARGUMENT', 'Send the bundle as application/octet-stream.')
        return { digest: await engine.blobs.put(caller.workspaceId, body), bytes: body.length }
      },
    })
    done()
  })
}

const addCommandRoutes = (app: FastifyInstance, { engine }: HttpContext): void => {
  addRoute(app, {
    method: 'POST',
    path: '/v1/runs/:id/signals',
    name: 'signalRun',
    about: 'Pauses, resumes, retries or cancels a run; cancels or retries a phase or task.',
    params: RunParams,
    body: SignalRequest,
    answer: CommandAnswer,
    handle: ({ params, body, caller, options }) =>
      engine.submit(
        {
          type: 'SignalRun',
          workspaceId: caller.workspaceId,
          runId: params.id,
          signal: body.signal,
          target: body.target,
          targetId: body.targetId ?? null,
        },
        options,
      ),
  })
  addRoute(app, {
    method: 'POST',
    path: '/v1/runs/:id/budget',
    name: 'topUpRun',
    about: "Gives a run more of its workspace's money.",
    params: RunParams,
    body: BudgetRequest,
    answer: CommandAnswer,
    handle: ({ params, body, caller, options }) =>
      engine.submit(
        {
          type: 'TopUpRun',
          workspaceId: caller.workspaceId,
          runId: params.id,
          micros: Math.round(body.addUsd * 1_000_000),
        },
        options,
      ),
  })
}

const addReadRoutes = (app: FastifyInstance, { engine }: HttpContext): void => {
  addRoute(app, {
    method: 'GET',
    path: '/v1/runs',
    name: 'listRuns',
    about: 'Runs, newest first.',
    query: RunQuery,
    answer: makePage(RunSummary),
    handle: async ({ query, caller }) => {
      const page = await engine.listRuns(caller.workspaceId, query)
      return { items: page.items.map(makeRunSummary), nextCursor: page.nextCursor }
    },
  })
  addRoute(app, {
    method: 'GET',
    path: '/v1/runs/:id',
    name: 'readRun',
    about: 'One run with its phases and open questions.',
    params: RunParams,
    answer: RunDetail,
    handle: async ({ params, caller, request, reply }) => {
      const view = await engine.readRun(caller.workspaceId, params.id)
      isUnchanged(request, reply, String(view.run.version))
      return makeRunDetail(view)
    },
  })
  addRoute(app, {
    method: 'GET',
    path: '/v1/runs/:id/tasks',
    name: 'listTasks',
    about: 'Tasks of a run, oldest first.',
    params: RunParams,
    query: PageQuery,
    answer: makePage(TaskSummary),
    handle: async ({ params, query, caller }) => {
      const page = await engine.listTasks(caller.workspaceId, params.id, query)
      if (page.items.length === 0) await engine.readRun(caller.workspaceId, params.id)
      return { items: page.items.map(makeTaskSummary), nextCursor: page.nextCursor }
    },
  })
}

/** Planning, starting, steering and reading runs. */
export const addRunRoutes = (app: FastifyInstance, context: HttpContext): void => {
  addStartRoutes(app, context)
  addBundleRoute(app, context)
  addCommandRoutes(app, context)
  addReadRoutes(app, context)
}
