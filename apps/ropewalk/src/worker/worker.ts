import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import type { WorkspaceId } from '@ropewalk/core/ids'
import type { Engine } from '../engine/contract.ts'
import type { AgentRuntimes } from './agent-runtime.ts'
import { makeBell, waitAtMost, type Bell } from './bell.ts'
import { killOrphans } from './confine/process-tree.ts'
import { makeRunRepositories } from '../repo/git/run-repositories.ts'
import { makeHeartbeat } from './heartbeats.ts'
import { makeHeldAttempt, type HeldAttempt } from './held-attempt.ts'
import { runAttempt, type AttemptParts } from './run-attempt.ts'
import { sweepAttempts } from './sweep-attempts.ts'
import type { WorkerLog } from './worker-log.ts'

export type WorkerOptions = {
  readonly engine: Engine
  readonly home: string
  readonly agents: AgentRuntimes
  readonly log: WorkerLog
  readonly config: { readonly concurrency: number; readonly leaseSeconds: number }
  /** Undefined: every workspace. */
  readonly workspaceId?: WorkspaceId | undefined
  /** What this worker can do; an agent's `capability` names one. */
  readonly capabilities?: readonly string[] | undefined
  /** A third of the lease: two heartbeats may be lost before the task is. */
  readonly heartbeatMs?: number | undefined
  /** How often to ask for work without having been called. */
  readonly pollMs?: number | undefined
  /** How long `stop` waits for work to finish by itself before it is aborted and handed back. */
  readonly finishMs?: number | undefined
}

export type Worker = {
  readonly name: string
  /** Claims no more, lets short work finish, hands the rest back. At most about ten seconds. */
  readonly stop: () => Promise<void>
}

const CAPABILITIES = ['model', 'coder', 'tool', 'guard']
const POLL_MS = 500
/** Tasks of one run that a worker does one after another before it asks for the oldest of all again. */
const MAX_IN_A_ROW = 5
const FINISH_MS = 4000
/** After the abort: an agent's grace, and the writes that hand its task back. */
const HAND_BACK_MS = 5000
const SWEEP_MS = 60_000
/** A claim that takes longer hangs on a store that is away, and brings nothing. */
const CLAIM_MS = 1000
/** A store that is away is asked less often. */
const MAX_PAUSE_MS = 5000

/**
 * Claims tasks for its capabilities and works on up to `concurrency` of them at once, until it is stopped.
 * Wakes on commits and polls besides; renews its leases with one call for all.
 */
export const startWorker = (options: WorkerOptions): Worker => {
  const name = `${hostname().slice(0, 60)}/${process.pid}/${randomBytes(3).toString('hex')}`
  const repositories = makeRunRepositories(options.home)
  const held = new Map<HeldAttempt, Promise<void>>()
  const parts: Parts = {
    options,
    name,
    held,
    bell: makeBell(),
    attempt: { ...options, repositories, worker: name },
    isStopping: false,
  }
  const stopped = new AbortController()
  const beat = makeHeartbeat({ ...options, listHeld: () => [...held.keys()] })
  const sweep = makeSweep(parts)
  const undoListener = options.engine.onCommit((hint) => {
    if (hint.tasksReady) parts.bell.ring()
  })
  const beating = setInterval(beat, options.heartbeatMs ?? (options.config.leaseSeconds * 1000) / 3)
  const sweeping = setInterval(sweep, SWEEP_MS)
  sweep()
  const ended = claimUntilStopped(parts, stopped.signal)
  return {
    name,
    stop: async () => {
      parts.isStopping = true
      stopped.abort()
      parts.bell.ring()
      undoListener()
      clearInterval(sweeping)
      const finishMs = options.finishMs ?? FINISH_MS
      // A claim that is under way may still bring tasks: they are to be handed back as well.
      await waitAtMost(ended, CLAIM_MS)
      await drain(parts, finishMs)
      clearInterval(beating)
    },
  }
}

const getCapabilities = ({ capabilities }: WorkerOptions): readonly string[] => capabilities ?? CAPABILITIES

type Parts = {
  readonly options: WorkerOptions
  readonly name: string
  readonly held: Map<HeldAttempt, Promise<void>>
  readonly bell: Bell
  readonly attempt: AttemptParts
  isStopping: boolean
}

const claimUntilStopped = async (parts: Parts, stopped: AbortSignal): Promise<void> => {
  const { options, bell } = parts
  let pauseMs = options.pollMs ?? POLL_MS
  while (!stopped.aborted) {
    try {
      const isMore = await claim(parts)
      pauseMs = options.pollMs ?? POLL_MS
      if (isMore) continue
    } catch (err) {
      options.log.warn({ err, pauseMs }, 'cannot claim tasks; trying again')
      pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)
    }
    await bell.wait(pauseMs)
  }
}

/** Returns whether there may be more to claim at once. */
const claim = async (parts: Parts): Promise<boolean> => {
  const { options, held } = parts
  const { concurrency, leaseSeconds } = options.config
  const limit = concurrency - held.size
  if (limit <= 0) return false
  const leaseMs = leaseSeconds * 1000
  const askedAtMs = performance.now()
  const tasks = await options.engine.claimTasks({
    workspaceId: options.workspaceId,
    worker: parts.name,
    capabilities: getCapabilities(options),
    limit,
    leaseMs,
  })
  for (const task of tasks) hold(parts, makeHeldAttempt(task, { askedAtMs, leaseMs }), 1)
  return tasks.length > 0 && held.size < concurrency
}

/** `inARow` counts the tasks that this one follows upon without a claim in between, itself included. */
const hold = (parts: Parts, attempt: HeldAttempt, inARow: number): void => {
  const leaseMs = parts.options.config.leaseSeconds * 1000
  const getNext = () =>
    parts.isStopping || inARow >= MAX_IN_A_ROW
      ? undefined
      : { worker: parts.name, capabilities: getCapabilities(parts.options), leaseMs }
  const done = runAttempt(parts.attempt, attempt, getNext).then((handed) => {
    parts.held.delete(attempt)
    if (handed !== undefined)
      hold(parts, makeHeldAttempt(handed.task, { askedAtMs: handed.askedAtMs, leaseMs }), inARow + 1)
    parts.bell.ring()
  })
  parts.held.set(attempt, done)
}

/** Removes what ended attempts left behind, one round at a time. */
const makeSweep = ({ options, held, attempt: { repositories } }: Parts): (() => void) => {
  let isUnderWay = false
  const isHeld = (key: { readonly taskId: string; readonly attempt: number }) =>
    held.keys().some(({ task }) => task.taskId === key.taskId && task.attempt === key.attempt)
  return () => {
    if (isUnderWay) return
    isUnderWay = true
    killOrphans()
    sweepAttempts({ engine: options.engine, repositories, isHeld })
      .catch((err: unknown) => {
        options.log.warn({ err }, 'folders of ended attempts could not be swept; trying again')
      })
      .finally(() => {
        isUnderWay = false
      })
  }
}

/** Lets short work finish, then ends the rest, which hands its tasks back. */
const drain = async ({ options, held }: Parts, finishMs: number): Promise<void> => {
  await waitAtMost(Promise.all(held.values()), finishMs)
  for (const attempt of held.keys()) attempt.end('stopping')
  await waitAtMost(Promise.all(held.values()), HAND_BACK_MS)
  if (held.size > 0) {
    options.log.warn({ tasks: held.size }, 'stopped while tasks were held; their leases will run out')
  }
}
