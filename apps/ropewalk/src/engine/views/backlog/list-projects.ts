import { RopewalkError } from '@ropewalk/core/errors'
import type { ProjectId, WorkspaceId } from '@ropewalk/core/ids'
import type { Project, ProjectQuestion } from '@ropewalk/core/project/state'
import { runRead } from '../../../store/open.ts'
import type { Store } from '../../../store/open.ts'
import type { ProjectView } from '../../backlog/contract.ts'
import type { Page, PageRequest } from '../../contract.ts'
import { checkLimit, makePage, parseCursor } from '../cursor.ts'
import { BACKLOG, IN_WORKSPACE } from './backlog-sql.ts'

const FAR = {
  newest: { than: '<', at: "'infinity'", id: "'ffffffff-ffff-ffff-ffff-ffffffffffff'", order: 'DESC' },
  oldest: { than: '>', at: "'-infinity'", id: "'00000000-0000-0000-0000-000000000000'", order: 'ASC' },
} as const

/** Projects of a workspace by age, the newest first unless `order` says otherwise. Throws INVALID_ARGUMENT. */
export const listProjects = async (
  store: Store,
  workspaceId: WorkspaceId,
  page: PageRequest & {
    readonly status?: string | undefined
    readonly order?: 'newest' | 'oldest' | undefined
  },
): Promise<Page<Project>> => {
  const limit = checkLimit(page)
  const [createdAt, id] = parseCursor(page.cursor) ?? [null, null]
  const { order = 'newest', status } = page
  const far = FAR[order]
  const [rows = []] = await runRead(store, workspaceId, [
    {
      name: `list_projects_${order}_${status === undefined ? 'any' : 'status'}`,
      text: `SELECT ${BACKLOG.projects} FROM ropewalk.projects t
        WHERE t.workspace_id = $1 ${status === undefined ? '' : 'AND t.status = $5'}
          AND (t.created_at, t.id) ${far.than} (coalesce($2::timestamptz, ${far.at}), coalesce($3::uuid, ${far.id}))
        ORDER BY t.created_at ${far.order}, t.id ${far.order} LIMIT $4`,
      values: [workspaceId, createdAt, id, limit + 1, ...(status === undefined ? [] : [status])],
    },
  ])
  return makePage(rows as readonly Project[], limit, (project) => [project.createdAt, project.id])
}

/** A project with its open questions, oldest first, at most 200 of them. Throws NOT_FOUND. */
export const readProject = async (
  store: Store,
  of: { readonly workspaceId: WorkspaceId; readonly projectId: ProjectId },
): Promise<ProjectView> => {
  const values = [of.workspaceId, of.projectId]
  const [projects = [], questions = []] = await runRead(store, of.workspaceId, [
    {
      name: 'read_project',
      text: `SELECT ${BACKLOG.project} FROM ropewalk.projects t WHERE ${IN_WORKSPACE} AND t.id = $2`,
      values,
    },
    {
      name: 'read_open_questions_of_project',
      text: `SELECT ${BACKLOG.projectQuestions} FROM ropewalk.questions t
        WHERE ${IN_WORKSPACE} AND t.project_id = $2 AND t.status = 'open' ORDER BY t.created_at, t.id LIMIT 200`,
      values,
    },
  ])
  const [project] = projects as readonly ProjectView['project'][]
  if (project === undefined)
    throw new RopewalkError('NOT_FOUND', `There is no project ${of.projectId} in this workspace.`)
  return { project, openQuestions: questions as readonly ProjectQuestion[] }
}
