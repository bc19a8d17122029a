import { setTimeout as sleep } from 'node:timers/promises'
import { hasCode } from '@ropewalk/core/errors'
import type { WorkspaceId } from '@ropewalk/core/ids'
import type { ProjectCommandOf } from '@ropewalk/core/project/commands'
import type { RunCommandOf } from '@ropewalk/core/run/commands'
import type { Log } from '../log.ts'
import { listOverdueAttempts } from '../store/list-overdue-attempts.ts'
import type { OverdueAttempt } from '../store/list-overdue-attempts.ts'
import type { Store } from '../store/open.ts'

/** A crashed worker's task is claimed anew within its lease and two seconds. */
const SCAN_MS = 1_000
/** A gap between scans beyond this was an outage, of Postgres or of this whole process. */
const OUTAGE_MS = 5_000
/** After an outage workers that live get time for one heartbeat (every 10 s) before leases count again. */
const GRACE_MS = 12_000

const MESSAGES = {
  lost: 'The lease ran out without a heartbeat.',
  timed_out: 'The attempt took longer than its task may take.',
} as const

/** What ends an overdue attempt, of a run's task or of an item's. */
export type LoseCommand = RunCommandOf<'LoseAttempt'> | ProjectCommandOf<'LoseWork'>

const makeCommand = (attempt: OverdueAttempt): LoseCommand => {
  const { workspaceId, taskId, attempt: number, worker, claimedAt, outcome } = attempt
  const end = { workspaceId, taskId, attempt: number, worker, claimedAt, outcome, message: MESSAGES[outcome] }
  return attempt.itemId === null
    ? { type: 'LoseAttempt', runId: attempt.owner, ...end }
    : { type: 'LoseWork', projectId: attempt.owner, ...end }
}

export type LeaseWatch = { stop(): Promise<void> }

/**
 * Once a second submits LoseAttempt or LoseWork for attempts whose lease or time has run out. Any number of processes
 * may watch: the first to commit ends the attempt, the others are refused. `lose` must look at the lease
 * again under the lock, for a heartbeat may have come first.
 */
export const watchLeases = (of: {
  readonly store: Store
  readonly listWorkspaces: () => Promise<readonly WorkspaceId[]>
  readonly lose: (command: LoseCommand) => Promise<unknown>
  readonly log: Log
}): LeaseWatch => {
  const { store, listWorkspaces, lose, log } = of
  const stopped = new AbortController()
  let lastScan = performance.now()
  let graceUntil = Number.NEGATIVE_INFINITY

  const end = async (attempt: OverdueAttempt): Promise<void> => {
    try {
      await lose(makeCommand(attempt))
    } catch (error) {
      const cameSecond = hasCode(error, 'STALE_ATTEMPT') || hasCode(error, 'CONFLICT')
      if (!cameSecond)
        log.warn({ err: error, taskId: attempt.taskId }, 'an overdue attempt could not be ended yet')
    }
  }

  const scan = async (): Promise<void> => {
    const overdue = await listOverdueAttempts(store, await listWorkspaces())
    const now = performance.now()
    if (now - lastScan > OUTAGE_MS) graceUntil = now + GRACE_MS
    lastScan = now
    const mayEnd = overdue.filter(({ outcome }) => outcome === 'timed_out' || now >= graceUntil)
    const once = new Map(
      mayEnd.toReversed().map((attempt) => [`${attempt.taskId}/${attempt.attempt}`, attempt]),
    )
    await Promise.all(once.values().map(end))
  }

  const loop = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      try {
        await scan()
      } catch (error) {
        log.warn({ err: error }, 'leases could not be looked at; trying again')
      }
      await sleep(SCAN_MS, undefined, { signal: stopped.signal }).catch(() => undefined)
    }
  }

  const running = loop()
  return {
    stop: async () => {
      stopped.abort()
      await running
    },
  }
}
