import type { Addressing } from '../contract/thread.ts'
import { addMs, type Refused, refuse } from '../decision.ts'
import { addEffect, answered, makeId, type Outcome } from '../draft.ts'
import { MessageId } from '../ids.ts'
import { checkAddressing, isPresent, listBounced } from './addressing.ts'
import { isLeader, isPerson } from './authority.ts'
import { escalateThread } from './block-thread.ts'
import type { ThreadCommandOf } from './commands.ts'
import { addEvent, type Draft, isRefused, refuseMissingThread, ROPEWALK } from './draft.ts'
import { getFinding, isProgress } from './findings.ts'
import { getGuest, getMessagesOf, getRetryAfterMs } from './minute-count.ts'
import { expectThread } from './patch.ts'
import { findSaidName } from './said-name.ts'

type Command = ThreadCommandOf<'PostMessage'>

/** One who takes no part and may not read all learns nothing of the thread, not even that there is one. */
const checkSender = (draft: Draft, { agentId, role, threadId }: Command): Refused | undefined => {
  if (isLeader(role)) return undefined
  if (role === 'auditor')
    return refuse('INSUFFICIENT_AUTHORITY', 'An auditor reads threads and writes in none.', { role })
  const sender = draft.state.participants.get(agentId)
  return sender && isPresent(sender) ? undefined : refuseMissingThread(threadId)
}

const checkStatus = (draft: Draft, { role }: Command): Refused | undefined => {
  const { status, awaitingHuman, blockCause } = expectThread(draft.state)
  switch (status) {
    case 'active':
      return undefined
    case 'blocked':
      if (isLeader(role) || isPerson(draft.stamp.by)) return undefined
      return refuse(
        'CONFLICT',
        'The thread is blocked: only people and coordinators write in it. Wait until one of them takes it up again.',
        { status, reason: 'THREAD_AUTO_BLOCKED', awaitingHuman, blockCause },
      )
    case 'resolved':
      return refuse('CONFLICT', 'The thread is resolved; a coordinator can take it up again as active.', {
        status,
      })
    case 'closed':
      return refuse('CONFLICT', 'The thread is closed; create a new one.', { status })
  }
}

const checkKind = ({ kind, eventType }: Command): Refused | undefined => {
  if (kind === 'chat')
    return eventType === null
      ? undefined
      : refuse('INVALID_ARGUMENT', 'A chat message has no event type; post it as an event.', { eventType })
  if (eventType === null) return refuse('INVALID_ARGUMENT', 'Expected an event type with an event.')
  return eventType === 'thread_resolved'
    ? refuse(
        'INVALID_ARGUMENT',
        'thread_resolved is told by Ropewalk itself: have a coordinator set the status to resolved.',
        { eventType },
      )
    : undefined
}

const checkReply = (draft: Draft, { inReplyTo }: Command): Refused | undefined => {
  if (inReplyTo === null) return undefined
  if (draft.state.messages.get(inReplyTo)?.threadId === expectThread(draft.state).id) return undefined
  return refuse('INVALID_ARGUMENT', `There is no message ${inReplyTo} in this thread to reply to.`, {
    inReplyTo,
  })
}

const checkRate = (draft: Draft, { agentId, limits }: Command): Refused | undefined => {
  const sender = draft.state.participants.get(agentId)
  const posted = sender ? getMessagesOf(sender) : getGuest(expectThread(draft.state).guests, agentId)
  const retryAfterMs = getRetryAfterMs(posted, limits.messagesPerMinute, draft.stamp.at)
  if (retryAfterMs === 0) return undefined
  return refuse(
    'RATE_LIMITED',
    `${agentId} has posted ${limits.messagesPerMinute} messages within a minute here; wait.`,
    { retryAfterMs, reason: 'MESSAGE_RATE_LIMITED' },
  )
}

/** What an event is about, by the names that the thread knows it under. A chat message is what it says and no more. */
const withKnownNames = (draft: Draft, command: Command): Command => {
  if (command.kind === 'chat') return { ...command, finding: null, fix: null }
  const { findings, fixes } = expectThread(draft.state)
  return {
    ...command,
    finding: findSaidName(Object.keys(findings), command.finding),
    fix: findSaidName(fixes, command.fix),
  }
}

type Posted = { readonly messageId: MessageId; readonly seq: number; readonly bounced: readonly string[] }

const addMessage = (draft: Draft, command: Command, to: Addressing): Posted => {
  const { kind, agentId: sender, sessionId, digest, bytes, eventType, inReplyTo, ttlMs } = command
  const said = { eventType, finding: command.finding, fix: command.fix }
  const thread = expectThread(draft.state)
  const messageId = MessageId.parse(makeId(draft))
  const seq = thread.lastSeq + 1
  const bounced = listBounced(draft.state, to)
  const expiresAt = ttlMs === null ? null : addMs(draft.stamp.at, ttlMs)
  addEvent(draft, 'thread.message_posted', {
    messageId,
    seq,
    kind,
    sender,
    senderKind: draft.stamp.by.kind,
    sessionId,
    to,
    inReplyTo,
    digest,
    bytes,
    note: null,
    ...said,
    isProgress: isPerson(draft.stamp.by) || isProgress(thread, said),
    bounced,
    expiresAt,
  })
  if (expiresAt !== null) addEffect(draft, { kind: 'expire-message', fireAt: expiresAt, ref: { seq } })
  return { messageId, seq, bounced }
}

/** What the message has brought the thread to: a call for help, or a circle that nobody seems to leave. */
const guard = (draft: Draft, { eventType, finding, agentId, limits }: Command, seq: number): void => {
  const thread = expectThread(draft.state)
  if (eventType === 'thread_escalated') {
    const reason = `${agentId} asks for somebody to look at this; see message ${seq}.`
    const isWaiting = thread.status === 'blocked' && thread.awaitingHuman
    if (!isWaiting) escalateThread(draft, { cause: 'asked', reason, by: agentId, finding, isTold: true })
    return
  }
  if (thread.status !== 'active') return
  const reports = finding === null ? 0 : (getFinding(thread.findings, finding)?.reports ?? 0)
  if (eventType === 'finding_reported' && reports >= limits.sameFindings) {
    const reason = `The finding "${finding}" was reported ${reports} times and not verified as mended.`
    escalateThread(draft, { cause: 'findings', reason, by: ROPEWALK, finding, isTold: false })
  } else if (thread.turns >= limits.turns) {
    const reason = `${thread.turns} messages of agents in a row without progress.`
    escalateThread(draft, { cause: 'turns', reason, by: ROPEWALK, finding: null, isTold: false })
  }
}

/**
 * A message with the next number of its thread. The text itself is no part of the history: the event names it by
 * its digest, so that it can be erased. What it leads to is decided with it.
 */
export const postMessage = (draft: Draft, command: Command): Outcome => {
  const refused =
    checkSender(draft, command) ??
    checkStatus(draft, command) ??
    checkKind(command) ??
    checkReply(draft, command)
  if (refused) return refused
  const to = checkAddressing(draft.state, command.to)
  if (isRefused(to)) return to
  const limited = checkRate(draft, command)
  if (limited) return limited
  const named = withKnownNames(draft, command)
  const { messageId, seq, bounced } = addMessage(draft, named, to)
  guard(draft, named, seq)
  const { status } = expectThread(draft.state)
  return answered({ messageId, seq, status, bounced, at: draft.stamp.at })
}
