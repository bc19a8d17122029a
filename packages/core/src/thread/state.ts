import type {
  Addressing,
  BlockCause,
  MessageEventType,
  ThreadStatus,
  ThreadSubject,
  ThreadType,
} from '../contract/thread.ts'
import type { AgentId, MessageId, SessionId, ThreadId, WakeId } from '../ids.ts'

/**
 * A finding that agents talk about, by its name: how often it was reported since it was last verified or the thread
 * was taken up again, and the message that spoke of it last.
 */
export type Finding = {
  readonly reports: number
  readonly status: 'open' | 'verified' | 'rejected'
  readonly seq: number
}

/** Messages or wakes of one minute, which begins with the first of them. */
export type MinuteCount = { readonly minuteAt: string; readonly count: number }

export type Thread = {
  readonly id: ThreadId
  readonly title: string
  readonly type: ThreadType
  readonly status: ThreadStatus
  /** A flag on blocked threads: agents cannot take it up again, a person or the coordinator must. */
  readonly awaitingHuman: boolean
  readonly blockCause: BlockCause | null
  readonly subject: ThreadSubject
  readonly createdBy: string
  /** Of the newest message; 0 before the first. */
  readonly lastSeq: number
  /** Messages of agents since the last sign of progress. */
  readonly turns: number
  readonly findings: Readonly<Record<string, Finding>>
  /** Fixes that were pushed, by what names them; the newest 50. */
  readonly fixes: readonly string[]
  /** Messages of this minute by those who may post without taking part; others are counted with who takes part. */
  readonly guests: Readonly<Record<string, MinuteCount>>
  readonly createdAt: string
  readonly updatedAt: string
  readonly endedAt: string | null
}

/** Where each stands in reading is no history, and no part of this: see the store's cursors. */
export type Participant = {
  readonly threadId: ThreadId
  readonly agentId: AgentId
  readonly role: string | null
  readonly joinedAt: string
  /** A participant that is gone gets nothing any more: what it had not read then came back to its senders. */
  readonly goneAt: string | null
  /** The newest message when it went. */
  readonly goneSeq: number | null
  /** The minute in which its messages are counted, and how many there are. */
  readonly minuteAt: string | null
  readonly minuteCount: number
  readonly wakeMinuteAt: string | null
  readonly wakeMinuteCount: number
}

/** What is known of a message that was posted in this batch, or that another refers to. */
export type MessageFacts = {
  readonly id: MessageId
  readonly threadId: ThreadId
  readonly seq: number
  readonly sender: string
  readonly to: Addressing
  readonly eventType: MessageEventType | null
  readonly expiresAt: string | null
}

/** A message that somebody had not read when it ran out. */
export type Expiry = {
  readonly threadId: ThreadId
  readonly seq: number
  readonly agentId: AgentId
  readonly expiredAt: string
}

export type WakeStatus =
  | 'queued'
  | 'triggering'
  | 'deferred'
  | 'delivered'
  | 'timeout'
  | 'failed'
  | 'fallback_resume'
  | 'fallback_spawn'

/** A request to make a dormant agent act, and what was decided about it (rows CX-06, CX-27). */
export type Wake = {
  readonly id: WakeId
  readonly threadId: ThreadId
  readonly targetAgentId: AgentId
  readonly targetSessionId: SessionId | null
  readonly reason: string
  readonly promptDigest: string
  readonly requestedBy: string
  readonly action: 'trigger_runtime' | 'fallback_required'
  readonly fallbackAction: 'resume_session' | 'spawn_session' | null
  readonly status: WakeStatus
  readonly attempts: number
  readonly maxRetries: number
  readonly createdAt: string
}

export type ThreadState = {
  readonly thread: Thread | null
  /** All who take or took part, by agent. */
  readonly participants: ReadonlyMap<string, Participant>
  /** Those that the commands of the batch refer to, and those it has posted, by id. */
  readonly messages: ReadonlyMap<string, MessageFacts>
  readonly expiries: ReadonlyMap<string, Expiry>
  readonly wakes: ReadonlyMap<string, Wake>
}

export const makeEmptyThreadState = (): ThreadState => ({
  thread: null,
  participants: new Map(),
  messages: new Map(),
  expiries: new Map(),
  wakes: new Map(),
})

/** The key of an expiry in its map. */
export const getExpiryKey = ({ seq, agentId }: Pick<Expiry, 'seq' | 'agentId'>): string => `${seq}/${agentId}`
