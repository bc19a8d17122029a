import { getClaimOrigin, type TaskClaim } from '@ropewalk/core/access/caller'
import {
  ClaimedWorkList,
  ClaimWorkRequest,
  ClarifyWorkRequest,
  CompleteWorkRequest,
  FailWorkRequest,
  InputRefParams,
  WorkerList,
  WorkRows,
  WorkRowsQuery,
} from '@ropewalk/core/contract/api/work'
import { CommandAnswer } from '@ropewalk/core/contract/api/runs'
import { DeliverableBody, type WorkOrder } from '@ropewalk/core/contract/work-order'
import { RopewalkError } from '@ropewalk/core/errors'
import { TaskId } from '@ropewalk/core/ids'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { WorkDoer } from '../../engine/backlog/contract.ts'
import { checkWorker, claimItemTasks } from '../../engine/tasks/claim-for-agent.ts'
import type { HttpContext } from '../context.ts'
import { getClaim } from '../get-claim.ts'
import { addRoute } from '../route.ts'

const WorkParams = z.strictObject({ id: TaskId })

const addClaimRoute = (app: FastifyInstance, context: HttpContext): void => {
  addRoute(app, {
    method: 'POST',
    path: '/v1/work/claim',
    name: 'claimWork',
    about: 'Takes up to limit tasks of backlogs for a worker; an empty list when there are none.',
    body: ClaimWorkRequest,
    answer: ClaimedWorkList,
    handle: async ({ body: { leaseSeconds, ...rest }, caller }) => {
      checkWorker(caller, rest.worker)
      const { workspaceId } = caller
      const leaseMs = Math.round(leaseSeconds * 1000)
      return {
        work: await claimItemTasks(context, {
          ...rest,
          workspaceId,
          leaseMs,
          origin: getClaimOrigin(caller),
        }),
      }
    },
  })
}

/** The order of the attempt that a token stands for. Throws FORBIDDEN for a token of a run's task. */
const readOrder = async ({ engine }: HttpContext, claim: TaskClaim): Promise<WorkOrder> =>
  (await engine.readWork(claim.workspaceId, claim.taskId)).order

const addInputRoutes = (app: FastifyInstance, context: HttpContext): void => {
  const { engine } = context
  addRoute(app, {
    method: 'GET',
    path: '/v1/work/:id/records',
    name: 'listWorkRows',
    about: 'Rows of the records that a worker was given, in the order of the file.',
    params: WorkParams,
    query: WorkRowsQuery,
    answer: WorkRows,
    handle: async ({ params, query, caller }) => {
      const claim = getClaim(caller, params.id, undefined)
      const { total, rows } = await engine.readWorkRows(
        claim.workspaceId,
        await readOrder(context, claim),
        query,
      )
      const next = query.after + rows.length
      return { total, items: [...rows], nextAfter: next < total && rows.length > 0 ? next : null }
    },
  })
  addRoute(app, {
    method: 'GET',
    path: '/v1/work/:id/inputs/:input',
    name: 'readWorkInput',
    about: 'A deliverable that a worker was given to build upon.',
    params: InputRefParams,
    answer: DeliverableBody,
    handle: async ({ params, caller }) => {
      const claim = getClaim(caller, params.id, undefined)
      const { inputs } = await readOrder(context, claim)
      const input = inputs.find(({ deliverableId }) => deliverableId === params.input)
      if (input === undefined)
        throw new RopewalkError('NOT_FOUND', 'The work was not given such a deliverable.')
      const bytes = await engine.blobs.read(claim.workspaceId, input.digest)
      return DeliverableBody.parse(JSON.parse(bytes.toString('utf8')))
    },
  })
}

const toDoer = (
  { workspaceId, taskId, attempt, worker }: TaskClaim,
  { tool, toolVersion }: { readonly tool: string; readonly toolVersion: string },
): WorkDoer => ({ workspaceId, taskId, attempt, worker, tool, toolVersion })

const addEndRoutes = (app: FastifyInstance, { engine, limits }: HttpContext): void => {
  addRoute(app, {
    method: 'POST',
    path: '/v1/work/:id/complete',
    name: 'completeWork',
    about: 'Hands in deliverables with their evidence; the Definition of Done is checked here.',
    params: WorkParams,
    body: CompleteWorkRequest,
    answer: CommandAnswer,
    bodyLimit: limits.uploadBytes,
    handle: ({ params, body, caller, options }) => {
      const doer = toDoer(getClaim(caller, params.id, body.attempt), body)
      const deliverables = body.deliverables.map(({ name, body: content }) => ({
        name,
        type: content.type,
        body: content,
      }))
      return engine.completeWork({ ...doer, deliverables, evidence: body.evidence }, options)
    },
  })
  addRoute(app, {
    method: 'POST',
    path: '/v1/work/:id/fail',
    name: 'failWork',
    about: 'Gives an attempt up, and says why.',
    params: WorkParams,
    body: FailWorkRequest,
    answer: CommandAnswer,
    handle: ({ params, body, caller, options }) => {
      const doer = toDoer(getClaim(caller, params.id, body.attempt), body)
      const { category, message, retryable } = body
      return engine.failWork({ ...doer, category, message, retryable }, options)
    },
  })
  addRoute(app, {
    method: 'POST',
    path: '/v1/work/:id/clarify',
    name: 'clarifyWork',
    about: 'Lets go of the work because something has to be told first: it becomes a question.',
    params: WorkParams,
    body: ClarifyWorkRequest,
    answer: CommandAnswer,
    handle: ({ params, body, caller, options }) => {
      const doer = toDoer(getClaim(caller, params.id, body.attempt), body)
      const { reason, missingFields, questions } = body
      return engine.needClarification({ ...doer, reason, missingFields, questions }, options)
    },
  })
}

/** Work of backlogs for anybody outside: taken with the owner's token, then in the name of the attempt. */
export const addWorkRoutes = (app: FastifyInstance, context: HttpContext): void => {
  addClaimRoute(app, context)
  addInputRoutes(app, context)
  addEndRoutes(app, context)
  addRoute(app, {
    method: 'GET',
    path: '/v1/workers',
    name: 'listWorkers',
    about: 'Workers that were heard of lately, and what they hold.',
    answer: WorkerList,
    handle: async ({ caller }) => ({
      items: [...(await context.engine.listWorkerViews(caller.workspaceId))],
    }),
  })
}
