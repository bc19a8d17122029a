import { z } from 'zod'
import { AgentId, ItemId, MessageId, RunId, SessionId, ThreadId, WakeId, WorkspaceId } from '../../ids.ts'
import { Count, Instant, Name, text } from '../../text.ts'
import { Metadata } from '../json.ts'
import { ManagementMode, SessionStatus } from '../session.ts'
import {
  Addressing,
  BlockCause,
  DeliveryState,
  MessageBody,
  MessageKind,
  ParticipantDraft,
  ThreadStatus,
  ThreadType,
} from '../thread.ts'
import { makeMethod } from './method.ts'

/** The version of the fields of a message. */
const SchemaVersion = z.literal(1)

/** Who the caller says it is: a hint that must agree with the token (row CX-20). */
const hint = { workspace_id: WorkspaceId.optional(), agent_id: AgentId.optional() }

const key = {
  idempotency_key: z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/u, 'expected 1 to 200 visible ASCII characters')
    .optional()
    .describe('Your own name for this call: repeating it with the same key changes nothing.'),
}

/** Why, for the audit, where whoever calls leads: a person's tools send it with everything they do. */
const why = { reason: text(400, 1).optional() }

/** A participant by name alone, or with the role it has in this thread. */
const Participant = z.union([AgentId, z.strictObject({ agent_id: AgentId, role: Name.optional() })])

const To = z
  .union(
    [
      z.literal('all'),
      z.strictObject({ agents: z.array(AgentId).min(1).max(50) }),
      z.strictObject({ role: Name }),
    ],
    'expected "all", {"agents": ["NAME"]} or {"role": "NAME"}',
  )
  .describe('For whom it is: "all", {"agents": [...]} or {"role": "..."}. All who take part can read it.')

const message = {
  message_id: MessageId,
  seq: z.int().min(1),
  schema_version: SchemaVersion,
  kind: MessageKind,
  sender_agent_id: z.string(),
  sender_session_id: z.string().nullable(),
  /** Null where it was erased, as the data policy of the workspace asks. */
  body: z.string().nullable(),
  metadata: z.record(z.string(), z.unknown()),
  event_type: z.string().nullable(),
  to: Addressing,
  in_reply_to: MessageId.nullable(),
  created_at: Instant,
  expires_at: Instant.nullable(),
}
export const MessageView = z.strictObject(message)
export type MessageView = z.infer<typeof MessageView>

const participant = {
  agent_id: z.string(),
  role: z.string().nullable(),
  joined_at: Instant,
  gone_at: Instant.nullable(),
  last_read_seq: Count,
  unread: Count,
}

const thread = {
  thread_id: ThreadId,
  workspace_id: WorkspaceId,
  title: z.string(),
  type: ThreadType,
  status: ThreadStatus,
  awaiting_human: z.boolean(),
  block_cause: BlockCause.nullable(),
  run_id: RunId.nullable(),
  item_id: ItemId.nullable(),
  created_by: z.string(),
  last_seq: Count,
  turns_without_progress: Count,
  created_at: Instant,
  updated_at: Instant,
}

export const CREATE_THREAD = makeMethod({
  name: 'create_thread',
  about:
    'Starts a thread in which agents and people talk. Name everybody who takes part, with the role they have in it. Gives the id of the thread.',
  permission: 'threads:manage',
  isForTasks: false,
  isReadOnly: false,
  isIdempotent: false,
  input: z.strictObject({
    workspace_id: WorkspaceId.optional(),
    title: text(200, 1),
    type: ThreadType.default('conversation'),
    participants: z.array(Participant).min(1).max(200),
    created_by: AgentId.optional(),
    run_id: RunId.optional(),
    item_id: ItemId.optional(),
    ...why,
    ...key,
  }),
  output: z.strictObject({ thread_id: ThreadId, status: ThreadStatus, created_at: Instant }),
})

export const GET_THREAD = makeMethod({
  name: 'get_thread',
  about: 'Reads a thread: its status, who takes part, how far each has read and how much is unread.',
  permission: 'threads:read',
  isForTasks: true,
  isReadOnly: true,
  isIdempotent: true,
  input: z.strictObject({ thread_id: ThreadId, ...hint }),
  output: z.strictObject({ ...thread, participants: z.array(z.strictObject(participant)) }),
})

