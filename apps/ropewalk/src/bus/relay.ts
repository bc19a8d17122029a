import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { WorkspaceId } from '@ropewalk/core/ids'
import type { Config } from '../config.ts'
import type { RunningEngine } from '../engine/start.ts'
import type { Log } from '../log.ts'
import { findBusUse } from '../store/bus/relay-position.ts'
import type { Store } from '../store/open.ts'
import type { Buses } from './buses.ts'
import { makeHandleInbound, type StartProject } from './handle-inbound.ts'
import { KEY_MEMORY_MS, TOPICS, type Bus } from './port.ts'
import { makePublishDeadLetter } from './publish-dead-letter.ts'
import { startLedgerRelay } from './publish-ledger.ts'
import { startValidators } from './validator.ts'

export type RelayOptions = {
  readonly engine: RunningEngine
  readonly store: Store
  readonly buses: Buses
  readonly config: Pick<Config, 'bus' | 'busPeople'>
  readonly startProject: StartProject
  readonly log: Log
  /**
   * Over Postgres a workspace that has no project and no reader of the bus is left alone, and begun with on the
   * commit that makes its first project. With `isEager`, and over Redis, every workspace is served at once.
   */
  readonly isEager: boolean
  /** See ConsumeOptions; for tests. */
  readonly reclaimMs?: number | undefined
}

export type Relay = { stop(): Promise<void> }

/** How often topics are trimmed, and new workspaces looked for. */
const ROUND_MS = 60_000
/** The same after a round that met trouble: until then nothing of a workspace goes out or comes in. */
const ROUND_AFTER_TROUBLE_MS = 1_000
/** Commits of runs come in hundreds; whether they have made a project is asked this often at most. */
const LOOK_MS = 500

const MAX_CONSUMER = 100

/** A name for this process within its groups. */
const makeConsumerName = (): string =>
  `${hostname().replaceAll(/[^\w.-]/gu, '-')}-${process.pid}-${randomUUID().slice(0, 8)}`
    .replace(/^[^a-zA-Z0-9]+/u, '')
    .slice(0, MAX_CONSUMER)

type Part = { stop(): Promise<void> }

const startPart = async (options: RelayOptions, workspaceId: WorkspaceId): Promise<Part & { bus: Bus }> => {
  const { engine, store, buses, config, startProject, log, reclaimMs } = options
  const bus = await buses.get(workspaceId)
  const validators = startValidators({
    bus,
    workspaceId,
    handle: makeHandleInbound({ engine, workspaceId, startProject, busPeople: config.busPeople ?? [] }),
    publishDeadLetter: makePublishDeadLetter({ store, bus, workspaceId }),
    log,
    consumer: makeConsumerName(),
    reclaimMs,
  })
  const ledger = startLedgerRelay({ engine, store, bus, workspaceId, log })
  return {
    bus,
    stop: async () => {
      await Promise.all([validators.stop(), ledger.stop()])
    },
  }
}

const trimAll = async (bus: Bus, log: Log): Promise<void> => {
  for (const topic of TOPICS) {
    try {
      await bus.trim(topic, { olderThanMs: KEY_MEMORY_MS })
    } catch (error) {
      log.debug({ err: error, topic }, 'a topic could not be trimmed; it is tried again')
    }
  }
}

/**
 * Starts the relay of this process: it publishes the ledgers on topic `events`, offers on `tasks` what is given
 * out, and lets in what keeps its contract from `commands` and `heartbeats`. Any number of processes may each
 * run one. Topics lose what is older than 24 hours and acked by all. Stop it before the engine and the buses.
 */
export const startRelay = (options: RelayOptions): Relay => {
  const { engine, store, config, log } = options
  const parts = new Map<WorkspaceId, Promise<Part & { bus: Bus }>>()
  const stopped = new AbortController()
  const isEager = options.isEager || config.bus === 'redis'

  const look = async (workspaceId: WorkspaceId): Promise<void> => {
    if (parts.has(workspaceId)) return
    if (!isEager && !(await findBusUse(store, workspaceId))) return
    if (parts.has(workspaceId) || stopped.signal.aborted) return
    const starting = startPart(options, workspaceId)
    parts.set(workspaceId, starting)
    starting.catch(() => parts.delete(workspaceId))
    await starting
  }

  /** Whether all went well. */
  const lookAtAll = async (workspaceIds: readonly WorkspaceId[]): Promise<boolean> => {
    let isWell = true
    for (const workspaceId of workspaceIds) {
      try {
        await look(workspaceId)
      } catch (error) {
        isWell = false
        log.warn({ err: error, workspaceId }, 'the relay of a workspace could not be started yet')
      }
    }
    return isWell
  }

  const runRounds = async () => {
    while (!stopped.signal.aborted) {
      let isWell = false
      try {
        isWell = await lookAtAll(await engine.listWorkspaces())
      } catch (error) {
        log.warn({ err: error }, 'the relay could not see which workspaces there are')
      }
      for (const part of await Promise.allSettled(parts.values()))
        if (part.status === 'fulfilled') await trimAll(part.value.bus, log)
      const pauseMs = isWell ? ROUND_MS : ROUND_AFTER_TROUBLE_MS
      await sleep(pauseMs, undefined, { signal: stopped.signal }).catch(() => undefined)
    }
  }

  const due = new Set<WorkspaceId>()
  let looking: Promise<void> | undefined
  const lookSoon = async () => {
    while (due.size > 0) {
      await sleep(LOOK_MS, undefined, { signal: stopped.signal }).catch(() => undefined)
      const workspaceIds = [...due]
      due.clear()
      await lookAtAll(workspaceIds)
    }
    looking = undefined
  }
  const forget = engine.onCommit(({ workspaceIds }) => {
    for (const id of workspaceIds as readonly WorkspaceId[]) if (!parts.has(id)) due.add(id)
    if (due.size > 0) looking ??= lookSoon()
  })
  const rounds = runRounds()

  return {
    stop: async () => {
      forget()
      stopped.abort()
      await Promise.all([rounds, looking])
      const started = await Promise.allSettled(parts.values())
      await Promise.all(started.map((part) => (part.status === 'fulfilled' ? part.value.stop() : undefined)))
    },
  }
}
