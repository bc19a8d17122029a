import { z } from 'zod'
import {
  Addressing,
  BlockCause,
  MessageEventType,
  MessageKind,
  ParticipantDraft,
  ThreadStatus,
  ThreadSubject,
  ThreadType,
} from '../contract/thread.ts'
import { AgentId, MessageId, SessionId, ThreadId, WakeId } from '../ids.ts'
import { Count, Digest, Instant, text } from '../text.ts'

const event = <T extends string, D extends z.ZodRawShape>(type: T, data: D) =>
  z.strictObject({ type: z.literal(type), v: z.literal(1), data: z.strictObject(data) })

const Seq = z.int().min(1)

/** Everything that can happen to a thread. Bodies are named by their digest, so that one can be erased. */
export const ThreadEvent = z.discriminatedUnion('type', [
  event('thread.created', {
    threadId: ThreadId,
    title: text(200, 1),
    threadType: ThreadType,
    subject: ThreadSubject,
    createdBy: text(120, 1),
  }),
  event('thread.participant_added', { participant: ParticipantDraft, by: text(120, 1) }),
  /** `bounced`: the messages for it that it had not read, at most the newest 50. */
  event('thread.participant_removed', {
    agentId: AgentId,
    lastSeq: Count,
    bounced: z.array(Seq).max(50),
    reason: text(400, 1),
    by: text(120, 1),
  }),
  /** `note` is the whole text of a `system` message; others have theirs beside the ledger. */
  event('thread.message_posted', {
    messageId: MessageId,
    seq: Seq,
    kind: MessageKind,
    sender: text(120, 1),
    senderKind: z.enum(['person', 'agent', 'policy', 'engine']),
    sessionId: SessionId.nullable(),
    to: Addressing,
    inReplyTo: MessageId.nullable(),
    digest: Digest,
    bytes: Count,
    note: text(400).nullable(),
    eventType: MessageEventType.nullable(),
    finding: text(200, 1).nullable(),
    fix: text(200, 1).nullable(),
    /** Whether it took the matter further: turns are counted anew from here. */
    isProgress: z.boolean(),
    /** Those named in `to` who are gone. */
    bounced: z.array(AgentId).max(50),
    expiresAt: Instant.nullable(),
  }),
  /** Several of one message when many had not read it: each fits one entry of the ledger. */
  event('thread.message_expired', { seq: Seq, agents: z.array(AgentId).max(200) }),
  event('thread.messages_erased', { from: Seq, to: Seq, reason: text(400, 1) }),
  event('thread.status_changed', {
    from: ThreadStatus,
    to: ThreadStatus,
    reason: text(1000, 1),
    awaitingHuman: z.boolean(),
    by: text(120, 1),
  }),
  /** Somebody has to look at it; the status it leads to follows as an event of its own. */
  event('thread.escalated', {
    cause: BlockCause,
    reason: text(1000, 1),
    turns: Count,
    finding: text(200, 1).nullable(),
    by: text(120, 1),
  }),
  event('thread.wake_requested', {
    wakeId: WakeId,
    targetAgentId: AgentId,
    targetSessionId: SessionId.nullable(),
    reason: text(400, 1),
    promptDigest: Digest,
    action: z.enum(['trigger_runtime', 'fallback_required']),
    fallbackAction: z.enum(['resume_session', 'spawn_session']).nullable(),
    maxRetries: Count,
    by: text(120, 1),
  }),
])
export type ThreadEvent = z.infer<typeof ThreadEvent>
export type ThreadEventType = ThreadEvent['type']
export type ThreadEventOf<T extends ThreadEventType> = Extract<ThreadEvent, { type: T }>
export type ThreadEventAt = ThreadEvent & { readonly at: string }