export const LIST_THREADS = makeMethod({
  name: 'list_threads',
  about:
    'Lists threads, newest message first; an agent sees those it takes part in. `unread_only` gives those that have something for you.',
  permission: 'threads:read',
  isForTasks: true,
  isReadOnly: true,
  isIdempotent: true,
  input: z.strictObject({
    status: ThreadStatus.optional(),
    run_id: RunId.optional(),
    item_id: ItemId.optional(),
    unread_only: z.boolean().default(false),
    limit: z.int().min(1).max(200).default(50),
    cursor: text(400, 1).optional(),
    ...hint,
  }),
  output: z.strictObject({
    threads: z.array(z.strictObject({ ...thread, unread: Count })),
    next_cursor: z.string().nullable(),
  }),
})

export const ADD_PARTICIPANT = makeMethod({
  name: 'add_participant',
  about: 'Takes somebody into a thread, or gives one who is in it another role.',
  permission: 'threads:manage',
  isForTasks: false,
  isReadOnly: false,
  isIdempotent: true,
  input: z.strictObject({ thread_id: ThreadId, participant: Participant, ...why, ...key }),
  output: z.strictObject({ thread_id: ThreadId, participant: ParticipantDraft }),
})

export const REMOVE_PARTICIPANT = makeMethod({
  name: 'remove_participant',
  about: 'Takes somebody out of a thread. Messages for them that they have not read come back as bounced.',
  permission: 'threads:manage',
  isForTasks: false,
  isReadOnly: false,
  isIdempotent: true,
  input: z.strictObject({ thread_id: ThreadId, agent_id: AgentId, reason: text(400, 1), ...key }),
  output: z.strictObject({ thread_id: ThreadId, bounced: z.array(z.int()) }),
})

export const POST_MESSAGE = makeMethod({
  name: 'post_message',
  about:
    'Writes into a thread. Use kind "event" with metadata.event_type for what happened in a review: finding_reported, fix_pushed, re_review_requested, finding_verified, finding_rejected (metadata.finding names the finding, metadata.fix the commit), or thread_escalated to ask a person for help. Gives the number of the message in its thread.',
  permission: 'threads:write',
  isForTasks: true,
  isReadOnly: false,
  isIdempotent: false,
  input: z.strictObject({
    thread_id: ThreadId,
    schema_version: SchemaVersion.default(1),
    kind: z.enum(['chat', 'event']).default('chat'),
    body: MessageBody,
    metadata: Metadata.default({}),
    to: To.default('all'),
    in_reply_to: MessageId.optional(),
    ttl_seconds: z.int().min(1).max(31_536_000).optional(),
    sender_agent_id: AgentId.optional(),
    sender_session_id: SessionId.optional(),
    ...why,
    ...hint,
    ...key,
  }),
  output: z.strictObject({
    message_id: MessageId,
    seq: z.int().min(1),
    thread_status: ThreadStatus,
    bounced: z.array(z.string()),
    created_at: Instant,
  }),
})

export const READ_MESSAGES = makeMethod({
  name: 'read_messages',
  about:
    'Reads a thread on, oldest first, from after `since_seq`. Says nothing about having read: call ack_read when you have dealt with them.',
  permission: 'threads:read',
  isForTasks: true,
  isReadOnly: true,
  isIdempotent: true,
  input: z.strictObject({
    thread_id: ThreadId,
    since_seq: Count.default(0),
    limit: z.int().min(1).max(200).default(50),
    ...hint,
  }),
  output: z.strictObject({ messages: z.array(MessageView), next_seq: Count, has_more: z.boolean() }),
})

export const WAIT_FOR_MESSAGES = makeMethod({
  name: 'wait_for_messages',
  about:
    'Waits until there is something for you, in one thread (after `since_seq`) or in any you take part in and have not read, and gives it. Returns within `timeout_seconds` (50 at most) with an empty list when nothing came; call it again then.',
  permission: 'threads:read',
  isForTasks: true,
  isReadOnly: true,
  isIdempotent: true,
  mayWait: true,
  input: z.strictObject({
    thread_id: ThreadId.optional(),
    since_seq: Count.optional(),
    limit: z.int().min(1).max(200).default(50),
    timeout_seconds: z.number().min(0).max(50).default(50),
    ...hint,
  }),
  output: z.strictObject({
    /** The thread that the messages are of; null when nothing came. */
    thread_id: ThreadId.nullable(),
    messages: z.array(MessageView),
    next_seq: Count,
    has_more: z.boolean(),
  }),
})

export const ACK_READ = makeMethod({
  name: 'ack_read',
  about:
    'Says that you have read a thread up to a message. It never goes back: a smaller number than before, or one past the newest message, is refused.',
  permission: 'threads:write',
  isForTasks: true,
  isReadOnly: false,
  isIdempotent: true,
  input: z.strictObject({ thread_id: ThreadId, last_read_seq: Count, ...hint }),
  output: z.strictObject({ ok: z.literal(true), last_read_seq: Count, updated_at: Instant }),
})

