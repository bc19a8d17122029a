import type { RunPlan } from '@ropewalk/core/contract/run-plan'
import { RopewalkError } from '@ropewalk/core/errors'
import type { RunId, WorkspaceId } from '@ropewalk/core/ids'
import type { Phase, Question, Run } from '@ropewalk/core/run/state'
import { runRead } from '../../store/open.ts'
import type { Store } from '../../store/open.ts'
import type { Page, PageRequest, RunView } from '../contract.ts'
import type { PlanCache } from '../plan-cache.ts'
import { checkLimit, makePage, parseCursor } from './cursor.ts'
import { SELECT } from './view-sql.ts'

/** The plan that a run is pinned to; kept by its digest. Throws NOT_FOUND. */
export const readPlan = async (
  store: Store,
  plans: PlanCache,
  of: { readonly workspaceId: WorkspaceId; readonly hash: string },
): Promise<RunPlan> => {
  const known = plans.find(of.hash)
  if (known !== undefined) return known
  const [rows = []] = await runRead(store, of.workspaceId, [
    {
      name: 'read_plan',
      text: 'SELECT p.plan FROM ropewalk.plans p WHERE p.workspace_id = $1 AND p.hash = $2',
      values: [of.workspaceId, of.hash],
    },
  ])
  const [row] = rows as readonly { plan: RunPlan }[]
  if (row === undefined) throw new RopewalkError('NOT_FOUND', `There is no plan ${of.hash}.`)
  plans.keep(of.hash, row.plan)
  return row.plan
}

/** A run with its plan, its phases in the plan's order and its open questions. Throws NOT_FOUND. */
export const readRun = async (
  store: Store,
  plans: PlanCache,
  of: { readonly workspaceId: WorkspaceId; readonly runId: RunId },
): Promise<RunView> => {
  const values = [of.workspaceId, of.runId]
  const [runs = [], phases = [], questions = []] = await runRead(store, of.workspaceId, [
    {
      name: 'read_run',
      text: `SELECT ${SELECT.run} FROM ropewalk.runs t WHERE t.workspace_id IS NOT DISTINCT FROM $1 AND t.id = $2`,
      values,
    },
    {
      name: 'read_run_phases',
      text: `SELECT ${SELECT.phases} FROM ropewalk.phases t WHERE t.workspace_id IS NOT DISTINCT FROM $1 AND t.run_id = $2`,
      values,
    },
    {
      name: 'read_run_questions',
      text: `SELECT ${SELECT.questions} FROM ropewalk.questions t
        WHERE t.workspace_id IS NOT DISTINCT FROM $1 AND t.run_id = $2 AND t.status = 'open' ORDER BY t.created_at, t.id`,
      values,
    },
  ])
  const [run] = runs as readonly RunView['run'][]
  if (run === undefined)
    throw new RopewalkError('NOT_FOUND', `There is no run ${of.runId} in this workspace.`)
  const plan = await readPlan(store, plans, { workspaceId: of.workspaceId, hash: run.planHash })
  const order = new Map(plan.phases.map(({ phase }, index) => [phase, index]))
  const inOrder = (phases as readonly Phase[]).toSorted(
    (a, b) => (order.get(a.phase) ?? 0) - (order.get(b.phase) ?? 0),
  )
  return { run, plan, phases: inOrder, openQuestions: questions as readonly Question[] }
}

/** Runs of a workspace, newest first. Throws INVALID_ARGUMENT. */
export const listRuns = async (
  store: Store,
  workspaceId: WorkspaceId,
  page: PageRequest & { readonly status?: string | undefined },
): Promise<Page<Run>> => {
  const limit = checkLimit(page)
  const [createdAt, id] = parseCursor(page.cursor) ?? [null, null]
  const byStatus = page.status === undefined ? '' : 'AND t.status = $5'
  const [rows = []] = await runRead(store, workspaceId, [
    {
      name: page.status === undefined ? 'list_runs_view' : 'list_runs_by_status',
      text: `SELECT ${SELECT.runs} FROM ropewalk.runs t WHERE t.workspace_id = $1 ${byStatus}
        AND (t.created_at, t.id) < (coalesce($2::timestamptz, 'infinity'), coalesce($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
        ORDER BY t.created_at DESC, t.id DESC LIMIT $4`,
      values: [workspaceId, createdAt, id, limit + 1, ...(page.status === undefined ? [] : [page.status])],
    },
  ])
  return makePage(rows as readonly Run[], limit, (run) => [run.createdAt, run.id])
}
