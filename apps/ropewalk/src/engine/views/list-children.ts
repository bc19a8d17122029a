import type { Artifact } from '@ropewalk/core/contract/artifact'
import { RopewalkError } from '@ropewalk/core/errors'
import type { RunId, TaskId, WorkspaceId } from '@ropewalk/core/ids'
import type { Question } from '@ropewalk/core/run/state'
import { runRead } from '../../store/open.ts'
import type { Statement, Store } from '../../store/open.ts'
import type { LogLine, Page, PageRequest } from '../contract.ts'
import { checkLimit, makePage, parseCursor } from './cursor.ts'
import { SELECT } from './view-sql.ts'

const AFTER = `(t.created_at, t.id) > (coalesce($2::timestamptz, '-infinity'), coalesce($3::uuid, '00000000-0000-0000-0000-000000000000'))`

/** Artifacts of a run, oldest first. Throws INVALID_ARGUMENT. */
export const listArtifacts = async (
  store: Store,
  of: { readonly workspaceId: WorkspaceId; readonly runId: RunId },
  page: PageRequest,
): Promise<Page<Artifact>> => {
  const limit = checkLimit(page)
  const [createdAt, id] = parseCursor(page.cursor) ?? [null, null]
  const [rows = []] = await runRead(store, of.workspaceId, [
    {
      name: 'list_artifacts',
      text: `SELECT ${SELECT.artifacts} FROM ropewalk.artifacts t
        WHERE t.workspace_id IS NOT DISTINCT FROM $1 AND t.run_id = $5 AND ${AFTER} ORDER BY t.created_at, t.id LIMIT $4`,
      values: [of.workspaceId, createdAt, id, limit + 1, of.runId],
    },
  ])
  return makePage(rows as readonly Artifact[], limit, (artifact) => [artifact.lineage.createdAt, artifact.id])
}

/** Throws NOT_FOUND. */
export const readArtifact = async (
  store: Store,
  workspaceId: WorkspaceId,
  artifactId: string,
): Promise<Artifact> => {
  const [rows = []] = await runRead(store, workspaceId, [
    {
      name: 'read_artifact',
      text: `SELECT ${SELECT.artifacts} FROM ropewalk.artifacts t WHERE t.workspace_id IS NOT DISTINCT FROM $1 AND t.id = $2`,
      values: [workspaceId, artifactId],
    },
  ])
  const [artifact] = rows as readonly Artifact[]
  if (artifact !== undefined) return artifact
  throw new RopewalkError('NOT_FOUND', `There is no artifact ${artifactId} in this workspace.`)
}

/** Questions of the runs of a workspace or of one run, oldest first. Throws INVALID_ARGUMENT. */
export const listQuestions = async (
  store: Store,
  workspaceId: WorkspaceId,
  page: PageRequest & { readonly runId?: RunId | undefined; readonly status?: string | undefined },
): Promise<Page<Question>> => {
  const limit = checkLimit(page)
  const [createdAt, id] = parseCursor(page.cursor) ?? [null, null]
  const values: unknown[] = [workspaceId, createdAt, id, limit + 1]
  const filters: string[] = []
  // Those of projects are in the same table; this says so in a way that no other index serves.
  if (page.runId === undefined) filters.push('AND num_nulls(t.run_id) = 0')
  if (page.runId !== undefined) filters.push(`AND t.run_id = $${values.push(page.runId)}::uuid`)
  if (page.status !== undefined) filters.push(`AND t.status = $${values.push(page.status)}`)
  const statement: Statement = {
    name: `list_questions_${page.runId === undefined ? 'all' : 'run'}_${page.status === undefined ? 'any' : 'status'}`,
    text: `SELECT ${SELECT.questions} FROM ropewalk.questions t
      WHERE t.workspace_id ${page.runId === undefined ? '=' : 'IS NOT DISTINCT FROM'} $1 AND ${AFTER} ${filters.join(' ')} ORDER BY t.created_at, t.id LIMIT $4`,
    values,
  }
  const [rows = []] = await runRead(store, workspaceId, [statement])
  return makePage(rows as readonly Question[], limit, (question) => [question.createdAt, question.id])
}

/** Log lines of a run with `seq` above `after`, oldest first; numbers have no gap, so none is skipped. */
export const listLogs = async (
  store: Store,
  of: { readonly workspaceId: WorkspaceId; readonly runId: RunId },
  request: { readonly after: number; readonly limit: number; readonly taskId?: TaskId | undefined },
): Promise<readonly LogLine[]> => {
  const limit = checkLimit(request, 1000)
  const ofTask = request.taskId === undefined ? '' : 'AND t.task_id = $5'
  const [rows = []] = await runRead(store, of.workspaceId, [
    {
      name: request.taskId === undefined ? 'list_logs' : 'list_logs_of_task',
      text: `SELECT t.seq, t.at, t.task_id AS "taskId", t.attempt, t.stream, t.text FROM ropewalk.task_logs t
        WHERE t.workspace_id IS NOT DISTINCT FROM $1 AND t.run_id = $2 AND t.seq > $3 ${ofTask} ORDER BY t.seq LIMIT $4`,
      values: [
        of.workspaceId,
        of.runId,
        request.after,
        limit,
        ...(request.taskId === undefined ? [] : [request.taskId]),
      ],
    },
  ])
  return rows as readonly LogLine[]
}
