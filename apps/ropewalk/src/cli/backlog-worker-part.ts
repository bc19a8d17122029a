import type { WorkspaceId } from '@ropewalk/core/ids'
import type { Buses } from '../bus/buses.ts'
import type { Config } from '../config.ts'
import type { RunningEngine } from '../engine/start.ts'
import type { Log } from '../log.ts'
import { findBusUse } from '../store/bus/relay-position.ts'
import type { Store } from '../store/open.ts'
import type { BacklogWorker } from '../worker/backlog/backlog-worker.ts'
import type { WorkEvents } from '../worker/backlog/work-parts.ts'
import type { BacklogRole } from './roles.ts'

type Parts = {
  readonly engine: RunningEngine
  readonly store: Store
  readonly buses: Buses
  readonly config: Config
  readonly log: Log
}

type Listening = Parameters<WorkEvents['listen']>[0]

/** A group's consumer on the bus of one workspace; what it cannot work on goes to the dead letters in the end. */
const startListening = async (
  { store, buses, log }: Parts,
  workspaceId: WorkspaceId,
  { group, consumer, onEvent }: Listening,
): Promise<{ stop(): Promise<void> }> => {
  const [{ makeCheckedHandler }, { makePublishDeadLetter }] = await Promise.all([
    import('../bus/check-messages.ts'),
    import('../bus/publish-dead-letter.ts'),
  ])
  const bus = await buses.get(workspaceId)
  const handler = makeCheckedHandler({
    group,
    workspaceId,
    handle: ({ envelope }) => onEvent(envelope),
    publishDeadLetter: makePublishDeadLetter({ store, bus, workspaceId }),
    log,
  })
  // What was given out before this group was made is found on the queue.
  return bus.consume('events', { group, consumer, from: 'end' }, handler)
}

/** One consumer for each workspace, begun with when the workspace has use for the bus. */
const listen = (parts: Parts, role: BacklogRole, of: Listening) => {
  const { engine, store, config, log } = parts
  const isEager = role.bus === 'always' || config.bus === 'redis'
  const started = new Map<WorkspaceId, Promise<{ stop(): Promise<void> }>>()
  let isStopping = false
  const look = async (workspaceId: WorkspaceId): Promise<void> => {
    if (isStopping || started.has(workspaceId)) return
    if (!isEager && !(await findBusUse(store, workspaceId))) return
    if (isStopping || started.has(workspaceId)) return
    const starting = startListening(parts, workspaceId, of)
    started.set(workspaceId, starting)
    starting.catch((err: unknown) => {
      started.delete(workspaceId)
      log.warn({ err, workspaceId, group: of.group }, 'a worker cannot hear the bus yet; it asks the queue')
    })
    await starting
  }
  const lookAt = (workspaceIds: readonly WorkspaceId[]): void => {
    for (const workspaceId of workspaceIds)
      look(workspaceId).catch((err: unknown) => {
        log.debug({ err, workspaceId }, 'whether a workspace uses the bus is looked for again')
      })
  }
  const undo = engine.onCommit(({ itemsReady, workspaceIds }) => {
    if (itemsReady) lookAt(workspaceIds as readonly WorkspaceId[])
  })
  engine.listWorkspaces().then(lookAt, (err: unknown) => {
    log.warn({ err }, 'a worker could not see which workspaces there are; it asks the queue')
  })
  return {
    stop: async () => {
      isStopping = true
      undo()
      const consumers = await Promise.allSettled(started.values())
      await Promise.all(
        consumers.map((consumer) => (consumer.status === 'fulfilled' ? consumer.value.stop() : undefined)),
      )
    },
  }
}

/** Hints may be lost; this late the worker of a process that does all begins at the latest. */
const LOOK_MS = 15_000

/** Calls `begin` once there is a project in some workspace. */
const whenUsed = ({ engine, store, log }: Parts, begin: () => void): { stop(): void } => {
  const look = async (): Promise<void> => {
    for (const workspaceId of await engine.listWorkspaces())
      if (await findBusUse(store, workspaceId)) return found()
  }
  const lookAgain = () => {
    look().catch((err: unknown) => {
      log.debug({ err }, 'whether there is a project is looked for again')
    })
  }
  const timer = setInterval(lookAgain, LOOK_MS)
  const undo = engine.onCommit(({ itemsReady }) => {
    if (itemsReady) found()
  })
  const stop = () => {
    clearInterval(timer)
    undo()
  }
  const found = () => {
    stop()
    begin()
  }
  lookAgain()
  return { stop }
}

/**
 * Starts the worker of backlogs of this process: it hears of work on the bus, and asks the queue besides. Where it
 * is one part of many it begins with the first project, and nothing is asked of anybody until then.
 */
export const startBacklogWorkerPart = async (parts: Parts, role: BacklogRole) => {
  const [{ startBacklogWorker }, { getProtectedDirs }] = await Promise.all([
    import('../worker/backlog/backlog-worker.ts'),
    import('../worker/attempt-workplace.ts'),
  ])
  const { engine, config, log } = parts
  let worker: BacklogWorker | undefined
  const begin = () => {
    worker ??= startBacklogWorker({
      engine,
      events: { listen: (of) => listen(parts, role, of) },
      capabilities: role.capabilities,
      log,
      config,
      protectedDirs: getProtectedDirs(config.home),
      mayRunUnconfined: config.unconfined,
    })
  }
  const waiting = role.bus === 'when-used' ? whenUsed(parts, begin) : undefined
  if (waiting === undefined) begin()
  return {
    stop: async () => {
      waiting?.stop()
      await worker?.stop()
    },
  }
}
