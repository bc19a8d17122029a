import { RopewalkError } from '@ropewalk/core/errors'
import type { WorkspaceId } from '@ropewalk/core/ids'
import type { DataPolicy } from '@ropewalk/core/policy/policy'
import type { ProjectCommandOf } from '@ropewalk/core/project/commands'
import type { RunCommandOf } from '@ropewalk/core/run/commands'
import type { PgBoss } from 'pg-boss'
import type { Log } from '../log.ts'
import { makeAppendLog } from '../store/append-log.ts'
import { makeBlobs } from '../store/blobs.ts'
import { makeClaimTasks } from '../store/claim-tasks.ts'
import { startCommitHints } from '../store/commit-hints.ts'
import type { Hint } from '../store/commit-hints.ts'
import { makeHeartbeat } from '../store/heartbeat.ts'
import { makeWorkspaceList } from '../store/list-workspace-ids.ts'
import { makeBoss, openStore } from '../store/open.ts'
import type { DatabaseUrls, Store } from '../store/open.ts'
import { makeSaveCheckpoint } from '../store/save-checkpoint.ts'
import { translateSqlError } from '../store/sql-errors.ts'
import { listOnlineCapabilities, registerWorkers, releaseWorkers } from '../store/workers.ts'
import { GRANT_AGGREGATE } from './aggregates/grant/grant-aggregate.ts'
import { POLICY_AGGREGATE } from './aggregates/policy/policy-aggregate.ts'
import { PROJECT_AGGREGATE } from './aggregates/project/project-aggregate.ts'
import { makeRunAggregate } from './aggregates/run/run-aggregate.ts'
import { THREAD_AGGREGATE } from './aggregates/thread/thread-aggregate.ts'
import { SESSION_AGGREGATE } from './aggregates/session/session-aggregate.ts'
import { makeBacklog } from './backlog/make-backlog.ts'
import { makeClaimWork } from './claim-work.ts'
import type { Answer, Engine } from './contract.ts'
import { startHandle } from './handle.ts'
import type { HandleOptions } from './handle.ts'
import { startIdentity } from './identity/start-identity.ts'
import { toAnyAggregate } from './lane.ts'
import { makePlanCache } from './plan-cache.ts'
import type { PlanCache } from './plan-cache.ts'
import { makeRunCache } from './run-cache.ts'
import type { RunCache } from './run-cache.ts'
import { makeThreads } from './threads/make-threads.ts'
import { listArtifacts, listLogs, listQuestions, readArtifact } from './views/list-children.ts'
import { listEvents, listGates, readCost } from './views/list-events.ts'
import { listWaivers, readWaiver } from './views/list-waivers.ts'
import { listPastUse } from './views/list-past-use.ts'
import { readReadiness } from './views/read-readiness.ts'
import { listRuns, readRun } from './views/read-run.ts'
import { listTasks, readTask, readTaskContext } from './views/read-tasks.ts'

export type StartEngineOptions = {
  /** Either urls, and the engine opens and closes the store itself, or an open store that stays open. */
  readonly databaseUrls?: DatabaseUrls | undefined
  readonly store?: Store | undefined
  readonly log: Log
  /** Limits of the writer; see HandleOptions. */
  readonly limits?: Pick<HandleOptions, 'maxBatch' | 'maxInFlight' | 'maxQueued'> | undefined
  /** Whether this process does pg-boss's housekeeping and schedules; those that run timers do. */
  readonly isTimerProcess?: boolean | undefined
  /** What holds where a workspace has no data policy of its own; without it everything is kept as it is. */
  readonly policyDefaults?: DataPolicy | undefined
}

/** The engine with what timers need of it. */
export type RunningEngine = Engine & {
  readonly store: Store
  readonly boss: PgBoss
  readonly listWorkspaces: () => Promise<readonly WorkspaceId[]>
  /** LoseAttempt or LoseWork, refused with CONFLICT when under the lock the lease turns out to be renewed. */
  loseOverdue(command: RunCommandOf<'LoseAttempt'> | ProjectCommandOf<'LoseWork'>): Promise<Answer>
  /** Called soon after effects that are due at once were committed, by any process; a hint as well. */
  onEffects(listener: (kinds: readonly string[]) => void): () => void
  /** Called with the types of the events that this process, and no other, has put into the ledger. */
  onWritten(listener: (types: readonly string[]) => void): () => void
}

type Listeners<T> = { add(listener: (value: T) => void): () => void; tell(value: T): void }

const makeListeners = <T>(log: Log): Listeners<T> => {
  const all = new Set<(value: T) => void>()
  return {
    add: (listener) => {
      all.add(listener)
      return () => all.delete(listener)
    },
    tell: (value) => {
      for (const listener of all) {
        try {
          listener(value)
        } catch (error) {
          // A listener's trouble must not reach the command that was just committed.
          log.error({ err: error }, 'a listener failed')
        }
      }
    },
  }
}

/**
 * Starts the engine of this process: the writer, claims and their kin, views. Timers are started apart.
 * Throws STORE_UNAVAILABLE and MIGRATION_REQUIRED.
 */
export const startEngine = async (options: StartEngineOptions): Promise<RunningEngine> => {
  const { log } = options
  const store = options.store ?? (await openStore({ urls: expectUrls(options), log }))
  try {
    return await startOn(store, options)
  } catch (error) {
    if (options.store === undefined) await store.close()
    throw translateSqlError(error)
  }
}

