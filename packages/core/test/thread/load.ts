import { isMessageFor } from '../../src/thread/addressing.ts'
import { getThreadNeeds, MAX_BOUNCED, type ThreadCommand } from '../../src/thread/commands.ts'
import type { ThreadState } from '../../src/thread/state.ts'

/** The state as the engine loads it for a command: what `getThreadNeeds` names, and nothing else. */
export const loadFor = (state: ThreadState, command: ThreadCommand): ThreadState => {
  const { messages, seqs, unreadOf } = getThreadNeeds(command)
  const participant = unreadOf === null ? undefined : state.participants.get(unreadOf.agentId)
  const unread = [...state.messages.values()]
    .filter((of) => participant && of.seq > (unreadOf?.after ?? 0) && isMessageFor(of, participant))
    .toSorted((one, other) => other.seq - one.seq)
    .slice(0, MAX_BOUNCED)
  const named = [...state.messages.values()].filter(
    ({ id, seq }) => messages.includes(id) || seqs.includes(seq),
  )
  return {
    thread: state.thread,
    participants: state.participants,
    messages: new Map([...unread, ...named].map((of) => [of.id, of])),
    expiries: new Map([...state.expiries].filter(([, { seq }]) => seqs.includes(seq))),
    wakes: new Map(),
  }
}
