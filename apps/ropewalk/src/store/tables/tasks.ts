import { doublePrecision, integer, json, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { count, instant, ropewalk, workspaceId } from './schema.ts'

/**
 * The queue itself. The claim columns (`attempt` to `etaMs`) are not history: claims and heartbeats
 * write them outside `handle`.
 */
export const tasks = ropewalk.table(
  'tasks',
  {
    workspaceId: workspaceId(),
    id: uuid('id').notNull(),
    runId: uuid('run_id').notNull(),
    phase: text('phase').notNull(),
    round: integer('round').notNull(),
    stage: integer('stage').notNull(),
    agent: text('agent').notNull(),
    kind: text('kind').notNull(),
    capability: text('capability').notNull(),
    status: text('status').notNull(),
    spec: json('spec').notNull(),
    taskKey: text('task_key').notNull(),
    failures: json('failures').notNull(),
    dueAt: instant('due_at').notNull(),
    modelCalls: integer('model_calls').notNull(),
    usage: json('usage').notNull(),
    failureClass: text('failure_class'),
    failureMessage: text('failure_message'),
    createdAt: instant('created_at').notNull(),
    endedAt: instant('ended_at'),
    attempt: integer('attempt').notNull(),
    claimedBy: text('claimed_by'),
    claimedAt: instant('claimed_at'),
    leaseUntil: instant('lease_until'),
    heartbeatAt: instant('heartbeat_at'),
    /** When the start-to-close clock of the present attempt runs out. */
    timeoutAt: instant('timeout_at'),
    /** The earlier of lease and timeout: one index serves both. */
    overdueAt: instant('overdue_at'),
    pct: doublePrecision('pct'),
    etaMs: count('eta_ms'),
  },
  (table) => [primaryKey({ columns: [table.id, table.workspaceId] })],
)

export const attempts = ropewalk.table(
  'attempts',
  {
    workspaceId: workspaceId(),
    taskId: uuid('task_id').notNull(),
    number: integer('number').notNull(),
    runId: uuid('run_id').notNull(),
    outcome: text('outcome').notNull(),
    worker: text('worker').notNull(),
    tool: text('tool').notNull(),
    toolVersion: text('tool_version').notNull(),
    errorClass: text('error_class'),
    message: text('message'),
    usage: json('usage').notNull(),
    claimedAt: instant('claimed_at'),
    endedAt: instant('ended_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.taskId, table.number, table.workspaceId] })],
)

/** The newest checkpoint of each attempt. */
export const checkpoints = ropewalk.table(
  'checkpoints',
  {
    workspaceId: workspaceId(),
    taskId: uuid('task_id').notNull(),
    attempt: integer('attempt').notNull(),
    token: text('token').notNull(),
    data: json('data'),
    createdAt: instant('created_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.taskId, table.attempt, table.workspaceId] })],
)

export const taskLogs = ropewalk.table(
  'task_logs',
  {
    workspaceId: workspaceId(),
    runId: uuid('run_id').notNull(),
    seq: count('seq').notNull(),
    at: instant('at').notNull(),
    taskId: uuid('task_id').notNull(),
    attempt: integer('attempt').notNull(),
    stream: text('stream').notNull(),
    text: text('text').notNull(),
  },
  (table) => [primaryKey({ columns: [table.runId, table.seq, table.workspaceId] })],
)

/** How many log lines a run has: drawn under its lock, so that a live reader skips none. */
export const taskLogHeads = ropewalk.table(
  'task_log_heads',
  {
    workspaceId: workspaceId(),
    runId: uuid('run_id').notNull(),
    last: count('last').notNull(),
  },
  (table) => [primaryKey({ columns: [table.runId, table.workspaceId] })],
)
