import { RopewalkError } from '@ropewalk/core/errors'
import type { ProjectId, QuestionId, WorkspaceId } from '@ropewalk/core/ids'
import type { ProjectQuestion } from '@ropewalk/core/project/state'
import type { Question } from '@ropewalk/core/run/state'
import { runRead } from '../../../store/open.ts'
import type { Store } from '../../../store/open.ts'
import type { AnyQuestion } from '../../backlog/contract.ts'
import type { Page, PageRequest } from '../../contract.ts'
import { checkLimit, makePage, parseCursor } from '../cursor.ts'
import { BACKLOG, IN_WORKSPACE } from './backlog-sql.ts'

/** A row of both kinds: the columns of a project's question beside those that only a run's has. */
type Row = ProjectQuestion & Omit<Question, 'runId'> & { readonly runId: Question['runId'] | null }

/** Both column lists name the shared columns alike, so that the later ones of one name say the same. */
const SELECT_BOTH = `${BACKLOG.projectQuestions}, t.run_id AS "runId", t.phase, t.task_id AS "taskId",
  t.category, t.priority, t.decision_impact AS "decisionImpact"`

const toRunQuestion = (row: Row, runId: Question['runId']): Question => ({
  id: row.id,
  runId,
  kind: row.kind,
  phase: row.phase,
  taskId: row.taskId,
  askedBy: row.askedBy,
  text: row.text,
  category: row.category,
  priority: row.priority,
  decisionImpact: row.decisionImpact,
  defaultAnswer: row.defaultAnswer,
  fields: row.fields,
  form: row.form,
  defaultValues: row.defaultValues,
  risk: row.risk,
  policy: row.policy,
  status: row.status,
  version: row.version,
  deadlineAt: row.deadlineAt,
  escalatedAt: row.escalatedAt,
  answer: row.answer,
  values: row.values,
  decidedBy: row.decidedBy,
  decidedKind: row.decidedKind,
  createdAt: row.createdAt,
  decidedAt: row.decidedAt,
})

// What a run's question has on top does no harm in a project's: readers pick what they show.
const toAny = (row: Row): AnyQuestion =>
  row.runId === null
    ? { owner: 'project', question: row }
    : { owner: 'run', question: toRunQuestion(row, row.runId) }

type Filter = {
  readonly runId?: string | undefined
  readonly projectId?: ProjectId | undefined
  readonly status?: string | undefined
}

/** Questions of runs and of projects in one list, oldest first. Throws INVALID_ARGUMENT. */
export const listAllQuestions = async (
  store: Store,
  workspaceId: WorkspaceId,
  page: PageRequest & Filter,
): Promise<Page<AnyQuestion>> => {
  const limit = checkLimit(page)
  const [createdAt, id] = parseCursor(page.cursor) ?? [null, null]
  const values: unknown[] = [workspaceId, createdAt, id, limit + 1]
  const filters: string[] = []
  const { runId, projectId, status } = page
  if (runId !== undefined) filters.push(`AND t.run_id = $${values.push(runId)}::uuid`)
  if (projectId !== undefined) filters.push(`AND t.project_id = $${values.push(projectId)}::uuid`)
  if (status !== undefined) filters.push(`AND t.status = $${values.push(status)}`)
  const isOfOne = runId !== undefined || projectId !== undefined
  const names = Object.entries({ runId, projectId, status }).filter(([, value]) => value !== undefined)
  const [rows = []] = await runRead(store, workspaceId, [
    {
      name: `list_all_questions_${names.map(([name]) => name).join('_')}`,
      text: `SELECT ${SELECT_BOTH} FROM ropewalk.questions t
        WHERE ${isOfOne ? IN_WORKSPACE : 't.workspace_id = $1'} AND (t.created_at, t.id)
          > (coalesce($2::timestamptz, '-infinity'), coalesce($3::uuid, '00000000-0000-0000-0000-000000000000'))
          ${filters.join(' ')}
        ORDER BY t.created_at, t.id LIMIT $4`,
      values,
    },
  ])
  const found = makePage(rows as readonly Row[], limit, (row) => [row.createdAt, row.id])
  return { items: found.items.map(toAny), nextCursor: found.nextCursor }
}

/** A question of a run or of a project. Throws NOT_FOUND. */
export const readQuestion = async (
  store: Store,
  workspaceId: WorkspaceId,
  questionId: QuestionId,
): Promise<AnyQuestion> => {
  const [rows = []] = await runRead(store, workspaceId, [
    {
      name: 'read_question',
      text: `SELECT ${SELECT_BOTH} FROM ropewalk.questions t WHERE ${IN_WORKSPACE} AND t.id = $2`,
      values: [workspaceId, questionId],
    },
  ])
  const [row] = rows as readonly Row[]
  if (row !== undefined) return toAny(row)
  throw new RopewalkError('NOT_FOUND', 'There is no such question.', { details: { questionId } })
}
