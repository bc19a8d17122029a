import type { DeliveryState, ThreadStatus } from '@ropewalk/core/contract/thread'
import type { AgentId, MessageId, RunId, ItemId, SessionId, ThreadId, WorkspaceId } from '@ropewalk/core/ids'
import type { Addressing, MessageEventType, MessageKind } from '@ropewalk/core/contract/thread'
import type { Metadata } from '@ropewalk/core/contract/json'
import type { Session } from '@ropewalk/core/session/session'
import type { Participant, Thread, Wake } from '@ropewalk/core/thread/state'
import type { Page, PageRequest } from '../contract.ts'

/** A message as readers see it; `body` is null where it was erased. */
export type Message = {
  readonly id: MessageId
  readonly threadId: ThreadId
  readonly seq: number
  readonly kind: MessageKind
  readonly sender: string
  readonly sessionId: SessionId | null
  readonly body: string | null
  readonly metadata: Metadata
  readonly eventType: MessageEventType | null
  readonly to: Addressing
  readonly inReplyTo: MessageId | null
  readonly createdAt: string
  readonly expiresAt: string | null
}

/** How far one who takes part has read, and how far it was given. `lastReadSeq` never goes back. */
export type Cursor = {
  readonly agentId: AgentId
  readonly lastReadSeq: number
  readonly deliveredSeq: number
  readonly updatedAt: string | null
}

/** `unread` counts messages for this one that it neither wrote nor has read. */
export type ParticipantView = Participant & Cursor & { readonly unread: number }

export type ThreadView = Thread & { readonly participants: readonly ParticipantView[] }

export type Delivery = { readonly agentId: string; readonly state: DeliveryState; readonly at: string | null }

/** `of`: only threads that this agent takes part in, with its unread count; null lists all, unread 0. */
export type ThreadFilter = PageRequest & {
  readonly of: AgentId | null
  readonly status?: ThreadStatus | undefined
  readonly runId?: RunId | undefined
  readonly itemId?: ItemId | undefined
  readonly unreadOnly?: boolean | undefined
}

export type SessionView = Session & {
  readonly lastHeartbeatAt: string
  readonly isStale: boolean
  /** Who may write into the session now, and until when. */
  readonly writer: string | null
  readonly writerUntil: string | null
}

type InThread = { readonly workspaceId: WorkspaceId; readonly threadId: ThreadId }

/**
 * Threads and sessions as doors see them. Everything here checks the workspace alone: who may do what is
 * decided by the methods, before. `read…` throws NOT_FOUND.
 */
export type ThreadEngine = {
  readThread(of: InThread): Promise<ThreadView>
  /** Whether this agent takes part (and is not gone); undefined when there is no such thread. */
  findParticipant(of: InThread & { readonly agentId: AgentId }): Promise<Participant | undefined>
  /** Newest message first. */
  listThreads(
    workspaceId: WorkspaceId,
    filter: ThreadFilter,
  ): Promise<Page<Thread & { readonly unread: number }>>
  /** After `sinceSeq`, oldest first. */
  readMessages(of: InThread & { sinceSeq: number; limit: number }): Promise<readonly Message[]>
  /** The newest `limit`, oldest first. */
  readNewestMessages(of: InThread & { limit: number }): Promise<readonly Message[]>
  searchMessages(
    workspaceId: WorkspaceId,
    of: PageRequest & { words: string; threadId?: ThreadId | undefined; agentId: AgentId | null },
  ): Promise<Page<Message>>
  /**
   * Resolves soon after the thread has a message past `sinceSeq`, or after `timeoutMs`, or on abort; gives the
   * thread's newest seq. Any number may wait: one query a tick asks for all threads that are waited for.
   */
  waitForThread(
    of: InThread & { sinceSeq: number; timeoutMs: number; signal?: AbortSignal | undefined },
  ): Promise<number>
  /** The thread of this agent that has had something unread for it for longest; undefined after `timeoutMs`. */
  waitForUnread(of: {
    workspaceId: WorkspaceId
    agentId: AgentId
    timeoutMs: number
    signal?: AbortSignal | undefined
  }): Promise<{ readonly threadId: ThreadId; readonly lastReadSeq: number } | undefined>
  /**
   * Moves the read cursor forward in one fenced statement; the same place again is fine. Throws NOT_FOUND
   * (no such thread, or not in it), INVALID_ARGUMENT past the newest, CONFLICT when it would go back.
   */
  moveReadCursor(of: InThread & { agentId: AgentId; lastReadSeq: number }): Promise<Cursor>
  /** Notes what was handed over; coalesced, never goes back, never fails a read. */
  noteDelivered(of: InThread & { agentId: AgentId; seq: number }): void
  /** How one message stands with each of those it is for. */
  readDeliveries(of: InThread & { seq: number }): Promise<readonly Delivery[]>
  /** Wakes of a thread, newest first. */
  listWakes(of: InThread & PageRequest): Promise<Page<Wake>>

  /** Notes a heartbeat of the session that is registered; false when it is another or none: register it then. */
  beatSession(of: {
    workspaceId: WorkspaceId
    agentId: AgentId
    facts: Pick<Session, 'sessionId' | 'runtime' | 'managementMode' | 'resumable' | 'status'>
  }): Promise<{ readonly isKnown: boolean; readonly at: string }>
  findSession(workspaceId: WorkspaceId, agentId: AgentId): Promise<SessionView | undefined>
  listSessions(workspaceId: WorkspaceId, page: PageRequest): Promise<Page<SessionView>>
  /** Takes the right to write into a session for `leaseMs`, or extends it; undefined while another holds it. */
  claimSessionWriter(of: {
    workspaceId: WorkspaceId
    agentId: AgentId
    sessionId: SessionId
    writer: string
    leaseMs: number
  }): Promise<{ readonly until: string } | undefined>
  releaseSessionWriter(of: { workspaceId: WorkspaceId; agentId: AgentId; writer: string }): Promise<void>
}