const expectUrls = ({ databaseUrls }: StartEngineOptions): DatabaseUrls => {
  if (databaseUrls !== undefined) return databaseUrls
  throw new RopewalkError('INVALID_ARGUMENT', 'Expected databaseUrls or an open store.')
}

const startOn = async (store: Store, options: StartEngineOptions): Promise<RunningEngine> => {
  const { log } = options
  const boss = makeBoss(store, options.isTimerProcess ?? false)
  await boss.start()
  const plans = makePlanCache()
  const cache = makeRunCache()
  const listWorkspaces = makeWorkspaceList(store)
  const commits = makeListeners<Pick<Hint, 'tasksReady' | 'itemsReady' | 'workspaceIds'>>(log)
  const effects = makeListeners<readonly string[]>(log)
  const written = makeListeners<readonly string[]>(log)
  const threads = makeThreads(store)
  const onHint = (hint: Hint) => {
    if (hint.hasMessages !== false) threads.hear(hint.workspaceIds)
    commits.tell(hint)
    if (hint.effects.length > 0) effects.tell(hint.effects)
  }
  const hints = startCommitHints(store, onHint)
  const handle = startHandle({
    store,
    boss,
    // In the order in which every process locks their rows.
    aggregates: [
      toAnyAggregate(makeRunAggregate({ plans, runs: cache })),
      toAnyAggregate(PROJECT_AGGREGATE),
      toAnyAggregate(THREAD_AGGREGATE),
      toAnyAggregate(SESSION_AGGREGATE),
      toAnyAggregate(GRANT_AGGREGATE),
      toAnyAggregate(POLICY_AGGREGATE),
    ],
    ...options.limits,
    onCommit: ({ types, ...hint }) => {
      onHint(hint)
      hints.tell(hint)
      written.tell(types)
    },
  })
  const blobs = makeBlobs(store)
  const { identity, stop: stopIdentity } = startIdentity({ ...options, store })
  let stopped: Promise<void> | undefined
  const stop = async () => {
    await handle.stop()
    await stopIdentity()
    await threads.stop()
    await hints.stop()
    await boss.stop({ graceful: true, timeout: 30_000 })
    if (options.store === undefined) await store.close()
  }
  return {
    store,
    boss,
    listWorkspaces,
    submit: (command, submitOptions) => handle.submit(command, submitOptions),
    loseOverdue: (command) =>
      handle.submit(command, { by: { kind: 'engine', id: 'timers' }, onlyIfOverdue: true }),
    onCommit: commits.add,
    onEffects: effects.add,
    onWritten: written.add,
    claimTasks: rememberClaims(cache, makeClaimTasks(store, listWorkspaces)),
    claimWork: makeClaimWork({ store, listWorkspaces, log, submit: handle.submit }),
    heartbeat: makeHeartbeat(store),
    saveCheckpoint: makeSaveCheckpoint(store),
    appendLog: makeAppendLog(store),
    blobs,
    ...makeViews(store, plans),
    ...makeWorkerViews(store),
    ...threads.engine,
    ...identity,
    ...makeBacklog({ store, blobs, submit: handle.submit }),
    stop: () => (stopped ??= stop()),
  }
}

const makeWorkerViews = (store: Store) =>
  ({
    registerWorker: (worker) => registerWorkers(store, [worker]),
    releaseWorker: (worker) => releaseWorkers(store, [worker]),
    listOnlineCapabilities: async (workspaceId, sinceMs) => {
      const online = await listOnlineCapabilities(store, [workspaceId], sinceMs)
      return online.get(workspaceId) ?? new Map()
    },
  }) satisfies Partial<Engine>

type ClaimTasks = Engine['claimTasks']

const rememberClaims =
  (cache: RunCache, claim: ClaimTasks): ClaimTasks =>
  async (request) => {
    const claimed = await claim(request)
    cache.noteClaims(claimed, request.worker)
    return claimed
  }

const makeViews = (store: Store, plans: PlanCache) =>
  ({
    readTaskContext: (workspaceId, taskId) => readTaskContext(store, plans, { workspaceId, taskId }),
    readRun: (workspaceId, runId) => readRun(store, plans, { workspaceId, runId }),
    listRuns: (workspaceId, page) => listRuns(store, workspaceId, page),
    listTasks: (workspaceId, runId, page) => listTasks(store, { workspaceId, runId }, page),
    readTask: (workspaceId, taskId) => readTask(store, { workspaceId, taskId }),
    listArtifacts: (workspaceId, runId, page) => listArtifacts(store, { workspaceId, runId }, page),
    readArtifact: (workspaceId, artifactId) => readArtifact(store, workspaceId, artifactId),
    listQuestions: (workspaceId, page) => listQuestions(store, workspaceId, page),
    listWaivers: (workspaceId, runId) => listWaivers(store, { workspaceId, runId }),
    readWaiver: (workspaceId, waiverId) => readWaiver(store, { workspaceId, waiverId }),
    readReadiness: (workspaceId, runId, phase) => readReadiness(store, plans, { workspaceId, runId, phase }),
    listGates: (workspaceId, runId, phase) => listGates(store, { workspaceId, runId, phase }),
    listEvents: (workspaceId, request) => listEvents(store, workspaceId, request),
    listLogs: (workspaceId, runId, request) => listLogs(store, { workspaceId, runId }, request),
    readCost: (workspaceId, runId) => readCost(store, { workspaceId, runId }),
    listPastUse: (workspaceId) => listPastUse(store, workspaceId),
  }) satisfies Partial<Engine>
