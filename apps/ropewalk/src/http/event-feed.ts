import type { WorkspaceId } from '@ropewalk/core/ids'
import type { Engine, EventView } from '../engine/contract.ts'

/** Events a reader is sent at once: with many slow readers this is what each holds in memory. */
const BATCH = 100

export type FeedRequest = {
  readonly workspaceId: WorkspaceId
  readonly after: number
  /** The run or project whose events these are; all of them without it. */
  readonly stream?: string | undefined
}

/** New events for any number of readers; those who stand at the same place share one read. */
export type EventFeed = {
  /** Counts wake-ups. Read it before `list`: what is committed later has another number. */
  readonly getGeneration: () => number
  readonly list: (request: FeedRequest) => Promise<readonly EventView[]>
  /** Resolves at the first wake-up since `generation`, after `timeoutMs`, or at once when all is over. */
  readonly wait: (generation: number, timeoutMs: number, signal: AbortSignal) => Promise<void>
  readonly isOver: () => boolean
  readonly stop: () => void
}

/**
 * Starts a feed that is woken by commits of this process and, because others commit too, once every
 * `pollMs` while somebody waits.
 */
export const startEventFeed = (
  engine: Pick<Engine, 'listEvents' | 'onCommit'>,
  pollMs: number,
): EventFeed => {
  const reads = new Map<string, Promise<readonly EventView[]>>()
  const waiters = new Set<() => void>()
  let generation = 0
  let isOver = false
  const wake = (): void => {
    generation += 1
    for (const waiter of [...waiters]) waiter()
  }
  const undo = engine.onCommit(wake)
  const timer = setInterval(() => {
    if (waiters.size > 0) wake()
  }, pollMs)
  timer.unref()
  return {
    getGeneration: () => generation,
    isOver: () => isOver,
    list: ({ workspaceId, after, stream }) => {
      // A read begun before the newest commit may miss it; only those begun after it are shared.
      const key = `${generation} ${workspaceId} ${stream ?? ''} ${after}`
      const found = reads.get(key)
      if (found !== undefined) return found
      const made = engine
        .listEvents(workspaceId, { after, limit: BATCH, stream })
        .finally(() => reads.delete(key))
      reads.set(key, made)
      return made
    },
    wait: (seen, timeoutMs, signal) => {
      if (isOver || signal.aborted || seen !== generation) return Promise.resolve()
      return new Promise((resolve) => {
        const done = (): void => {
          waiters.delete(done)
          clearTimeout(timeout)
          signal.removeEventListener('abort', done)
          resolve()
        }
        const timeout = setTimeout(done, timeoutMs)
        signal.addEventListener('abort', done)
        waiters.add(done)
      })
    },
    stop: () => {
      isOver = true
      undo()
      clearInterval(timer)
      wake()
    },
  }
}
