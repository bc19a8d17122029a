import { RopewalkError, hasCode } from '@ropewalk/core/errors'
import type { EffectKind } from '@ropewalk/core/decision'
import type { PgBoss } from 'pg-boss'
import type { Connection, Store } from '../store/open.ts'
import { translateSqlError } from '../store/sql-errors.ts'
import type { Command, ReadyHint } from './aggregate.ts'
import type { Submitted } from './contract.ts'
import { decideBatch } from './decide-batch.ts'
import type { DecidedBatch } from './decide-batch.ts'
import type { AnyAggregate } from './lane.ts'
import { loadBatch } from './load-batch.ts'
import { makePending } from './pending.ts'
import type { HandleSubmitOptions, Pending } from './pending.ts'
import { writeBatch } from './write-batch.ts'

/** What a commit means to those who wait for work: a hint, never the truth. */
export type CommitHint = ReadyHint & {
  readonly workspaceIds: readonly string[]
  /** Kinds of effect that are due at once. */
  readonly effects: readonly EffectKind[]
  /** The types of the events that were written, several in one text where one command brought them about. */
  readonly types: readonly string[]
}

export type Handle = {
  submit(command: Command, options: HandleSubmitOptions): Promise<Submitted>
  /** Refuses new commands with DRAINING and resolves when the last one has its answer. */
  stop(): Promise<void>
}

export type HandleOptions = {
  readonly store: Store
  readonly boss: PgBoss
  /** Every kind of aggregate that takes commands, in the order in which their rows are locked. */
  readonly aggregates: readonly AnyAggregate[]
  readonly onCommit: (hint: CommitHint) => void
  /** More commands in a batch wait longer for each other and save little. */
  readonly maxBatch?: number
  /** Batches under way at once, on different rows: one decides while another waits for the disk. */
  readonly maxInFlight?: number
  /** Beyond it QUEUE_FULL: about a second's work, so that nobody waits for long in vain. */
  readonly maxQueued?: number
}

/** How often a command is passed over before it waits for its row, with none but those for the same row. */
const MAX_SKIPS = 3
/** Tries of a command that lost a race against another process. */
const MAX_TRIES = 3

type Work = {
  readonly options: HandleOptions
  readonly maxBatch: number
  readonly maxInFlight: number
  readonly maxQueued: number
  readonly queue: Pending[]
  /** Rows and keys that batches under way hold; commands on them wait for the next batch. */
  readonly busy: Set<string>
  inFlight: number
  isPumpPlanned: boolean
  isStopping: boolean
  onIdle: (() => void) | undefined
}

/** Starts the one writer of this process. Any number of processes may each have one on the same database. */
export const startHandle = (options: HandleOptions): Handle => {
  const work: Work = {
    options,
    maxBatch: options.maxBatch ?? 200,
    maxInFlight: options.maxInFlight ?? 3,
    maxQueued: options.maxQueued ?? 10_000,
    queue: [],
    busy: new Set(),
    inFlight: 0,
    isPumpPlanned: false,
    isStopping: false,
    onIdle: undefined,
  }
  return {
    submit: (command, submitOptions) =>
      new Promise<Submitted>((resolve, reject) => {
        if (work.isStopping) {
          reject(new RopewalkError('DRAINING', 'This process is stopping. Try again with another.'))
          return
        }
        if (work.queue.length >= work.maxQueued) {
          reject(
            new RopewalkError('QUEUE_FULL', 'Too many commands are waiting. Try again in a second.', {
              details: { retryAfterMs: 1000 },
            }),
          )
          return
        }
        work.queue.push(makePending(options.aggregates, command, submitOptions, { resolve, reject }))
        planPump(work)
      }),
    stop: () =>
      new Promise<void>((resolve) => {
        work.isStopping = true
        work.onIdle = resolve
        pump(work)
      }),
  }
}

/** Commands that arrive in the same turn of the event loop share a batch. */
const planPump = (work: Work): void => {
  if (work.isPumpPlanned) return
  work.isPumpPlanned = true
  setImmediate(() => {
    work.isPumpPlanned = false
    pump(work)
  })
}

const pump = (work: Work): void => {
  while (work.inFlight < work.maxInFlight) {
    const batch = takeBatch(work)
    if (batch.length === 0) break
    const keys = batch.flatMap((pending) => pending.lockKeys)
    for (const key of keys) work.busy.add(key)
    work.inFlight += 1
    void runBatch(work, batch).finally(() => {
      for (const key of keys) work.busy.delete(key)
      work.inFlight -= 1
      pump(work)
    })
  }
  if (work.isStopping && work.inFlight === 0 && work.queue.length === 0) work.onIdle?.()
}

/**
 * The next commands, oldest first. Those whose rows are busy stay, and with them later ones of the same
 * row, so that commands on one aggregate keep their order. One that was passed over too often waits for its row,
 * and with it those behind it that are for no other: another process that writes the same row would else be as
 * far ahead as a batch is larger than one.
 */
