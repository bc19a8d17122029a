import { Notification, type NotificationType } from '@ropewalk/core/contract/notification'
import { Risk } from '@ropewalk/core/contract/project-question'
import type { WorkspaceId } from '@ropewalk/core/ids'
import { z } from 'zod'

/**
 * A row of the questions table as JSON: that of a run or of a project. Loose, because a row has columns that
 * do not matter here.
 */
export const QuestionRow = z.looseObject({
  id: z.string(),
  run_id: z.string().nullish(),
  project_id: z.string().nullish(),
  item_ids: z.array(z.string()).nullish(),
  kind: z.string(),
  text: z.string(),
  priority: z.string().nullish(),
  risk: z.string().nullish(),
  default_answer: z.string().nullish(),
  status: z.string(),
  version: z.int(),
  deadline_at: z.string().nullish(),
  escalated_at: z.string().nullish(),
  created_at: z.string(),
})
export type QuestionRow = z.infer<typeof QuestionRow>

const toInstant = (value: string): string => new Date(value).toISOString()

/** Once the deadline of a question that is not to be decided without a person has passed, it is told again. */
const getType = ({ kind, escalated_at: escalatedAt }: QuestionRow): NotificationType => {
  if (escalatedAt != null) return 'escalation'
  return kind === 'approval' ? 'approval' : 'question'
}

/** Questions of runs have no risk of their own; their priority says as much. */
const getRisk = ({ risk, priority }: QuestionRow): Risk => Risk.catch('medium').parse(risk ?? priority)

/** What is told of a question. `publicUrl` is where people reach this server, without a slash at its end. */
export const makeNotification = (
  row: QuestionRow,
  of: { readonly workspaceId: WorkspaceId; readonly version: number; readonly publicUrl: string },
): Notification => {
  const link = `${of.publicUrl}/ui/questions/${row.id}`
  return Notification.parse({
    type: getType(row),
    id: row.id,
    version: of.version,
    workspace: of.workspaceId,
    run: row.run_id ?? null,
    project: row.project_id ?? null,
    items: row.item_ids ?? [],
    text: `${row.text}\n\nAnswer at ${link} or by: ./ropewalk answer ${row.id}`,
    risk: getRisk(row),
    default: row.default_answer ?? '',
    deadline: row.deadline_at == null ? null : toInstant(row.deadline_at),
    link,
    at: toInstant(row.created_at),
  })
}
