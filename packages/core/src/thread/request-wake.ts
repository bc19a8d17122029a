import { type Refused, refuse } from '../decision.ts'
import { answered, type Outcome } from '../draft.ts'
import { WakeId } from '../ids.ts'
import { makeId } from '../draft.ts'
import { isPresent } from './addressing.ts'
import { isLeader } from './authority.ts'
import type { ThreadCommandOf } from './commands.ts'
import { addEvent, type Draft } from './draft.ts'
import { getRetryAfterMs, getWakesOf } from './minute-count.ts'
import { expectThread } from './patch.ts'

type Command = ThreadCommandOf<'RequestWake'>

/** How often whoever does the wake tries again (row CX-06). */
const MAX_RETRIES = 2

type Way =
  | { readonly action: 'trigger_runtime'; readonly fallbackAction: null }
  | { readonly action: 'fallback_required'; readonly fallbackAction: 'resume_session' | 'spawn_session' }

/**
 * How to wake whoever has this session (row CX-27): a live one that is ours to steer is triggered, one that can be
 * taken up again is resumed, and otherwise a new one is started.
 */
export const chooseWay = (session: Command['session']): Way => {
  if (session === null || session.isStale)
    return { action: 'fallback_required', fallbackAction: 'spawn_session' }
  if (session.isManaged && session.status !== 'offline')
    return { action: 'trigger_runtime', fallbackAction: null }
  const fallbackAction = session.isResumable ? 'resume_session' : 'spawn_session'
  return { action: 'fallback_required', fallbackAction }
}

const checkStatus = (draft: Draft, { role }: Command): Refused | undefined => {
  const { status } = expectThread(draft.state)
  if (status === 'closed' || status === 'resolved')
    return refuse('CONFLICT', `The thread is ${status}: nobody can write in it, so nobody is woken for it.`, {
      status,
    })
  if (status === 'blocked' && !isLeader(role))
    return refuse('CONFLICT', 'The thread is blocked until a person or the coordinator has looked at it.', {
      status,
      reason: 'THREAD_AUTO_BLOCKED',
    })
  return undefined
}

/** Records that somebody is to be woken and how; the doing is another's. */
export const requestWake = (draft: Draft, command: Command): Outcome => {
  const { targetAgentId, session, reason, promptDigest, agentId, limits } = command
  const refused = checkStatus(draft, command)
  if (refused) return refused
  const target = draft.state.participants.get(targetAgentId)
  if (!target || !isPresent(target))
    return refuse(
      'INVALID_ARGUMENT',
      `${targetAgentId} does not take part in this thread; add it before you wake it.`,
      { targetAgentId },
    )
  const retryAfterMs = getRetryAfterMs(getWakesOf(target), limits.wakesPerMinute, draft.stamp.at)
  if (retryAfterMs > 0)
    return refuse(
      'RATE_LIMITED',
      `${targetAgentId} was woken ${limits.wakesPerMinute} times within a minute here; wait.`,
      { retryAfterMs, reason: 'TRIGGER_RATE_LIMITED' },
    )
  const wakeId = WakeId.parse(makeId(draft))
  const targetSessionId = session?.sessionId ?? null
  const way = chooseWay(session)
  addEvent(draft, 'thread.wake_requested', {
    wakeId,
    targetAgentId,
    targetSessionId,
    reason,
    promptDigest,
    ...way,
    maxRetries: MAX_RETRIES,
    by: agentId,
  })
  return answered({ wakeId, targetSessionId, ...way, status: 'queued', at: draft.stamp.at })
}
