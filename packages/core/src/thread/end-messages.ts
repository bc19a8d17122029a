import { refuse } from '../decision.ts'
import { answered, type Outcome } from '../draft.ts'
import type { AgentId } from '../ids.ts'
import { isMessageFor, isPresent } from './addressing.ts'
import type { ThreadCommandOf } from './commands.ts'
import { addEvent, type Draft, fitsEntry } from './draft.ts'
import { expectThread } from './patch.ts'
import type { MessageFacts, ThreadState } from './state.ts'

const findMessage = ({ messages }: ThreadState, threadId: string, seq: number): MessageFacts | undefined =>
  [...messages.values()].find((of) => of.threadId === threadId && of.seq === seq)

const hasExpired = ({ expiries }: ThreadState, seq: number): boolean =>
  [...expiries.values()].some((of) => of.seq === seq)

/** Names in lists that each fit one entry of the ledger. */
const splitNames = (names: readonly AgentId[]): readonly AgentId[][] => {
  const lists: AgentId[][] = []
  for (const name of names) {
    const last = lists.at(-1)
    if (last && fitsEntry([...last, name])) last.push(name)
    else lists.push([name])
  }
  return lists
}

/**
 * The end of a message: those it was for who take part and had not read it will not have it. Only the first time
 * counts: the timer may ring again.
 */
export const expireMessage = (draft: Draft, { seq, unread }: ThreadCommandOf<'ExpireMessage'>): Outcome => {
  const { state, stamp } = draft
  const { id: threadId } = expectThread(state)
  const message = findMessage(state, threadId, seq)
  if (!message) return refuse('NOT_FOUND', `There is no message ${seq} in this thread.`, { threadId, seq })
  const { expiresAt } = message
  if (expiresAt === null || expiresAt > stamp.at)
    return refuse('CONFLICT', `Message ${seq} has not run out.`, { seq, expiresAt })
  if (hasExpired(state, seq)) return answered({ expired: [] })
  const expired = [...new Set(unread)].filter((agentId) => {
    const participant = state.participants.get(agentId)
    return participant && isPresent(participant) && isMessageFor(message, participant)
  })
  for (const agents of splitNames(expired)) addEvent(draft, 'thread.message_expired', { seq, agents })
  return answered({ expired })
}

/** Notes that bodies were erased; the ledger keeps their digests. */
export const eraseMessages = (draft: Draft, command: ThreadCommandOf<'EraseMessages'>): Outcome => {
  const { from, to, reason } = command
  const { lastSeq } = expectThread(draft.state)
  if (from > to || to > lastSeq)
    return refuse(
      'INVALID_ARGUMENT',
      `Expected messages from 1 to ${lastSeq}, in order; got ${from} to ${to}.`,
      {
        from,
        to,
        lastSeq,
      },
    )
  addEvent(draft, 'thread.messages_erased', { from, to, reason })
  return answered({ from, to })
}
