import { withEntry } from '../layered-map.ts'
import type { ThreadEvent, ThreadEventAt, ThreadEventOf, ThreadEventType } from './events.ts'
import { forgiveReports, noteFinding, noteFix } from './findings.ts'
import { countGuest, countOne, getMessagesOf, getWakesOf } from './minute-count.ts'
import { expectParticipant, expectThread, patchThread, putParticipant } from './patch.ts'
import { getExpiryKey, makeEmptyThreadState, type Thread, type ThreadState } from './state.ts'

/** How one type of event changes the state. `at` is the instant `handle` gave the event. */
type Evolver<T extends ThreadEventType> = (
  state: ThreadState,
  data: ThreadEventOf<T>['data'],
  at: string,
) => ThreadState

const touch = (state: ThreadState, at: string): ThreadState => patchThread(state, { updatedAt: at })

const makeThread = (data: ThreadEventOf<'thread.created'>['data'], at: string): Thread => ({
  id: data.threadId,
  title: data.title,
  type: data.threadType,
  status: 'active',
  awaitingHuman: false,
  blockCause: null,
  subject: data.subject,
  createdBy: data.createdBy,
  lastSeq: 0,
  turns: 0,
  findings: {},
  fixes: [],
  guests: {},
  createdAt: at,
  updatedAt: at,
  endedAt: null,
})

/** One who comes again takes up its counts: going and coming is no way round a limit. */
const addParticipant: Evolver<'thread.participant_added'> = (state, { participant }, at) => {
  const { agentId, role } = participant
  const before = state.participants.get(agentId)
  return putParticipant(touch(state, at), {
    threadId: expectThread(state).id,
    agentId,
    role,
    joinedAt: before?.goneAt === null ? before.joinedAt : at,
    goneAt: null,
    goneSeq: null,
    minuteAt: before?.minuteAt ?? null,
    minuteCount: before?.minuteCount ?? 0,
    wakeMinuteAt: before?.wakeMinuteAt ?? null,
    wakeMinuteCount: before?.wakeMinuteCount ?? 0,
  })
}

/** What a person writes is progress, whatever it says. */
const countTurn = (turns: number, data: ThreadEventOf<'thread.message_posted'>['data']): number => {
  if (data.isProgress) return 0
  return data.kind === 'system' ? turns : turns + 1
}

const countMessage = (state: ThreadState, sender: string, at: string): ThreadState => {
  const participant = state.participants.get(sender)
  if (participant === undefined)
    return patchThread(state, { guests: countGuest(expectThread(state).guests, sender, at) })
  const { minuteAt, count } = countOne(getMessagesOf(participant), at)
  return putParticipant(state, { ...participant, minuteAt, minuteCount: count })
}

const postMessage: Evolver<'thread.message_posted'> = (state, data, at) => {
  const { findings, fixes, turns } = expectThread(state)
  const { messageId: id, seq, sender, to, eventType, expiresAt } = data
  const noted = patchThread(state, {
    lastSeq: seq,
    turns: countTurn(turns, data),
    findings: noteFinding(findings, data),
    fixes: noteFix(fixes, data),
    updatedAt: at,
  })
  const counted = data.kind === 'system' ? noted : countMessage(noted, sender, at)
  const facts = { id, threadId: expectThread(state).id, seq, sender, to, eventType, expiresAt }
  return { ...counted, messages: withEntry(counted.messages, id, facts) }
}

const expireMessage: Evolver<'thread.message_expired'> = (state, { seq, agents }, at) => {
  const { id: threadId } = expectThread(state)
  let { expiries } = state
  for (const agentId of agents)
    expiries = withEntry(expiries, getExpiryKey({ seq, agentId }), { threadId, seq, agentId, expiredAt: at })
  return { ...touch(state, at), expiries }
}

const changeStatus: Evolver<'thread.status_changed'> = (state, { to, awaitingHuman }, at) => {
  const { blockCause, findings } = expectThread(state)
  const isBlocked = to === 'blocked'
  return patchThread(state, {
    status: to,
    turns: 0,
    awaitingHuman: isBlocked && awaitingHuman,
    blockCause: isBlocked ? blockCause : null,
    findings: to === 'active' ? forgiveReports(findings) : findings,
    updatedAt: at,
    endedAt: to === 'closed' ? at : null,
  })
}

const requestWake: Evolver<'thread.wake_requested'> = (state, data, at) => {
  const { wakeId: id, by, ...of } = data
  const target = expectParticipant(state, data.targetAgentId)
  const { minuteAt, count } = countOne(getWakesOf(target), at)
  const counted = putParticipant(state, { ...target, wakeMinuteAt: minuteAt, wakeMinuteCount: count })
  const threadId = expectThread(state).id
  const wake = { ...of, id, threadId, requestedBy: by, status: 'queued', attempts: 0, createdAt: at } as const
  return { ...touch(counted, at), wakes: withEntry(counted.wakes, id, wake) }
}

const EVOLVERS: { readonly [T in ThreadEventType]: Evolver<T> } = {
  'thread.created': (state, data, at) => ({ ...state, thread: makeThread(data, at) }),
  'thread.participant_added': addParticipant,
  'thread.participant_removed': (state, { agentId, lastSeq }, at) =>
    putParticipant(touch(state, at), {
      ...expectParticipant(state, agentId),
      goneAt: at,
      goneSeq: lastSeq,
    }),
  'thread.message_posted': postMessage,
  'thread.message_expired': expireMessage,
  'thread.messages_erased': (state, _, at) => touch(state, at),
  'thread.status_changed': changeStatus,
  'thread.escalated': (state, { cause }, at) =>
    patchThread(state, {
      blockCause: cause,
      awaitingHuman: true,
      updatedAt: at,
    }),
  'thread.wake_requested': requestWake,
}

/**
 * The state after one more event. Works on a state that holds only what the command of the event needs.
 * Throws INVARIANT_BROKEN for an event about what the state does not hold.
 */
export const evolveThread = (state: ThreadState, event: ThreadEventAt): ThreadState => {
  // The table pairs each type with its own data; TypeScript cannot follow that through an index.
  const evolver = EVOLVERS[event.type] as (
    of: ThreadState,
    data: ThreadEvent['data'],
    at: string,
  ) => ThreadState
  return evolver(state, event.data, event.at)
}

/** The whole state of a thread from its whole history, oldest first. */
export const foldThread = (events: Iterable<ThreadEventAt>): ThreadState => {
  let state = makeEmptyThreadState()
  for (const event of events) state = evolveThread(state, event)
  return state
}
