import type { ClaimedTask, Engine } from '../engine/contract.ts'
import type { HeldAttempt } from './held-attempt.ts'
import type { WorkerLog } from './worker-log.ts'

/** Whatever was claimed, as far as its lease is concerned. */
type HeldLease = HeldAttempt<Pick<ClaimedTask, 'workspaceId' | 'taskId' | 'attempt'>>

export type HeartbeatParts = {
  readonly engine: Pick<Engine, 'heartbeat'>
  readonly log: WorkerLog
  readonly listHeld: () => readonly HeldLease[]
}

/**
 * Makes the function that renews the leases of all held attempts with one call, and ends those that the
 * engine no longer counts as ours. It never throws; a call that fails is made good by the next.
 */
export const makeHeartbeat = (parts: HeartbeatParts): (() => void) => {
  let isUnderWay = false
  return () => {
    // Also while a call hangs: a lease that nobody renews ends the work, whatever the store does.
    const attempts = listLive(parts)
    if (isUnderWay || attempts.length === 0) return
    isUnderWay = true
    sendBeats(parts.engine, attempts)
      .catch((err: unknown) => {
        parts.log.warn({ err }, 'a heartbeat failed; trying again')
      })
      .finally(() => {
        isUnderWay = false
      })
  }
}

/** A process that was stopped past its leases must not renew them: another attempt may have begun. */
const listLive = ({ listHeld }: HeartbeatParts): readonly HeldLease[] =>
  listHeld().filter((attempt) => attempt.checkLease() || attempt.getEnd() !== 'superseded')

const sendBeats = async (engine: HeartbeatParts['engine'], attempts: readonly HeldLease[]): Promise<void> => {
  const askedAtMs = performance.now()
  const answers = await engine.heartbeat(
    attempts.map(({ task, progress }) => ({
      workspaceId: task.workspaceId,
      taskId: task.taskId,
      attempt: task.attempt,
      ...progress,
    })),
  )
  for (const [index, attempt] of attempts.entries()) {
    const answer = answers[index]
    if (answer === undefined || 'stale' in answer) attempt.end('superseded')
    else if (answer.cancelled) attempt.end('cancelled')
    else attempt.renew(askedAtMs)
  }
}
