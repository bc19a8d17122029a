import { refuse } from '../decision.ts'
import { answered, type Outcome } from '../draft.ts'
import { isMessageFor, isPresent, listPresent } from './addressing.ts'
import { MAX_BOUNCED, type ThreadCommandOf } from './commands.ts'
import { addEvent, type Draft } from './draft.ts'
import { expectThread } from './patch.ts'
import type { Participant, ThreadState } from './state.ts'

/** Those who take part at once. Each command loads them all, and one expiry may name them all. */
export const MAX_PARTICIPANTS = 200

/** Those who took part at any time; they are loaded too. */
const MAX_EVER = 1000

/** Takes somebody in, again or for the first time, or gives one who takes part another role. */
export const addParticipant = (draft: Draft, command: ThreadCommandOf<'AddParticipant'>): Outcome => {
  const { participant, agentId } = command
  const { status } = expectThread(draft.state)
  if (status === 'closed') return refuse('CONFLICT', 'The thread is closed; create a new one.', { status })
  const before = draft.state.participants.get(participant.agentId)
  const answer = answered({ participant })
  if (before && isPresent(before) && before.role === participant.role) return answer
  const isNewcomer = !before || !isPresent(before)
  const isFull =
    (isNewcomer && listPresent(draft.state).length >= MAX_PARTICIPANTS) ||
    (!before && draft.state.participants.size >= MAX_EVER)
  if (isFull)
    return refuse(
      'CONFLICT',
      `A thread has at most ${MAX_PARTICIPANTS} participants, and ${MAX_EVER} over its life; create another one.`,
      { participants: draft.state.participants.size },
    )
  addEvent(draft, 'thread.participant_added', { participant, by: agentId })
  return answer
}

/** What the one who goes will not read any more, oldest first; what has run out is not counted. */
const listUnread = (
  { messages }: ThreadState,
  participant: Participant,
  { lastRead, at }: { readonly lastRead: number; readonly at: string },
): number[] =>
  [...messages.values()]
    .filter(({ threadId, seq }) => threadId === participant.threadId && seq > lastRead)
    .filter((of) => isMessageFor(of, participant) && (of.expiresAt === null || of.expiresAt > at))
    .map(({ seq }) => seq)
    .toSorted((one, other) => one - other)
    .slice(-MAX_BOUNCED)

/** Also from a closed thread: whoever is taken out may not read it any more. */
export const removeParticipant = (draft: Draft, command: ThreadCommandOf<'RemoveParticipant'>): Outcome => {
  const { participantId, lastRead, reason, agentId } = command
  const participant = draft.state.participants.get(participantId)
  if (!participant)
    return refuse('NOT_FOUND', `${participantId} does not take part in this thread.`, {
      agentId: participantId,
    })
  if (!isPresent(participant)) return answered({ bounced: [] })
  const bounced = listUnread(draft.state, participant, { lastRead, at: draft.stamp.at })
  addEvent(draft, 'thread.participant_removed', {
    agentId: participantId,
    lastSeq: expectThread(draft.state).lastSeq,
    bounced,
    reason,
    by: agentId,
  })
  return answered({ bounced })
}