const takeBatch = (work: Work): Pending[] => {
  const taken: Pending[] = []
  const left: Pending[] = []
  const passed = new Set<string>()
  for (const [index, pending] of work.queue.entries()) {
    if (taken.length >= work.maxBatch) {
      left.push(...work.queue.slice(index))
      break
    }
    const mustWaitAlone = pending.skips >= MAX_SKIPS && taken.length > 0
    const isTaken = (key: string) => work.busy.has(key) || passed.has(key)
    if (mustWaitAlone || pending.lockKeys.some(isTaken)) {
      for (const key of pending.lockKeys) passed.add(key)
      left.push(pending)
      continue
    }
    taken.push(pending)
    if (pending.skips >= MAX_SKIPS) {
      for (const next of work.queue.slice(index + 1)) {
        const isFree = taken.length < work.maxBatch && !next.lockKeys.some(isTaken)
        if (isFree && mayWaitWith(pending, next)) taken.push(next)
        else {
          for (const key of next.lockKeys) passed.add(key)
          left.push(next)
        }
      }
      break
    }
  }
  work.queue.splice(0, work.queue.length, ...left)
  return taken
}

/** Whether waiting for the row of one is waiting for all that the other needs. */
const mayWaitWith = (one: Pending, other: Pending): boolean =>
  one.rootKey === other.rootKey && !one.locksWorkspace && !other.locksWorkspace

const runBatch = async (work: Work, batch: readonly Pending[]): Promise<void> => {
  const [first] = batch
  const client = await connect(work, batch)
  if (client === undefined) return
  const skip = (first?.skips ?? 0) < MAX_SKIPS
  try {
    await commitOnce(work, client, batch, skip)
  } catch (error) {
    const failure = translateSqlError(error)
    const isStoreDown = hasCode(failure, 'STORE_UNAVAILABLE') || hasCode(failure, 'STORAGE_FULL')
    if (isStoreDown || hasCode(failure, 'LOCK_TIMEOUT')) {
      for (const pending of batch) pending.reject(failure)
      return
    }
    work.options.store.log.debug(
      { err: failure, commands: batch.length },
      'a batch failed and is run one by one',
    )
    for (const pending of batch) await runAlone(work, pending)
  }
}

/**
 * A connection, or undefined when there is none to be had: then everybody who waits is told, because
 * finding out one batch after another would take each of them a connection's time-out longer.
 */
const connect = async (work: Work, batch: readonly Pending[]): Promise<Connection | undefined> => {
  try {
    return await work.options.store.writer.connect()
  } catch (error) {
    const failure = translateSqlError(error)
    for (const pending of [...batch, ...work.queue.splice(0)]) pending.reject(failure)
    return undefined
  }
}

/** One command by itself, so that its failure is its own. Tries again after a lost race. */
const runAlone = async (work: Work, pending: Pending): Promise<void> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await commitOnce(work, await work.options.store.writer.connect(), [pending], false)
      return
    } catch (error) {
      const failure = translateSqlError(error)
      // A key that was taken in the meantime is found, and answered from, the next time.
      const lostRace = hasCode(failure, 'VERSION_CONFLICT') || hasCode(failure, 'CONFLICT')
      if (lostRace && attempt < MAX_TRIES) continue
      pending.reject(failure)
      return
    }
  }
}

/** Locks, decides, writes and commits; answers everybody it took. Throws when nothing was written. */
const commitOnce = async (
  work: Work,
  client: Connection,
  batch: readonly Pending[],
  skip: boolean,
): Promise<void> => {
  const { boss, aggregates, onCommit } = work.options
  let decided: DecidedBatch
  try {
    const loaded = await loadBatch(client, batch, { skip, aggregates })
    for (const pending of loaded.skipped) pending.skips += 1
    decided = decideBatch(loaded)
    await writeBatch(client, decided, boss)
    client.release()
    requeue(work, loaded.skipped)
  } catch (error) {
    discard(client, error)
    throw error
  }
  for (const hand of decided.changed) hand.remember()
  for (const outcome of decided.outcomes) {
    if ('answer' in outcome) outcome.pending.resolve(outcome.answer)
    else outcome.pending.reject(outcome.error)
  }
  if (decided.entries.length > 0) onCommit(makeHint(decided))
}

/** A failed transaction may have statements on their way; the connection goes with it. */
const discard = (client: Connection, error: unknown): void => {
  client.release(error instanceof Error ? error : true)
}

const requeue = (work: Work, skipped: readonly Pending[]): void => {
  work.queue.unshift(...skipped)
}

const makeHint = (decided: DecidedBatch): CommitHint => {
  const hints = decided.changed.map((hand) => hand.getHint())
  return {
    tasksReady: hints.some(({ tasksReady }) => tasksReady),
    itemsReady: hints.some(({ itemsReady }) => itemsReady),
    hasMessages: hints.some(({ hasMessages }) => hasMessages === true),
    workspaceIds: [...new Set(decided.entries.map((entry) => entry.workspaceId))],
    types: decided.entries.map((entry) => entry.types),
    effects: [...new Set(decided.jobs.filter((job) => job.startAfter === undefined).map((job) => job.kind))],
  }
}
