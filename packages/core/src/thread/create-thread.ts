import { refuse } from '../decision.ts'
import { answered, type Outcome } from '../draft.ts'
import type { ParticipantDraft } from '../contract/thread.ts'
import type { ThreadCommandOf } from './commands.ts'
import { addEvent, type Draft } from './draft.ts'
import { MAX_PARTICIPANTS } from './change-participants.ts'
import { expectThread } from './patch.ts'

type Command = ThreadCommandOf<'CreateThread'>

const listTwice = (participants: readonly ParticipantDraft[]): readonly string[] =>
  participants.map(({ agentId }) => agentId).filter((id, index, all) => all.indexOf(id) !== index)

/** Everybody who is to take part; an agent that makes a thread takes part in it, listed or not. */
const listAll = (draft: Draft, { participants, agentId }: Command): readonly ParticipantDraft[] =>
  draft.stamp.by.kind !== 'agent' || participants.some((of) => of.agentId === agentId)
    ? participants
    : [...participants, { agentId, role: null }]

export const createThread = (draft: Draft, command: Command): Outcome => {
  const { threadId, title, threadType, subject, agentId } = command
  if (draft.state.thread)
    return refuse('CONFLICT', `There is a thread ${threadId} already; read it.`, { threadId })
  const twice = listTwice(command.participants)
  if (twice.length > 0)
    return refuse(
      'INVALID_ARGUMENT',
      `Expected each participant once, got ${twice.slice(0, 5).join(', ')} again.`,
      {
        participants: twice,
      },
    )
  const participants = listAll(draft, command)
  if (participants.length > MAX_PARTICIPANTS)
    return refuse(
      'INVALID_ARGUMENT',
      `Expected at most ${MAX_PARTICIPANTS} participants with the one who makes the thread, got ${participants.length}.`,
    )
  addEvent(draft, 'thread.created', { threadId, title, threadType, subject, createdBy: agentId })
  for (const participant of participants)
    addEvent(draft, 'thread.participant_added', { participant, by: agentId })
  const { status, createdAt } = expectThread(draft.state)
  return answered({ threadId, status, createdAt })
}
