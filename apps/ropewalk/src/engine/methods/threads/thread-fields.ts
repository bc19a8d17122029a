import type { MessageView } from '@ropewalk/core/contract/methods/threads'
import type { AgentId, WorkspaceId } from '@ropewalk/core/ids'
import type { Addressing, ParticipantDraft } from '@ropewalk/core/contract/thread'
import type { Thread } from '@ropewalk/core/thread/state'
import type { Message, ParticipantView } from '../../threads/contract.ts'

/** A thread under the names that agents know. */
export const toThreadFields = (workspaceId: WorkspaceId, thread: Thread) => ({
  thread_id: thread.id,
  workspace_id: workspaceId,
  title: thread.title,
  type: thread.type,
  status: thread.status,
  awaiting_human: thread.awaitingHuman,
  block_cause: thread.blockCause,
  run_id: thread.subject.runId,
  item_id: thread.subject.itemId,
  created_by: thread.createdBy,
  last_seq: thread.lastSeq,
  turns_without_progress: thread.turns,
  created_at: thread.createdAt,
  updated_at: thread.updatedAt,
})

export const toParticipantFields = (participant: ParticipantView) => ({
  agent_id: participant.agentId,
  role: participant.role,
  joined_at: participant.joinedAt,
  gone_at: participant.goneAt,
  last_read_seq: participant.lastReadSeq,
  unread: participant.unread,
})

export const toMessageFields = (message: Message): MessageView => ({
  message_id: message.id,
  seq: message.seq,
  schema_version: 1,
  kind: message.kind,
  sender_agent_id: message.sender,
  sender_session_id: message.sessionId,
  body: message.body,
  metadata: { ...message.metadata },
  event_type: message.eventType,
  to: message.to,
  in_reply_to: message.inReplyTo,
  created_at: message.createdAt,
  expires_at: message.expiresAt,
})

/** A participant as callers name one: by name alone, or with a role. */
export const toParticipantDraft = (
  given: AgentId | { readonly agent_id: AgentId; readonly role?: string | undefined },
): ParticipantDraft =>
  typeof given === 'string'
    ? { agentId: given, role: null }
    : { agentId: given.agent_id, role: given.role ?? null }

/** For whom a message is, as callers say it. */
export const toAddressing = (
  to: 'all' | { readonly agents: readonly AgentId[] } | { readonly role: string },
): Addressing => {
  if (to === 'all') return { kind: 'all' }
  return 'agents' in to ? { kind: 'agents', agents: [...to.agents] } : { kind: 'role', role: to.role }
}
