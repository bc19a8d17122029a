import { boolean, integer, json, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { count, instant, ropewalk, workspaceId } from './schema.ts'

/** Root of the aggregate. `version`, `headHash` and `headAt` are the end of its chain. */
export const threads = ropewalk.table(
  'threads',
  {
    workspaceId: workspaceId(),
    id: uuid('id').notNull(),
    title: text('title').notNull(),
    type: text('type').notNull(),
    status: text('status').notNull(),
    awaitingHuman: boolean('awaiting_human').notNull(),
    blockCause: text('block_cause'),
    runId: uuid('run_id'),
    itemId: uuid('item_id'),
    createdBy: text('created_by').notNull(),
    lastSeq: count('last_seq').notNull(),
    turns: count('turns').notNull(),
    findings: json('findings').notNull(),
    fixes: json('fixes').notNull(),
    guests: json('guests').notNull(),
    createdAt: instant('created_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
    endedAt: instant('ended_at'),
    version: count('version').notNull(),
    headHash: text('head_hash').notNull(),
    headAt: instant('head_at').notNull(),
    eventFormat: integer('event_format').notNull(),
  },
  (table) => [primaryKey({ columns: [table.id, table.workspaceId] })],
)

/** Who takes or took part. */
export const threadParticipants = ropewalk.table(
  'thread_participants',
  {
    workspaceId: workspaceId(),
    threadId: uuid('thread_id').notNull(),
    agentId: text('agent_id').notNull(),
    role: text('role'),
    joinedAt: instant('joined_at').notNull(),
    goneAt: instant('gone_at'),
    goneSeq: count('gone_seq'),
    minuteAt: instant('minute_at'),
    minuteCount: count('minute_count').notNull(),
    wakeMinuteAt: instant('wake_minute_at'),
    wakeMinuteCount: count('wake_minute_count').notNull(),
  },
  (table) => [primaryKey({ columns: [table.threadId, table.agentId, table.workspaceId] })],
)

/** How far each has read and was given. No history: moved by single statements, and never back. */
export const participantCursors = ropewalk.table(
  'participant_cursors',
  {
    workspaceId: workspaceId(),
    threadId: uuid('thread_id').notNull(),
    agentId: text('agent_id').notNull(),
    lastReadSeq: count('last_read_seq').notNull(),
    deliveredSeq: count('delivered_seq').notNull(),
    updatedAt: instant('updated_at'),
  },
  (table) => [primaryKey({ columns: [table.threadId, table.agentId, table.workspaceId] })],
)

/** `body` is null, and `metadata` empty, where they were erased. `isForAll` repeats what `to` says, for quick counts. */
export const messages = ropewalk.table(
  'messages',
  {
    workspaceId: workspaceId(),
    threadId: uuid('thread_id').notNull(),
    seq: count('seq').notNull(),
    id: uuid('id').notNull(),
    kind: text('kind').notNull(),
    sender: text('sender').notNull(),
    sessionId: text('session_id'),
    to: json('addressed_to').notNull(),
    isForAll: boolean('is_for_all').notNull(),
    inReplyTo: uuid('in_reply_to'),
    body: text('body'),
    digest: text('digest').notNull(),
    bytes: count('bytes').notNull(),
    metadata: json('metadata').notNull(),
    eventType: text('event_type'),
    finding: text('finding'),
    fix: text('fix'),
    createdAt: instant('created_at').notNull(),
    expiresAt: instant('expires_at'),
    erasedAt: instant('erased_at'),
  },
  (table) => [primaryKey({ columns: [table.threadId, table.seq, table.workspaceId] })],
)

/** By whom a message that ran out had not been read. */
export const messageExpiries = ropewalk.table(
  'message_expiries',
  {
    workspaceId: workspaceId(),
    threadId: uuid('thread_id').notNull(),
    seq: count('seq').notNull(),
    agentId: text('agent_id').notNull(),
    expiredAt: instant('expired_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.threadId, table.seq, table.agentId, table.workspaceId] })],
)

export const wakes = ropewalk.table(
  'wakes',
  {
    workspaceId: workspaceId(),
    id: uuid('id').notNull(),
    threadId: uuid('thread_id').notNull(),
    targetAgentId: text('target_agent_id').notNull(),
    targetSessionId: text('target_session_id'),
    reason: text('reason').notNull(),
    promptDigest: text('prompt_digest').notNull(),
    requestedBy: text('requested_by').notNull(),
    action: text('action').notNull(),
    fallbackAction: text('fallback_action'),
    status: text('status').notNull(),
    attempts: count('attempts').notNull(),
    maxRetries: count('max_retries').notNull(),
    createdAt: instant('created_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.id, table.workspaceId] })],
)
