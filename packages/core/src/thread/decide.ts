import type { Decision, Stamp } from '../decision.ts'
import type { Outcome } from '../draft.ts'
import { addParticipant, removeParticipant } from './change-participants.ts'
import { changeThreadStatus } from './change-status.ts'
import type { ThreadCommand } from './commands.ts'
import { createThread } from './create-thread.ts'
import { type Draft, makeDraft, refuseMissingThread } from './draft.ts'
import { eraseMessages, expireMessage } from './end-messages.ts'
import type { ThreadEvent } from './events.ts'
import { postMessage } from './post-message.ts'
import { requestWake } from './request-wake.ts'
import type { ThreadState } from './state.ts'

// One line for each command there is.
const dispatch = (draft: Draft, command: ThreadCommand): Outcome => {
  switch (command.type) {
    case 'CreateThread':
      return createThread(draft, command)
    case 'AddParticipant':
      return addParticipant(draft, command)
    case 'RemoveParticipant':
      return removeParticipant(draft, command)
    case 'PostMessage':
      return postMessage(draft, command)
    case 'ExpireMessage':
      return expireMessage(draft, command)
    case 'ChangeThreadStatus':
      return changeThreadStatus(draft, command)
    case 'RequestWake':
      return requestWake(draft, command)
    case 'EraseMessages':
      return eraseMessages(draft, command)
  }
}

/**
 * What a command means for a thread: events and effects, or a refusal. Pure: the same state, command and stamp give
 * the same decision. `state` must hold what `getThreadNeeds(command)` names. Only what hangs on the thread itself is
 * checked here, such as who may end a dispute; whether a role may do such a thing at all is the door's to say.
 */
export const decideThread = (
  state: ThreadState,
  command: ThreadCommand,
  stamp: Stamp,
): Decision<ThreadEvent, ThreadState> => {
  if (command.type !== 'CreateThread' && !state.thread) return refuseMissingThread(command.threadId)
  const draft = makeDraft(state, stamp)
  const outcome = dispatch(draft, command)
  if (outcome.type === 'refused') return outcome
  const { events, effects, state: next } = draft
  return { type: 'accepted', events, effects, state: next, answer: outcome.answer }
}
