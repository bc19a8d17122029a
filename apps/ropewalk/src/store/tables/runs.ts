import { boolean, doublePrecision, integer, json, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { count, instant, ropewalk, workspaceId } from './schema.ts'

/** Root of the aggregate. `version`, `headHash` and `headAt` are the end of its chain. */
export const runs = ropewalk.table(
  'runs',
  {
    workspaceId: workspaceId(),
    id: uuid('id').notNull(),
    title: text('title').notNull(),
    status: text('status').notNull(),
    pauseReason: text('pause_reason'),
    mode: text('mode').notNull(),
    planHash: text('plan_hash').notNull(),
    playbookHash: text('playbook_hash').notNull(),
    forkOf: uuid('fork_of'),
    capMicros: count('cap_micros').notNull(),
    reservedMicros: count('reserved_micros').notNull(),
    spentMicros: count('spent_micros').notNull(),
    tokensUsed: count('tokens_used').notNull(),
    openQuestions: integer('open_questions').notNull(),
    acceptedCommit: text('accepted_commit'),
    simulated: boolean('simulated').notNull(),
    closing: boolean('closing').notNull(),
    closed: boolean('closed').notNull(),
    failureCode: text('failure_code'),
    failureMessage: text('failure_message'),
    verdict: text('verdict'),
    dossierDigest: text('dossier_digest'),
    createdAt: instant('created_at').notNull(),
    startedAt: instant('started_at'),
    endedAt: instant('ended_at'),
    version: count('version').notNull(),
    headHash: text('head_hash').notNull(),
    headAt: instant('head_at').notNull(),
    /** Newest format of event in the stream; a process that knows only older ones leaves it alone. */
    eventFormat: integer('event_format').notNull(),
  },
  (table) => [primaryKey({ columns: [table.id, table.workspaceId] })],
)

/** Frozen run plans, named by their digest and shared by the runs of a workspace. */
export const plans = ropewalk.table(
  'plans',
  {
    workspaceId: workspaceId(),
    hash: text('hash').notNull(),
    plan: json('plan').notNull(),
    createdAt: instant('created_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.hash] })],
)

export const phases = ropewalk.table(
  'phases',
  {
    workspaceId: workspaceId(),
    runId: uuid('run_id').notNull(),
    phase: text('phase').notNull(),
    status: text('status').notNull(),
    round: integer('round').notNull(),
    stages: json('stages').notNull(),
    stage: integer('stage').notNull(),
    stageOpen: integer('stage_open').notNull(),
    openQuestions: integer('open_questions').notNull(),
    fixes: json('fixes').notNull(),
    outputs: json('outputs').notNull(),
    reports: json('reports').notNull(),
    usage: json('usage').notNull(),
    reservedTokens: count('reserved_tokens').notNull(),
    agentsExecuted: integer('agents_executed').notNull(),
    agentsSucceeded: integer('agents_succeeded').notNull(),
    agentsFailed: integer('agents_failed').notNull(),
    questionIds: json('question_ids').notNull(),
    assumptions: integer('assumptions').notNull(),
    score: doublePrecision('score'),
    packId: text('pack_id'),
    strategy: text('strategy'),
    deadlineAt: instant('deadline_at'),
    timeLeftMs: count('time_left_ms'),
    clockVersion: integer('clock_version').notNull(),
    commit: text('commit'),
    openings: integer('openings').notNull(),
    lastTaskAt: instant('last_task_at'),
    startedAt: instant('started_at'),
    completedAt: instant('completed_at'),
  },
  (table) => [primaryKey({ columns: [table.runId, table.phase, table.workspaceId] })],
)
