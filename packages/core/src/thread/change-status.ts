import type { ThreadStatus } from '../contract/thread.ts'
import { type Refused, refuse } from '../decision.ts'
import { answered, type Outcome } from '../draft.ts'
import { isLeader } from './authority.ts'
import { escalateThread, moveThread } from './block-thread.ts'
import type { ThreadCommandOf } from './commands.ts'
import type { Draft } from './draft.ts'
import { expectThread } from './patch.ts'

type Command = ThreadCommandOf<'ChangeThreadStatus'>

/** Where each status leads; row CX-09, with the way back from `resolved`. */
export const THREAD_STEPS: Readonly<Record<ThreadStatus, readonly ThreadStatus[]>> = {
  active: ['blocked', 'resolved', 'closed'],
  blocked: ['active', 'closed'],
  resolved: ['active', 'closed'],
  closed: [],
}

/** How the reason begins with which a disputed thread is closed, by who closes it. */
const OVERRIDES = { operator: 'human_override:', coordinator: 'coordinator_override:' } as const

const isOverride = (reason: string, prefix: string): boolean =>
  reason.startsWith(prefix) && reason.slice(prefix.length).trim() !== ''

/** A thread that is blocked is in dispute, or stuck: closing it cuts that short, and has to say so (row C-49). */
const checkOverride = ({ role, reason }: Command): Refused | undefined => {
  const required = role === 'operator' ? OVERRIDES.operator : OVERRIDES.coordinator
  if (isOverride(reason, required)) return undefined
  return refuse(
    'INSUFFICIENT_AUTHORITY',
    `The thread is blocked. Unblock it first, or close it with a reason that begins with "${required}" and says why.`,
    { required, role },
  )
}

const checkStep = (from: ThreadStatus, command: Command): Refused | undefined => {
  const { status: to, awaitingHuman } = command
  const allowed = THREAD_STEPS[from]
  if (!allowed.includes(to)) {
    const ways = allowed.length === 0 ? 'it is the end; create a new thread' : `go to ${allowed.join(' or ')}`
    return refuse('INVALID_THREAD_TRANSITION', `A thread does not go from ${from} to ${to}: ${ways}.`, {
      from,
      to,
      allowed,
    })
  }
  if (awaitingHuman && to !== 'blocked')
    return refuse(
      'INVALID_ARGUMENT',
      `Only a blocked thread awaits somebody; leave awaitingHuman out for ${to}.`,
      {
        status: to,
      },
    )
  return from === 'blocked' && to === 'closed' ? checkOverride(command) : undefined
}

export const changeThreadStatus = (draft: Draft, command: Command): Outcome => {
  const { status: to, reason, agentId: by, awaitingHuman, role } = command
  if (!isLeader(role))
    return refuse(
      'INSUFFICIENT_AUTHORITY',
      'Only a coordinator or an operator changes the status of a thread; post a thread_escalated event to ask for it.',
      { role },
    )
  const { status: from } = expectThread(draft.state)
  if (from !== to) {
    const refused = checkStep(from, command)
    if (refused) return refused
    if (to === 'blocked' && awaitingHuman)
      escalateThread(draft, { cause: 'asked', reason, by, finding: null, isTold: false })
    else {
      const eventType = to === 'resolved' ? 'thread_resolved' : null
      moveThread(draft, { to, reason, by, awaitingHuman: false, eventType })
    }
  }
  const after = expectThread(draft.state)
  const { status, updatedAt } = after
  return answered({ status, awaitingHuman: after.awaitingHuman, updatedAt })
}
