import { boolean, integer, json, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { instant, ropewalk, workspaceId } from './schema.ts'

export const waivers = ropewalk.table(
  'waivers',
  {
    workspaceId: workspaceId(),
    id: uuid('id').notNull(),
    runId: uuid('run_id').notNull(),
    phase: text('phase').notNull(),
    rubric: text('rubric').notNull(),
    details: text('details').notNull(),
    owner: text('owner').notNull(),
    justification: text('justification').notNull(),
    compensatingControl: text('compensating_control').notNull(),
    days: integer('days').notNull(),
    quorum: integer('quorum').notNull(),
    declared: boolean('declared').notNull(),
    requestedBy: text('requested_by').notNull(),
    requestedKind: text('requested_kind').notNull(),
    approvals: json('approvals').notNull(),
    status: text('status').notNull(),
    version: integer('version').notNull(),
    selfApproved: boolean('self_approved').notNull(),
    expiresAt: instant('expires_at'),
    decidedBy: text('decided_by'),
    reason: text('reason'),
    createdAt: instant('created_at').notNull(),
    decidedAt: instant('decided_at'),
  },
  (table) => [primaryKey({ columns: [table.id, table.workspaceId] })],
)
