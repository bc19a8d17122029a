import { deliverables, items, projectQuestions, projects, workTasks } from '../../../store/tables/backlog.ts'
import { questions } from '../../../store/tables/questions.ts'
import { makeTableSql } from '../../../store/table-sql.ts'

/** What an item is that stands for a task of a run, or for a whole run where it names no task. */
const DERIVED = `CASE
  WHEN t.status IN ('done', 'failed', 'cancelled') THEN t.status
  WHEN rt.id IS NOT NULL THEN CASE rt.status
    WHEN 'ready' THEN 'ready' WHEN 'running' THEN 'in_progress' WHEN 'parked' THEN 'blocked'
    WHEN 'completed' THEN 'done' WHEN 'failed' THEN 'failed' WHEN 'cancelled' THEN 'cancelled' ELSE 'created' END
  WHEN rr.id IS NOT NULL THEN CASE rr.status
    WHEN 'running' THEN 'in_progress' WHEN 'paused' THEN 'blocked' WHEN 'awaiting_human' THEN 'blocked'
    WHEN 'succeeded' THEN 'done' WHEN 'failed' THEN 'failed' WHEN 'cancelled' THEN 'cancelled' ELSE 'created' END
  ELSE t.status END`

/** The status that readers see; the row's own is what the project's decider goes by. */
export const ITEM_STATUS = `CASE WHEN t.run_ref IS NULL THEN t.status ELSE (${DERIVED}) END`

export const ITEM_FROM = `ropewalk.items t
  LEFT JOIN ropewalk.runs rr ON rr.id = (t.run_ref ->> 'runId')::uuid
    AND rr.workspace_id IS NOT DISTINCT FROM t.workspace_id
  LEFT JOIN ropewalk.tasks rt ON rt.id = (t.run_ref ->> 'taskId')::uuid
    AND rt.workspace_id IS NOT DISTINCT FROM t.workspace_id`

const REF = `CASE WHEN t.run_ref IS NULL THEN NULL
  ELSE json_build_object('runStatus', coalesce(rr.status, 'gone'), 'taskStatus', rt.status) END AS ref`

/** The columns that readers see. */
export const BACKLOG = {
  project: makeTableSql(projects, ['headAt', 'eventFormat']).select,
  projects: makeTableSql(projects, ['workspaceId', 'headAt', 'eventFormat', 'version', 'headHash']).select,
  item: `${makeTableSql(items, ['workspaceId', 'status']).select}, ${ITEM_STATUS} AS status, ${REF}`,
  edge: `t.id, t.title, ${ITEM_STATUS} AS status`,
  deliverables: makeTableSql(deliverables, ['workspaceId']).select,
  projectQuestions: makeTableSql(projectQuestions, ['workspaceId', 'category', 'priority']).select,
  runQuestions: makeTableSql(questions, ['workspaceId']).select,
  work: makeTableSql(workTasks, [
    'workspaceId',
    'phase',
    'agent',
    'kind',
    'taskKey',
    'modelCalls',
    'usage',
    'timeoutAt',
    'overdueAt',
  ]).select,
} as const

/** That a row is one of the caller's workspace, so that row security's own condition stays a filter. */
export const IN_WORKSPACE = 't.workspace_id IS NOT DISTINCT FROM $1'
