import { GateDetail } from '@ropewalk/core/contract/api/gates'
import { makeSlice } from '@ropewalk/core/contract/api/paging'
import { CostDetail, DossierSummary, LogLineView, LogQuery } from '@ropewalk/core/contract/api/records'
import { TaskDetail } from '@ropewalk/core/contract/api/tasks'
import { PhaseName } from '@ropewalk/core/contract/playbook'
import { RopewalkError } from '@ropewalk/core/errors'
import { RunId, TaskId } from '@ropewalk/core/ids'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { makeEstimateView } from '../../engine/views/estimates.ts'
import type { HttpContext } from '../context.ts'
import { addRoute } from '../route.ts'
import { readDossierSummary } from '../views/dossier-view.ts'
import { makeGateDetail } from '../../engine/views/gate-view.ts'
import { getUsd, makeMoney } from '../../engine/views/run-view.ts'
import { makeTaskDetail } from '../views/task-view.ts'
import { RunParams } from './run-routes.ts'

const addTaskAndGateRoutes = (app: FastifyInstance, { engine }: HttpContext): void => {
  addRoute(app, {
    method: 'GET',
    path: '/v1/tasks/:id',
    name: 'readTask',
    about: 'One task with what it was given and its ended attempts.',
    params: z.strictObject({ id: TaskId }),
    answer: TaskDetail,
    handle: async ({ params, caller }) =>
      makeTaskDetail(await engine.readTask(caller.workspaceId, params.id)),
  })
  addRoute(app, {
    method: 'GET',
    path: '/v1/runs/:id/gates/:phase',
    name: 'readGate',
    about: "A phase's gate: scores against minimums, reasons and the evidence of each round.",
    params: z.strictObject({ id: RunId, phase: PhaseName }),
    answer: GateDetail,
    handle: async ({ params, caller }) => {
      const view = await engine.readRun(caller.workspaceId, params.id)
      const gates = await engine.listGates(caller.workspaceId, params.id, params.phase)
      const detail = makeGateDetail(view, params.phase, gates)
      if (detail !== undefined) return detail
      const names = view.plan.phases.map(({ phase }) => phase)
      throw new RopewalkError('NOT_FOUND', `The run has no such phase; it has ${names.join(', ')}.`)
    },
  })
}

/** What is on record of a run: tasks, gates, cost, logs, dossier. */
export const addRecordRoutes = (app: FastifyInstance, context: HttpContext): void => {
  const { engine, home, keys } = context
  addTaskAndGateRoutes(app, context)
  addRoute(app, {
    method: 'GET',
    path: '/v1/runs/:id/cost',
    name: 'readCost',
    about: 'Money and tokens of a run by phase and model.',
    params: RunParams,
    answer: CostDetail,
    handle: async ({ params, caller }) => {
      const cost = await engine.readCost(caller.workspaceId, params.id)
      const rows = cost.rows.map((row) => ({ ...row, usd: getUsd(row.micros) }))
      const estimate = makeEstimateView(await engine.readRun(caller.workspaceId, params.id))
      return { money: makeMoney(cost), tokens: cost.tokens, estimate, rows }
    },
  })
  addRoute(app, {
    method: 'GET',
    path: '/v1/runs/:id/logs',
    name: 'listLogs',
    about: 'What the agents of a run wrote while they worked, oldest first.',
    params: RunParams,
    query: LogQuery,
    answer: makeSlice(LogLineView),
    handle: async ({ params, query, caller }) => {
      const { after, limit, task: taskId } = query
      const lines = await engine.listLogs(caller.workspaceId, params.id, { after, limit, taskId })
      if (lines.length === 0) await engine.readRun(caller.workspaceId, params.id)
      return { items: [...lines], nextAfter: lines.at(-1)?.seq ?? after }
    },
  })
  addRoute(app, {
    method: 'GET',
    path: '/v1/runs/:id/dossier',
    name: 'readDossier',
    about: 'What the dossier of a run says and where it lies.',
    params: RunParams,
    answer: DossierSummary,
    handle: async ({ params, caller }) =>
      readDossierSummary({ home, keys }, await engine.readRun(caller.workspaceId, params.id)),
  })
}
