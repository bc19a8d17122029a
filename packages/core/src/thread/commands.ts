import { z } from 'zod'
import { Role } from '../access/roles.ts'
import { Metadata } from '../contract/json.ts'
import {
  Addressing,
  MessageBody,
  MessageEventType,
  ParticipantDraft,
  ThreadStatus,
  ThreadSubject,
  ThreadType,
} from '../contract/thread.ts'
import { AgentId, MessageId, SessionId, ThreadId, WorkspaceId } from '../ids.ts'
import { Count, Digest, text } from '../text.ts'

const onThread = { workspaceId: WorkspaceId, threadId: ThreadId }
const command = <T extends string, D extends z.ZodRawShape>(type: T, data: D) =>
  z.strictObject({ type: z.literal(type), ...data })

/** Who asks, from the verified token: what they may decide hangs on it. */
const actor = { agentId: AgentId, role: Role }

/** Bounds that the settings of the process give. */
export const ThreadLimits = z.strictObject({
  messagesPerMinute: z.int().min(1),
  wakesPerMinute: z.int().min(1),
  turns: z.int().min(1),
  sameFindings: z.int().min(1),
})
export type ThreadLimits = z.infer<typeof ThreadLimits>

/** Everything that can be asked of a thread. `threadId` in front makes it the root's id. */
export const ThreadCommand = z.discriminatedUnion('type', [
  command('CreateThread', {
    ...onThread,
    ...actor,
    title: text(200, 1),
    threadType: ThreadType,
    participants: z.array(ParticipantDraft).min(1).max(200),
    subject: ThreadSubject,
  }),
  command('AddParticipant', { ...onThread, ...actor, participant: ParticipantDraft }),
  /** `lastRead`: how far the one who goes has read; what lies after it and is for it bounces. */
  command('RemoveParticipant', {
    ...onThread,
    ...actor,
    participantId: AgentId,
    lastRead: Count,
    reason: text(400, 1),
  }),
  /**
   * `digest` and `bytes` are of the body as it is kept. `eventType` for events alone; `finding` names what an
   * event is about, `fix` what was pushed.
   */
  command('PostMessage', {
    ...onThread,
    ...actor,
    sessionId: SessionId.nullable(),
    kind: z.enum(['chat', 'event']),
    body: MessageBody,
    digest: Digest,
    bytes: Count,
    metadata: Metadata,
    eventType: MessageEventType.nullable(),
    finding: text(200, 1).nullable(),
    fix: text(200, 1).nullable(),
    to: Addressing,
    inReplyTo: MessageId.nullable(),
    ttlMs: z.int().min(1000).max(31_536_000_000).nullable(),
    limits: ThreadLimits,
  }),
  /** By the timer of a message with an end: who of those it is for had not read it. */
  command('ExpireMessage', { ...onThread, seq: z.int().min(1), unread: z.array(AgentId).max(200) }),
  command('ChangeThreadStatus', {
    ...onThread,
    ...actor,
    status: ThreadStatus,
    reason: text(1000, 1),
    /** Only with `blocked`: agents may not go on until somebody who may has looked at it. */
    awaitingHuman: z.boolean(),
    /** Of the message that tells of it. */
    metadata: Metadata.optional(),
  }),
  /** What is known of the target's session when it is asked; whoever does the wake looks again. */
  command('RequestWake', {
    ...onThread,
    ...actor,
    targetAgentId: AgentId,
    session: z
      .strictObject({
        sessionId: SessionId,
        isManaged: z.boolean(),
        isResumable: z.boolean(),
        status: z.enum(['active', 'idle', 'offline']),
        isStale: z.boolean(),
      })
      .nullable(),
    reason: text(400, 1),
    /** The prompt is a blob that is there before it is named. */
    promptDigest: Digest,
    limits: ThreadLimits,
  }),
  /** By the keeper of the data policy: the bodies up to `seq` that are older than it allows were erased. */
  command('EraseMessages', { ...onThread, from: z.int().min(1), to: z.int().min(1), reason: text(400, 1) }),
])
export type ThreadCommand = z.infer<typeof ThreadCommand>
export type ThreadCommandType = ThreadCommand['type']
export type ThreadCommandOf<T extends ThreadCommandType> = Extract<ThreadCommand, { type: T }>

/**
 * What must be loaded beside the thread and all its participants (gone ones too) before `decideThread` can speak.
 * More than that does no harm.
 */
export type ThreadNeeds = {
  /** Messages by id: those that others answer. One of another thread may be left out. */
  readonly messages: readonly MessageId[]
  /** Messages by their place in the thread, each with all its expiries. */
  readonly seqs: readonly number[]
  /**
   * The newest `MAX_BOUNCED` messages past `after` that are for this one and not by it: addressed to all, to its
   * name or to the role it has now.
   */
  readonly unreadOf: { readonly agentId: AgentId; readonly after: number } | null
}

/** Messages that come back at most when one who takes part goes. */
export const MAX_BOUNCED = 50

export const getThreadNeeds = (command: ThreadCommand): ThreadNeeds => {
  const nothing: ThreadNeeds = { messages: [], seqs: [], unreadOf: null }
  switch (command.type) {
    case 'PostMessage':
      return { ...nothing, messages: command.inReplyTo === null ? [] : [command.inReplyTo] }
    case 'ExpireMessage':
      return { ...nothing, seqs: [command.seq] }
    case 'RemoveParticipant':
      return { ...nothing, unreadOf: { agentId: command.participantId, after: command.lastRead } }
    case 'CreateThread':
    case 'AddParticipant':
    case 'ChangeThreadStatus':
    case 'RequestWake':
    case 'EraseMessages':
      return nothing
  }
}
