import { setTimeout as sleep } from 'node:timers/promises'
import { ERRORS, RopewalkError } from '@ropewalk/core/errors'
import type { WorkspaceId } from '@ropewalk/core/ids'
import type { ProjectCommandOf } from '@ropewalk/core/project/commands'
import { makeBatches } from '../engine/backlog/make-batches.ts'
import type { Command, SubmitOptions } from '../engine/contract.ts'
import type { Log } from '../log.ts'
import { MAX_READY_ITEMS, listReadyItems } from '../store/list-ready-items.ts'
import { listStrandedItems } from '../store/list-stranded-items.ts'
import type { ReadyItem } from '../store/list-ready-items.ts'
import type { Store } from '../store/open.ts'
import { listOnlineCapabilities } from '../store/workers.ts'
import type { OnlineCapabilities } from '../store/workers.ts'

/** Polling is the truth; the hint of a commit only shortens the wait. */
const SCAN_MS = 1_000
/** Hints come in bursts; looks at the backlog are at least this far apart. */
const PAUSE_MS = 20
/** A worker that was not heard of for longer gets no work: it beats every 10 s, and may once be late. */
const LIVE_MS = 15_000
/** How long an item waits for somebody of its own capability before a generic worker gets it. */
const GENERIC_AFTER_MS = 10_000
/** The capability of those who do what nobody else is there for. */
const GENERIC = 'generic'
/** The most items one command may give out, and the most tasks that come of them. */
const MAX_ITEMS = 200
const MAX_TASKS = 1000

type DispatchItems = ProjectCommandOf<'DispatchItems'>
type Dispatch = DispatchItems['items'][number]

export type Dispatcher = {
  /** Looks for items to give out now. */
  wake(): void
  stop(): Promise<void>
}

/** Who does an item, or undefined while it has to wait: never a capability that nobody serves. */
export const pickCapability = (
  item: Pick<ReadyItem, 'capability' | 'isOverdue'>,
  online: OnlineCapabilities,
): string | undefined => {
  if (online.has(item.capability)) return item.capability
  return item.isOverdue && online.has(GENERIC) ? GENERIC : undefined
}

const makeDispatch = (item: ReadyItem, online: OnlineCapabilities): Dispatch[] => {
  const capability = pickCapability(item, online)
  if (capability === undefined) return []
  // Work is done on the first table of a project; what was attached later is for people to read.
  const rows = item.uploads[0]?.rows ?? 0
  return [{ itemId: item.itemId, capability, batches: makeBatches(rows, item.batchRows) }]
}

/** As few commands as keep to both limits, in order. */
const split = (given: readonly Dispatch[]): readonly Dispatch[][] => {
  const parts: Dispatch[][] = []
  let tasks = 0
  for (const one of given) {
    const count = one.batches?.length ?? 1
    const last = parts.at(-1)
    if (last === undefined || last.length >= MAX_ITEMS || tasks + count > MAX_TASKS) {
      parts.push([one])
      tasks = count
    } else {
      last.push(one)
      tasks += count
    }
  }
  return parts
}

/**
 * Gives out items of running projects that are ready, once a second and when told: each to a capability that
 * a live worker serves, by `DispatchItems`. Any number of processes may: an item is given out once.
 */
export const startDispatcher = (of: {
  readonly store: Store
  readonly listWorkspaces: () => Promise<readonly WorkspaceId[]>
  readonly submit: (command: Command, options: SubmitOptions) => Promise<unknown>
  readonly log: Log
}): Dispatcher => {
  const { store, listWorkspaces, submit, log } = of
  const stopped = new AbortController()
  let wakeUp = new AbortController()
  let isWoken = false

  const send = async (command: ProjectCommandOf<'DispatchItems' | 'RecallItems'>): Promise<void> => {
    const { projectId } = command
    try {
      await submit(command, { by: { kind: 'engine', id: 'dispatcher' } })
    } catch (error) {
      const cameSecond =
        error instanceof RopewalkError && !ERRORS[error.code].retryable && ERRORS[error.code].status < 500
      // Another dispatcher or a person was faster; what is left is seen at the next look.
      if (cameSecond) log.debug({ err: error, projectId }, 'items could not be given out')
      else log.warn({ err: error, projectId }, 'items could not be given out yet')
    }
  }

  /** Takes back what waits for workers that have gone: a generic one that is there gets it then. */
  const recall = async (workspaceId: WorkspaceId, online: OnlineCapabilities): Promise<void> => {
    if (!online.has(GENERIC)) return
    const stranded = await listStrandedItems(store, workspaceId, {
      served: [...online.keys()],
      overdueMs: GENERIC_AFTER_MS,
    })
    const reason = 'Nobody is there any more who could do it.'
    for (const [projectId, of] of Map.groupBy(stranded, (one) => one.projectId)) {
      const items = of.map(({ itemId }) => itemId)
      await send({ type: 'RecallItems', workspaceId, projectId, items, reason })
    }
  }

  /** Resolves to whether there may be more at once. */
  const scanOne = async (workspaceId: WorkspaceId, online: OnlineCapabilities): Promise<boolean> => {
    await recall(workspaceId, online)
    const ready = await listReadyItems(store, workspaceId, {
      served: [...online.keys()],
      hasGeneric: online.has(GENERIC),
      overdueMs: GENERIC_AFTER_MS,
    })
    const byProject = Map.groupBy(ready, (item) => item.projectId)
    for (const [projectId, items] of byProject) {
      const given = items.flatMap((item) => makeDispatch(item, online))
      for (const items of split(given)) await send({ type: 'DispatchItems', workspaceId, projectId, items })
    }
    return ready.length === MAX_READY_ITEMS
  }

  const scan = async (): Promise<boolean> => {
    let hasMore = false
    // One question for all workspaces, and no more of it where nobody waits for work.
    const online = await listOnlineCapabilities(store, await listWorkspaces(), LIVE_MS)
    for (const [workspaceId, capabilities] of online) {
      if (stopped.signal.aborted) return false
      hasMore = (await scanOne(workspaceId, capabilities)) || hasMore
    }
    return hasMore
  }

  const rest = async (ms: number, signal: AbortSignal): Promise<void> => {
    // An abort is how the rest ends early, and no failure.
    await sleep(ms, undefined, { signal }).catch(() => undefined)
  }

  const loop = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      isWoken = false
      wakeUp = new AbortController()
      try {
        isWoken = (await scan()) || isWoken
      } catch (error) {
        log.warn({ err: error }, 'the backlog could not be looked at; trying again')
      }
      if (!isWoken) await rest(SCAN_MS, AbortSignal.any([stopped.signal, wakeUp.signal]))
      await rest(PAUSE_MS, stopped.signal)
    }
  }

  const running = loop()
  return {
    wake: () => {
      isWoken = true
      wakeUp.abort()
    },
    stop: async () => {
      stopped.abort()
      await running
    },
  }
}
