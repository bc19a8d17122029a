import { integer, json, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { count, instant, ropewalk, workspaceId } from './schema.ts'

/** The questions of runs; those of projects are in the same table (`projectQuestions`). */
export const questions = ropewalk.table(
  'questions',
  {
    workspaceId: workspaceId(),
    id: uuid('id').notNull(),
    runId: uuid('run_id'),
    kind: text('kind').notNull(),
    phase: text('phase'),
    taskId: uuid('task_id'),
    askedBy: text('asked_by').notNull(),
    text: text('text').notNull(),
    category: text('category').notNull(),
    priority: text('priority').notNull(),
    decisionImpact: text('decision_impact').notNull(),
    defaultAnswer: text('default_answer').notNull(),
    fields: json('fields'),
    form: json('form'),
    defaultValues: json('default_values'),
    risk: text('risk'),
    policy: text('policy'),
    status: text('status').notNull(),
    version: integer('version').notNull(),
    deadlineAt: instant('deadline_at'),
    escalatedAt: instant('escalated_at'),
    answer: text('answer'),
    values: json('answer_values'),
    decidedBy: text('decided_by'),
    decidedKind: text('decided_kind'),
    createdAt: instant('created_at').notNull(),
    decidedAt: instant('decided_at'),
  },
  (table) => [primaryKey({ columns: [table.id, table.workspaceId] })],
)

export const reservations = ropewalk.table(
  'reservations',
  {
    workspaceId: workspaceId(),
    id: uuid('id').notNull(),
    runId: uuid('run_id').notNull(),
    taskId: uuid('task_id').notNull(),
    phase: text('phase').notNull(),
    attempt: integer('attempt').notNull(),
    micros: count('micros').notNull(),
    tokens: count('tokens').notNull(),
    status: text('status').notNull(),
    chargedMicros: count('charged_micros').notNull(),
    chargedTokens: count('charged_tokens').notNull(),
    deadlineAt: instant('deadline_at').notNull(),
    createdAt: instant('created_at').notNull(),
    settledAt: instant('settled_at'),
  },
  (table) => [primaryKey({ columns: [table.id, table.workspaceId] })],
)
