import { RopewalkError } from '../errors.ts'
import { withEntry } from '../layered-map.ts'
import type { Participant, Thread, ThreadState } from './state.ts'

const fail = (what: string): never => {
  throw new RopewalkError(
    'INVARIANT_BROKEN',
    `A thread's history names ${what} that its state does not hold.`,
  )
}

/** The thread of a state that must have one. Throws INVARIANT_BROKEN. */
export const expectThread = (state: ThreadState): Thread => state.thread ?? fail('a thread')

/** Throws INVARIANT_BROKEN for one that never took part. */
export const expectParticipant = (state: ThreadState, agentId: string): Participant =>
  state.participants.get(agentId) ?? fail(`the participant ${agentId}`)

export const patchThread = (state: ThreadState, patch: Partial<Thread>): ThreadState => ({
  ...state,
  thread: { ...expectThread(state), ...patch },
})

export const putParticipant = (state: ThreadState, participant: Participant): ThreadState => ({
  ...state,
  participants: withEntry(state.participants, participant.agentId, participant),
})
