import { RopewalkError } from '@ropewalk/core/errors'
import type { ClaimedTask } from '../engine/contract.ts'

/**
 * Why this process stopped working on an attempt. `superseded`: another attempt has begun, or our lease is
 * over and one may begin at any time; `cancelled`: nobody wants the result.
 */
export type EndReason = 'superseded' | 'cancelled' | 'timed-out' | 'stopping'

/**
 * One claimed task for as long as this process may work on it. Time is monotonic: a process that was
 * stopped, or a clock that was set, cannot make a lease look younger than it is.
 */
export type HeldAttempt<T = ClaimedTask> = {
  readonly task: T
  readonly signal: AbortSignal
  /** Aborts the work; the first reason stays. */
  readonly end: (reason: EndReason) => void
  readonly getEnd: () => EndReason | null
  /** The lease was renewed by a call that began at `askedAtMs` (monotonic). */
  readonly renew: (askedAtMs: number) => void
  /** Ends the attempt when it has outlived its lease; whether it may go on. */
  readonly checkLease: () => boolean
  /** Throws STALE_ATTEMPT when the attempt has ended or outlived its lease; asked before every write. */
  readonly assertHeld: () => void
  /** The engine's time: its instant of the claim, plus what has passed here since. */
  readonly now: () => string
  /** What the next heartbeat tells. */
  progress: { readonly pct?: number | undefined; readonly etaMs?: number | undefined }
}

const MESSAGES: Record<EndReason, string> = {
  superseded: 'The attempt was superseded or outlived its lease.',
  cancelled: 'The task was cancelled.',
  'timed-out': 'The attempt ran out of its time.',
  stopping: 'The worker is stopping.',
}

export const makeHeldAttempt = <T extends Pick<ClaimedTask, 'claimedAt'>>(
  task: T,
  times: { readonly askedAtMs: number; readonly leaseMs: number },
): HeldAttempt<T> => {
  const abort = new AbortController()
  const claimedAtMs = performance.now()
  let leaseEndMs = times.askedAtMs + times.leaseMs
  let ended: EndReason | null = null
  const end = (reason: EndReason) => {
    if (ended !== null) return
    ended = reason
    abort.abort(new RopewalkError(reason === 'stopping' ? 'DRAINING' : 'STALE_ATTEMPT', MESSAGES[reason]))
  }
  const checkLease = (): boolean => {
    if (performance.now() > leaseEndMs) end('superseded')
    return ended === null
  }
  return {
    task,
    signal: abort.signal,
    end,
    getEnd: () => ended,
    checkLease,
    renew: (askedAtMs) => {
      // An answer that took longer than the lease came too late: the task may have been given away since.
      checkLease()
      leaseEndMs = Math.max(leaseEndMs, askedAtMs + times.leaseMs)
    },
    assertHeld: () => {
      checkLease()
      abort.signal.throwIfAborted()
    },
    now: () => new Date(Date.parse(task.claimedAt) + performance.now() - claimedAtMs).toISOString(),
    progress: {},
  }
}
