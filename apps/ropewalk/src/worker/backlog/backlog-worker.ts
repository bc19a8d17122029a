import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { parseEvent } from '@ropewalk/core/contract/events/payload'
import type { Envelope } from '@ropewalk/core/contract/events/envelope'
import { RopewalkError } from '@ropewalk/core/errors'
import type { TaskId, WorkspaceId } from '@ropewalk/core/ids'
import type { ClaimedWork } from '../../engine/contract.ts'
import { makeBell, waitAtMost, type Bell } from '../bell.ts'
import { makeHeartbeat } from '../heartbeats.ts'
import { makeHeldAttempt } from '../held-attempt.ts'
import { doWork } from './do-work.ts'
import type { HeldWork, WorkEvents, WorkParts } from './work-parts.ts'

export type BacklogWorkerOptions = Omit<WorkParts, 'worker'> & {
  /** Null: it only asks the queue. */
  readonly events: WorkEvents | null
  /** What it can do; it has a consumer group for each. */
  readonly capabilities: readonly string[]
  readonly config: { readonly concurrency: number; readonly leaseSeconds: number }
  /** Undefined: every workspace. */
  readonly workspaceId?: WorkspaceId | undefined
  /** How often it asks the queue without having heard of work, and says that it is there. */
  readonly pollMs?: number | undefined
  /** A third of the lease: two heartbeats may be lost before the task is. */
  readonly heartbeatMs?: number | undefined
  /** How long `stop` waits for work to finish by itself before it is handed back. */
  readonly finishMs?: number | undefined
}

export type BacklogWorker = {
  readonly name: string
  /** Takes no more, lets short work finish, hands the rest back, and says that it goes. About ten seconds at most. */
  readonly stop: () => Promise<void>
}

/** Work nobody told of waits at most this long. Workers that say nothing for 10 s get none: it must be well below. */
const POLL_MS = 3000
/** A queue that is away is asked less often. */
const MAX_PAUSE_MS = 10_000
const FINISH_MS = 4000
const HAND_BACK_MS = 5000
const CLAIM_MS = 1000

type Parts = {
  readonly options: BacklogWorkerOptions
  readonly work: WorkParts
  readonly held: Map<HeldWork, Promise<void>>
  /** Places for tasks that are being claimed. */
  readonly reserved: { count: number }
  /** Rung when a place becomes free; each waiter is woken once. */
  readonly waiting: Set<() => void>
  readonly bell: Bell
  readonly stopped: AbortSignal
}

/** The name of a consumer group of the bus: one for each capability, whoever is in it. */
export const getWorkerGroup = (capability: string): string => `worker-${capability}`

const countFree = ({ options, held, reserved }: Parts): number =>
  options.config.concurrency - held.size - reserved.count

const wakeWaiting = ({ waiting }: Parts): void => {
  for (const wake of waiting) wake()
  waiting.clear()
}

/** Claims up to `limit`, or exactly one task, and starts on what it got. */
const claim = async (
  parts: Parts,
  of: {
    readonly limit: number
    readonly workspaceId?: WorkspaceId | undefined
    readonly taskId?: TaskId
  },
): Promise<number> => {
  const { options, work, reserved } = parts
  // Always all it can do, also for a task of one of them: whoever claims is registered with what it names.
  const { capabilities } = options
  const leaseMs = options.config.leaseSeconds * 1000
  reserved.count += of.limit
  const askedAtMs = performance.now()
  try {
    const claimed = await options.engine.claimWork({ ...of, capabilities, worker: work.worker, leaseMs })
    for (const task of claimed) hold(parts, task, { askedAtMs, leaseMs })
    return claimed.length
  } finally {
    reserved.count -= of.limit
    wakeWaiting(parts)
  }
}

const hold = (parts: Parts, task: ClaimedWork, times: { askedAtMs: number; leaseMs: number }): void => {
  const held = makeHeldAttempt(task, times)
  const limit = setTimeout(() => {
    held.end('timed-out')
  }, task.spec.budget.ms)
  const done = doWork(parts.work, held).finally(() => {
    clearTimeout(limit)
    parts.held.delete(held)
    wakeWaiting(parts)
    parts.bell.ring()
  })
  parts.held.set(held, done)
}

/** Resolves when there may be a free place. Throws DRAINING when the worker stops instead. */
const waitForPlace = async (parts: Parts): Promise<void> => {
  while (countFree(parts) <= 0 && !parts.stopped.aborted) {
    const { promise, resolve } = Promise.withResolvers<void>()
    parts.waiting.add(resolve)
    await promise
  }
  if (parts.stopped.aborted) throw new RopewalkError('DRAINING', 'The worker is stopping.')
}

