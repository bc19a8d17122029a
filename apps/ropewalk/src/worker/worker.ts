import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import type { WorkspaceId } from '@ropewalk/core/ids'
import type { Engine } from '../engine/contract.ts'
import type { AgentRuntimes } from './agent-runtime.ts'
import { killOrphans } from './confine/process-tree.ts'
import { makeRunRepositories } from './git/run-repositories.ts'
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
const FINISH_MS = 4000
/** After the abort: an agent's grace, and the writes that hand its task back. */
const HAND_BACK_MS = 5000
const SWEEP_MS = 60_000
/** A store that is away is asked less often. */
const MAX_PAUSE_MS = 5000

/**
 * Claims tasks for its capabilities and works on up to `concurrency` of them at once, until it is stopped.
 * Wakes on commits and polls besides; renews its leases with one call for all.
 */
export const startWorker = (options: WorkerOptions): Worker => {
  const name = `${hostname().slice(0, 60)}/${process.pid}/${randomBytes(3).toString('hex')}`
  const loop = makeLoop(options, name)
  const undoListener = options.engine.onCommit((hint) => {
    if (hint.tasksReady) loop.wake()
  })
  const beat = setInterval(loop.beat, options.heartbeatMs ?? (options.config.leaseSeconds * 1000) / 3)
  const sweep = setInterval(loop.sweep, SWEEP_MS)
  loop.sweep()
  const ended = loop.run()
  return {
    name,
    stop: async () => {
      undoListener()
      clearInterval(sweep)
      loop.stop()
      const finishMs = options.finishMs ?? FINISH_MS
      // A claim that is under way may still bring tasks: they are to be handed back as well.
      await within(ended, finishMs)
      await loop.drain(finishMs)
      clearInterval(beat)
    },
  }
}

const makeLoop = (options: WorkerOptions, name: string) => {
  const { engine, log, config } = options
  const leaseMs = config.leaseSeconds * 1000
  const repositories = makeRunRepositories(options.home)
  const parts: AttemptParts = { ...options, repositories, worker: name }
  const held = new Map<HeldAttempt, Promise<void>>()
  const bell = makeBell()
  let stopping = false
  let sweeping = false
  let beating = false

  const hold = (attempt: HeldAttempt) => {
    const done = runAttempt(parts, attempt).finally(() => {
      held.delete(attempt)
      bell.ring()
    })
    held.set(attempt, done)
  }

  /** Returns whether there may be more to claim at once. */
  const claim = async (): Promise<boolean> => {
    const limit = config.concurrency - held.size
    if (limit <= 0) return false
    const askedAtMs = performance.now()
    const tasks = await engine.claimTasks({
      workspaceId: options.workspaceId,
      worker: name,
      capabilities: options.capabilities ?? CAPABILITIES,
      limit,
      leaseMs,
    })
    for (const task of tasks) hold(makeHeldAttempt(task, { askedAtMs, leaseMs }))
    return tasks.length > 0 && held.size < config.concurrency
  }

  const run = async (): Promise<void> => {
    let pauseMs = options.pollMs ?? POLL_MS
    while (!stopping) {
      try {
        const isMore = await claim()
        pauseMs = options.pollMs ?? POLL_MS
        if (isMore) continue
      } catch (error) {
        log.warn({ error, pauseMs }, 'cannot claim tasks; trying again')
        pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)
      }
      await bell.wait(pauseMs)
    }
  }

  /** A process that was stopped past its leases must not renew them: another attempt may have begun. */
  const getLive = () =>
    [...held.keys()].filter((attempt) => attempt.checkLease() || attempt.getEnd() !== 'superseded')

  const sendBeats = async (): Promise<void> => {
    const attempts = getLive()
    if (attempts.length === 0) return
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

  const beat = (): void => {
    // Also while a call hangs: a lease that nobody renews ends the work, whatever the store does.
    getLive()
    if (beating) return
    beating = true
    sendBeats()
      .catch((error: unknown) => {
        log.warn({ error }, 'a heartbeat failed; trying again')
      })
      .finally(() => {
        beating = false
      })
  }

  const sweep = (): void => {
    if (sweeping) return
    sweeping = true
    const isHeld = (key: { taskId: string; attempt: number }) =>
      held.keys().some(({ task }) => task.taskId === key.taskId && task.attempt === key.attempt)
    killOrphans()
    sweepAttempts({ engine, repositories, isHeld })
      .catch((error: unknown) => {
        log.warn({ error }, 'folders of ended attempts could not be swept; trying again')
      })
      .finally(() => {
        sweeping = false
      })
  }

  const drain = async (finishMs: number): Promise<void> => {
    await within(Promise.all(held.values()), finishMs)
    for (const attempt of held.keys()) attempt.end('stopping')
    await within(Promise.all(held.values()), HAND_BACK_MS)
    if (held.size > 0)
      log.warn({ tasks: held.size }, 'stopped while tasks were held; their leases will run out')
  }

  const stop = (): void => {
    stopping = true
    bell.ring()
  }
  return { run, beat, sweep, drain, stop, wake: bell.ring }
}

/** Waits for `work`, but no longer than `ms`. */
const within = async (work: Promise<unknown>, ms: number): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  await Promise.race([work, promise])
  clearTimeout(timer)
}

/** Something to wait at: `ring` ends the wait, also one that has not begun yet. */
const makeBell = () => {
  let rung = false
  let wakeUp: (() => void) | undefined
  return {
    ring: (): void => {
      rung = true
      wakeUp?.()
    },
    wait: async (ms: number): Promise<void> => {
      if (!rung) {
        const { promise, resolve } = Promise.withResolvers<void>()
        const timer = setTimeout(resolve, ms)
        wakeUp = resolve
        await promise
        clearTimeout(timer)
      }
      rung = false
      wakeUp = undefined
    },
  }
}
