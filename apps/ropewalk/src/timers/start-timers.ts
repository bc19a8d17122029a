import type { RunningEngine } from '../engine/start.ts'
import type { Log } from '../log.ts'
import { startDispatcher } from './dispatch-ready.ts'
import { eraseByPolicy } from './erase-messages.ts'
import { startEffectWorkers } from './run-effects.ts'
import type { Doers } from './run-effects.ts'
import { scheduleSweep } from './schedule-sweep.ts'
import { watchLeases } from './watch-leases.ts'

export type StartTimersOptions = {
  /** Started with `isTimerProcess`. */
  readonly engine: RunningEngine
  readonly doers: Doers
  readonly log: Log
  /** Dossiers made side by side; each reads a whole run and signs it. Default 2. */
  readonly dossiersAtOnce?: number | undefined
}

export type Timers = {
  /** Resolves when nothing of it is under way; to be called before the engine stops. */
  stop(): Promise<void>
}

/** Starts what the engine does by itself: due effects, lost leases, giving out items, the sweep. Any number of processes may. */
export const startTimers = async (options: StartTimersOptions): Promise<Timers> => {
  const { engine, doers, log } = options
  const { store, boss, listWorkspaces } = engine
  const workers = await startEffectWorkers({
    boss,
    store,
    doers: {
      publishReport: (workspaceId, projectId) => engine.publishReport(workspaceId, projectId),
      ...doers,
    },
    log,
    submit: (command, submitOptions) => engine.submit(command, submitOptions),
    dossiersAtOnce: options.dossiersAtOnce ?? 2,
  })
  const stopSweep = await scheduleSweep({
    boss,
    store,
    listWorkspaces,
    erase: (workspaceIds) => eraseByPolicy({ engine, store }, workspaceIds),
    log,
  })
  const leases = watchLeases({ store, listWorkspaces, lose: (command) => engine.loseOverdue(command), log })
  const dispatcher = startDispatcher({
    store,
    listWorkspaces,
    log,
    submit: (command, submitOptions) => engine.submit(command, submitOptions),
  })
  const undo = [
    engine.onEffects((kinds) => workers.wake(kinds)),
    engine.onCommit(({ itemsReady }) => {
      if (itemsReady) dispatcher.wake()
    }),
  ]
  return {
    stop: async () => {
      for (const one of undo) one()
      await Promise.all([workers.stop(), stopSweep(), leases.stop(), dispatcher.stop()])
    },
  }
}
