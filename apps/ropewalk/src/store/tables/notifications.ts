import { integer, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { instant, ropewalk, workspaceId } from './schema.ts'

export const notifications = ropewalk.table(
  'notifications',
  {
    workspaceId: workspaceId(),
    questionId: uuid('question_id').notNull(),
    version: integer('version').notNull(),
    channel: text('channel').notNull(),
    effectId: text('effect_id').notNull(),
    status: text('status').notNull(),
    attempt: integer('attempt').notNull(),
    dueAt: instant('due_at').notNull(),
    reason: text('reason'),
    createdAt: instant('created_at').notNull(),
    settledAt: instant('settled_at'),
  },
  (table) => [primaryKey({ columns: [table.questionId, table.version, table.channel, table.workspaceId] })],
)
