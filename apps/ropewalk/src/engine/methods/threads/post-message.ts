import { sha256 } from '@ropewalk/core/canonical'
import type { ContractIssue } from '@ropewalk/core/contract/api/problem'
import type { Metadata } from '@ropewalk/core/contract/json'
import { POST_MESSAGE } from '@ropewalk/core/contract/methods/threads'
import { MAX_BODY_CHARS, MessageEventType, ThreadStatus } from '@ropewalk/core/contract/thread'
import { RopewalkError } from '@ropewalk/core/errors'
import { MessageId } from '@ropewalk/core/ids'
import { Instant, text } from '@ropewalk/core/text'
import { z } from 'zod'
import { defineMethod } from '../define-method.ts'
import { readAnswer } from '../read-answer.ts'
import { maskMessage } from './mask-secrets.ts'
import { toAddressing } from './thread-fields.ts'
import { getThreadLimits } from './thread-limits.ts'

const Posted = z.object({
  messageId: MessageId,
  seq: z.int().min(1),
  status: ThreadStatus,
  bounced: z.array(z.string()),
  at: Instant,
})

const refuse = (field: string, message: string): never => {
  const issue: ContractIssue = { in: 'body', pointer: `/metadata/${field}`, message }
  throw new RopewalkError('INVALID_ARGUMENT', `metadata.${field}: ${message}.`, {
    details: { issues: [issue] },
  })
}

const FieldName = text(200, 1)

const readName = (metadata: Metadata, field: 'finding' | 'fix'): string | null => {
  const value = metadata[field]
  if (value === undefined || value === null) return null
  const parsed = FieldName.safeParse(value)
  return parsed.success ? parsed.data : refuse(field, 'expected text of 1 to 200 characters')
}

/** Resolving a thread is a change of its status, which only some may make. */
const OWN_TYPE: MessageEventType = 'thread_resolved'

const readEventType = (metadata: Metadata): MessageEventType => {
  const parsed = MessageEventType.safeParse(metadata['event_type'])
  if (!parsed.success)
    return refuse(
      'event_type',
      `expected one of ${MessageEventType.options.filter((each) => each !== OWN_TYPE).join(', ')}`,
    )
  return parsed.data === OWN_TYPE
    ? refuse('event_type', 'Ropewalk writes this itself; use update_thread_status with "resolved"')
    : parsed.data
}

/** What an event tells, from its metadata (row CX-25); a chat message is what it says and no more. */
const readFacts = (kind: 'chat' | 'event', metadata: Metadata) => {
  if (kind === 'chat') return { eventType: null, finding: null, fix: null }
  const eventType = readEventType(metadata)
  const finding = readName(metadata, 'finding')
  // One without a name could neither be counted nor settled.
  if (finding === null && eventType.startsWith('finding_'))
    return refuse('finding', 'expected the name of the finding')
  return { eventType, finding, fix: readName(metadata, 'fix') }
}

export const postMessage = defineMethod(
  POST_MESSAGE,
  async ({ engine, config }, input, { caller, options }) => {
    const { workspaceId, agentId, role } = caller
    const { thread_id: threadId, kind, metadata: given } = input
    const { redaction } = await engine.readPolicy(workspaceId)
    const plain = { body: input.body, metadata: given }
    const kept = redaction ? await maskMessage(plain) : plain
    // From what is kept: names of findings and fixes go into the ledger, which is never erased.
    const facts = readFacts(kind, kept.metadata)
    const body = kept.body.slice(0, MAX_BODY_CHARS).toWellFormed()
    const answer = await engine.submit(
      {
        type: 'PostMessage',
        workspaceId,
        threadId,
        agentId,
        role,
        sessionId: caller.sessionId ?? input.sender_session_id ?? null,
        kind,
        body,
        digest: sha256(body),
        bytes: Buffer.byteLength(body),
        metadata: kept.metadata,
        ...facts,
        to: toAddressing(input.to),
        inReplyTo: input.in_reply_to ?? null,
        ttlMs: input.ttl_seconds === undefined ? null : input.ttl_seconds * 1000,
        limits: getThreadLimits(config),
      },
      options,
    )
    const { messageId, seq, status, bounced, at } = readAnswer(answer, Posted)
    return { message_id: messageId, seq, thread_status: status, bounced, created_at: at }
  },
)
