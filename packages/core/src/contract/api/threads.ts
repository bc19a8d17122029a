import { z } from 'zod'
import { AgentId, ItemId, MessageId, RunId, SessionId, ThreadId, WakeId } from '../../ids.ts'
import { Count, Instant } from '../../text.ts'
import { Addressing, BlockCause, MessageEventType, MessageKind, ThreadStatus, ThreadType } from '../thread.ts'
import { afterQuery, pageQuery } from './paging.ts'

const thread = {
  id: ThreadId,
  title: z.string(),
  type: ThreadType,
  status: ThreadStatus,
  awaitingHuman: z.boolean(),
  blockCause: BlockCause.nullable(),
  runId: RunId.nullable(),
  itemId: ItemId.nullable(),
  createdBy: z.string(),
  /** Of the newest message; 0 before the first. */
  lastSeq: Count,
  /** Messages of agents since the last sign of progress. */
  turns: Count,
  createdAt: Instant,
  updatedAt: Instant,
}

/** A thread as one row of a list; `unread` counts for who asks, and is 0 where they do not take part. */
export const ThreadSummary = z.strictObject({ ...thread, unread: Count })
export type ThreadSummary = z.infer<typeof ThreadSummary>

export const ThreadParticipant = z.strictObject({
  agentId: AgentId,
  role: z.string().nullable(),
  joinedAt: Instant,
  goneAt: Instant.nullable(),
  lastReadSeq: Count,
  unread: Count,
})

/** A thread with all who take or took part. */
export const ThreadDetail = z.strictObject({ ...thread, participants: z.array(ThreadParticipant) })
export type ThreadDetail = z.infer<typeof ThreadDetail>

/** `mine`: only those the caller takes part in; `unread`: of those the ones with something unread. */
export const ThreadQuery = z.strictObject({
  ...pageQuery,
  status: ThreadStatus.optional(),
  run: RunId.optional(),
  item: ItemId.optional(),
  only: z.enum(['mine', 'unread']).optional(),
})

/** A message; `body` is null where it was erased, as the data policy asks. */
export const ThreadMessage = z.strictObject({
  id: MessageId,
  threadId: ThreadId,
  seq: z.int().min(1),
  kind: MessageKind,
  sender: z.string(),
  sessionId: SessionId.nullable(),
  body: z.string().nullable(),
  metadata: z.record(z.string(), z.unknown()),
  eventType: MessageEventType.nullable(),
  to: Addressing,
  inReplyTo: MessageId.nullable(),
  createdAt: Instant,
  expiresAt: Instant.nullable(),
})
export type ThreadMessage = z.infer<typeof ThreadMessage>

export const MessageQuery = z.strictObject(afterQuery)

/** A request to make a dormant agent act, and what was decided about it. */
export const ThreadWake = z.strictObject({
  id: WakeId,
  threadId: ThreadId,
  targetAgentId: AgentId,
  targetSessionId: SessionId.nullable(),
  reason: z.string(),
  promptDigest: z.string(),
  requestedBy: z.string(),
  action: z.enum(['trigger_runtime', 'fallback_required']),
  fallbackAction: z.enum(['resume_session', 'spawn_session']).nullable(),
  status: z.string(),
  attempts: Count,
  maxRetries: Count,
  createdAt: Instant,
})
export type ThreadWake = z.infer<typeof ThreadWake>
