import type { BlockCause, MessageEventType, ThreadStatus } from '../contract/thread.ts'
import { addEvent, addSystemMessage, type Draft } from './draft.ts'
import { expectThread } from './patch.ts'

type Change = {
  readonly to: ThreadStatus
  readonly reason: string
  readonly by: string
  readonly awaitingHuman: boolean
  /** What the message about it tells as an event. */
  readonly eventType: MessageEventType | null
  readonly finding?: string | null
}

/** The status changes, and a message says so to all who read the thread. */
export const moveThread = (draft: Draft, change: Change): void => {
  const { status: from } = expectThread(draft.state)
  const { to, reason, by, awaitingHuman, eventType, finding } = change
  addEvent(draft, 'thread.status_changed', { from, to, reason, awaitingHuman, by })
  const waits = awaitingHuman ? ', awaiting a person or the coordinator' : ''
  addSystemMessage(draft, `${by}: ${from} → ${to}${waits}. ${reason}`, {
    eventType,
    finding: finding ?? null,
  })
}

type Escalation = {
  readonly cause: BlockCause
  readonly reason: string
  readonly by: string
  readonly finding: string | null
  /** Whether a message that is posted already says that it was escalated. */
  readonly isTold: boolean
}

/** Somebody has to look at it: an active thread is blocked until they have, a blocked one waits for them now. */
export const escalateThread = (draft: Draft, { cause, reason, by, finding, isTold }: Escalation): void => {
  const { status, turns } = expectThread(draft.state)
  addEvent(draft, 'thread.escalated', { cause, reason, turns, finding, by })
  if (status !== 'active') return
  const eventType = isTold ? null : 'thread_escalated'
  moveThread(draft, { to: 'blocked', reason, by, awaitingHuman: true, eventType, finding })
}