export const GET_DELIVERIES = makeMethod({
  name: 'get_deliveries',
  about: 'How a message stands with each of those it is for: waiting, delivered, read, bounced or expired.',
  permission: 'threads:read',
  isForTasks: true,
  isReadOnly: true,
  isIdempotent: true,
  input: z.strictObject({ thread_id: ThreadId, seq: z.int().min(1), ...hint }),
  output: z.strictObject({
    deliveries: z.array(
      z.strictObject({ agent_id: z.string(), state: DeliveryState, at: Instant.nullable() }),
    ),
  }),
})

export const UPDATE_THREAD_STATUS = makeMethod({
  name: 'update_thread_status',
  about:
    'Blocks, unblocks, resolves, re-opens or closes a thread. Closing a blocked one needs a reason that begins with "human_override:" (a person) or "coordinator_override:".',
  permission: 'threads:manage',
  isForTasks: false,
  isReadOnly: false,
  isIdempotent: true,
  input: z.strictObject({
    thread_id: ThreadId,
    status: ThreadStatus,
    reason: text(1000, 1),
    awaiting_human: z.boolean().default(false),
    metadata: Metadata.optional(),
    ...hint,
    ...key,
  }),
  output: z.strictObject({
    thread_id: ThreadId,
    status: ThreadStatus,
    awaiting_human: z.boolean(),
    updated_at: Instant,
  }),
})

export const SUMMARIZE_THREAD = makeMethod({
  name: 'summarize_thread',
  about:
    'What a thread has come to, by its newest messages: open findings and unanswered requests, what was fixed, and its status. Made by rules, not by a model.',
  permission: 'threads:read',
  isForTasks: true,
  isReadOnly: true,
  isIdempotent: true,
  input: z.strictObject({
    thread_id: ThreadId,
    max_messages: z.int().min(1).max(1000).default(200),
    ...hint,
  }),
  output: z.strictObject({
    summary: z.string(),
    open_items: z.array(z.strictObject({ kind: z.string(), text: z.string(), seq: z.int(), by: z.string() })),
    last_status: ThreadStatus,
  }),
})

export const SEARCH_MESSAGES = makeMethod({
  name: 'search_messages',
  about: 'Finds messages with all these words, newest first, in one thread or in all that you may read.',
  permission: 'threads:read',
  isForTasks: true,
  isReadOnly: true,
  isIdempotent: true,
  input: z.strictObject({
    words: text(200, 1),
    thread_id: ThreadId.optional(),
    limit: z.int().min(1).max(100).default(20),
    cursor: text(400, 1).optional(),
    ...hint,
  }),
  output: z.strictObject({
    matches: z.array(z.strictObject({ thread_id: ThreadId, ...message })),
    next_cursor: z.string().nullable(),
  }),
})

export const HEARTBEAT_SESSION = makeMethod({
  name: 'heartbeat_session',
  about:
    'Says that your session is alive, what runs it and whether it can be resumed. Repeat it at least every few minutes; after 12 h of silence a session counts as stale.',
  permission: 'sessions:write',
  isForTasks: false,
  isReadOnly: false,
  isIdempotent: true,
  input: z.strictObject({
    session_id: SessionId.optional(),
    runtime: Name,
    management_mode: ManagementMode.default('unmanaged'),
    resumable: z.boolean().default(false),
    status: SessionStatus.default('active'),
    ...hint,
  }),
  output: z.strictObject({ ok: z.literal(true), session_id: SessionId, recorded_at: Instant }),
})

export const TRIGGER_PARTICIPANT = makeMethod({
  name: 'trigger_participant',
  about:
    'Asks for an agent of a thread to be woken with a prompt, and says how: a live session is triggered, a dormant one resumed or started anew.',
  permission: 'threads:manage',
  isForTasks: false,
  isReadOnly: false,
  isIdempotent: false,
  input: z.strictObject({
    thread_id: ThreadId,
    target_agent_id: AgentId,
    reason: text(400, 1),
    trigger_prompt: text(8192, 1),
    ...hint,
    ...key,
  }),
  output: z.strictObject({
    trigger_id: WakeId,
    action: z.enum(['trigger_runtime', 'fallback_required']),
    result: z.enum(['queued', 'fallback_required']),
    job_status: z.string(),
    fallback_action: z.enum(['resume_session', 'spawn_session']).nullable(),
    target_session_id: z.string().nullable(),
    runtime: z.string().nullable(),
    management_mode: ManagementMode.nullable(),
    session_status: SessionStatus.nullable(),
    stale_session: z.boolean(),
    triggered_at: Instant,
  }),
})