/**
 * Takes the task that an event gives out, if it is for this capability. Done when the task is claimed, or is not
 * to be had any more: its row is the truth, the event a hint. Throws INVALID_ARGUMENT for one that breaks its contract.
 */
const takeDispatched = async (parts: Parts, capability: string, event: Envelope): Promise<void> => {
  if (event.type !== 'WORK.ITEM_DISPATCHED') return
  const { options } = parts
  if (options.workspaceId !== undefined && event.workspaceid !== options.workspaceId) return
  const parsed = parseEvent(event)
  if (parsed.type === 'invalid') {
    const said = parsed.problems.map(({ path, message }) => `${path}: ${message}`).join('; ')
    throw new RopewalkError('INVALID_ARGUMENT', `Event ${event.id} breaks its contract: ${said}`)
  }
  if (parsed.event.type !== 'WORK.ITEM_DISPATCHED' || parsed.event.data.agentTarget !== capability) return
  await waitForPlace(parts)
  const { taskId } = parsed.event.data
  await claim(parts, { limit: 1, workspaceId: event.workspaceid, taskId })
}

/** Asks the queue until stopped. With no free place it claims nothing and only says that it is there. */
const pollUntilStopped = async (parts: Parts): Promise<void> => {
  const { options, bell, stopped } = parts
  const { workspaceId } = options
  const pollMs = options.pollMs ?? POLL_MS
  let pauseMs = pollMs
  while (!stopped.aborted) {
    try {
      const limit = Math.max(0, countFree(parts))
      const got = await claim(parts, { limit, workspaceId })
      pauseMs = pollMs
      if (got > 0 && countFree(parts) > 0) continue
    } catch (err) {
      options.log.warn({ err, pauseMs }, 'cannot ask for work; trying again')
      pauseMs = Math.min(2 * pauseMs, Math.max(pollMs, MAX_PAUSE_MS))
    }
    if (!stopped.aborted) await bell.wait(pauseMs)
  }
}

/** Lets short work finish, then ends the rest, which hands its tasks back. */
const drain = async ({ options, held }: Parts): Promise<void> => {
  await waitAtMost(Promise.all(held.values()), options.finishMs ?? FINISH_MS)
  for (const work of held.keys()) work.end('stopping')
  await waitAtMost(Promise.all(held.values()), HAND_BACK_MS)
  if (held.size > 0)
    options.log.warn({ tasks: held.size }, 'stopped while tasks were held; their leases will run out')
}

const sayGoodbye = async ({ options, work }: Parts): Promise<void> => {
  const { engine, workspaceId, log } = options
  try {
    const workspaceIds = workspaceId === undefined ? await engine.listWorkspaces() : [workspaceId]
    await Promise.all(
      workspaceIds.map((id) => engine.releaseWorker({ workspaceId: id, worker: work.worker })),
    )
  } catch (err) {
    log.warn({ err }, 'could not say that this worker goes; it will be taken for gone soon')
  }
}

/**
 * Takes the work of items that asks for its capabilities, hearing of it on the bus and asking the queue besides,
 * and does up to `concurrency` of it at once until it is stopped. Killed at any moment it loses nothing: what it
 * held goes out again when the lease has run out.
 */
export const startBacklogWorker = (options: BacklogWorkerOptions): BacklogWorker => {
  const host = hostname()
    .replaceAll(/[^A-Za-z0-9.-]/gu, '-')
    .slice(0, 60)
  const name = `w-${host}.${process.pid}.${randomBytes(3).toString('hex')}`
  const stopped = new AbortController()
  const parts: Parts = {
    options,
    work: { ...options, worker: name },
    held: new Map(),
    reserved: { count: 0 },
    waiting: new Set(),
    bell: makeBell(),
    stopped: stopped.signal,
  }
  const beat = makeHeartbeat({ ...options, listHeld: () => [...parts.held.keys()] })
  const beating = setInterval(beat, options.heartbeatMs ?? (options.config.leaseSeconds * 1000) / 3)
  const listeners = options.capabilities.map((capability) =>
    options.events?.listen({
      group: getWorkerGroup(capability),
      consumer: name,
      onEvent: (event) => takeDispatched(parts, capability, event),
    }),
  )
  const polling = pollUntilStopped(parts)
  return {
    name,
    stop: async () => {
      stopped.abort()
      parts.bell.ring()
      wakeWaiting(parts)
      // Claims that are under way may still bring tasks: they are to be handed back as well.
      await waitAtMost(Promise.all([polling, ...listeners.map((listener) => listener?.stop())]), CLAIM_MS)
      await drain(parts)
      clearInterval(beating)
      await sayGoodbye(parts)
    },
  }
}
