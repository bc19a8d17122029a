import { setTimeout as sleep } from 'node:timers/promises'
import { hasCode } from '@ropewalk/core/errors'
import { parseRetention } from '@ropewalk/core/policy/policy'
import { makeBuses, type Buses } from '../bus/buses.ts'
import type { DeadLetterDesk } from '../bus/dead-letters.ts'
import type { Config } from '../config.ts'
import { buildDossier } from '../engine/dossier/build-dossier.ts'
import { readPlaybook, type PinnedPlaybook } from '../engine/playbook/read-playbook.ts'
import { startEngine, type RunningEngine } from '../engine/start.ts'
import type { Log } from '../log.ts'
import { readSecrets } from '../secrets/secrets.ts'
import { appendSignedHead, openSigningKeys, type SigningKeys } from '../store/keys/signing-keys.ts'
import { readLedgerRows } from '../store/read-ledger.ts'
import type { Store } from '../store/open.ts'
import type { OutsideServers } from '../worker/agents/mcp/contract.ts'
import { getModelAccess, refuseSimulated } from './model-access.ts'
import { readApiToken, removeServerRecord, writeServerRecord } from './home.ts'
import { openDatabase, type Database } from './open-database.ts'
import { getPlaybookLayers } from './playbook-dir.ts'
import type { BacklogRole } from './roles.ts'
import { makeTrouble, EXIT } from './trouble.ts'

/**
 * What a process does for its home: answer HTTP, do tasks, do timers and effects, and be the relay between
 * ledger and bus: always, or only where there is a project or somebody who reads the bus.
 */
export type Roles = {
  readonly serve: boolean
  readonly worker: boolean
  readonly timers: boolean
  readonly relay?: 'always' | 'when-used'
  /** Which work of backlogs it does; none without it. */
  readonly backlog?: BacklogRole
}

export type HouseOptions = {
  readonly config: Config
  readonly roles: Roles
  readonly log: Log
  /** A port for the duration of a command, never the configured one. */
  readonly isEphemeral: boolean
  /** Whether other commands of this home may find and use this server. */
  readonly isAnnounced: boolean
  readonly onWait?: ((waitedMs: number) => void) | undefined
}

/** Everything of one process, running. `url` is null where it does not serve. */
export type House = {
  readonly url: string | null
  readonly port: number | null
  readonly token: string
  readonly engine: RunningEngine
  readonly database: Database
  readonly stop: () => Promise<void>
}

/** Longer than a worker needs to hand back its tasks, shorter than a service manager's patience. */
const STOP_MS = 10_000

type Stopper = { readonly name: string; readonly stop: () => Promise<unknown> }

/** Stops what was started, last first; one part's trouble does not keep the others running. */
const makeStop = (stoppers: readonly Stopper[], log: Log): (() => Promise<void>) => {
  const stopAll = async () => {
    for (const { name, stop } of stoppers.toReversed()) {
      try {
        await stop()
      } catch (err) {
        log.warn({ err, part: name }, 'a part could not be stopped in order')
      }
    }
  }
  let stopped: Promise<void> | undefined
  return () => {
    stopped ??= Promise.race([stopAll(), sleep(STOP_MS, undefined, { ref: false })])
    return stopped
  }
}

const startTimerPart = async (of: {
  engine: RunningEngine
  store: Store
  keys: SigningKeys
  config: Config
  log: Log
  serverUrl: string
}) => {
  const { engine, store, keys, config, log, serverUrl } = of
  const { home } = config
  const [{ startTimers }, { makeNotifier }, { makeNotificationBook }, { publishReport }] = await Promise.all([
    import('../timers/start-timers.ts'),
    import('../notify/notifier.ts'),
    import('../store/notifications.ts'),
    import('../engine/backlog/publish-report.ts'),
  ])
  return startTimers({
    engine,
    log,
    doers: {
      ...makeNotifier({ book: makeNotificationBook(store), settings: config, log, serverUrl }),
      publishReport: (workspaceId, projectId) => publishReport(engine, { workspaceId, projectId }),
      signHead: ({ stream, seq, hash, at }) => {
        appendSignedHead(home, keys, { stream, seq, hash, at })
        return Promise.resolve()
      },
      buildDossier: (workspaceId, runId) =>
        buildDossier(
          { engine, home, keys, readLedger: (workspace, stream) => readLedgerRows(store, workspace, stream) },
          workspaceId,
          runId,
        ),
    },
  })
}

const makeDeadLetterPart = async (of: { store: Store; buses: Buses; log: Log }) => {
  const { makeDeadLetterDesk } = await import('../bus/dead-letters.ts')
  const { store, buses, log } = of
  return makeDeadLetterDesk({ store, openBus: buses.get, log })
}

const startRelayPart = async (
  { config, log, roles }: HouseOptions,
  parts: { engine: RunningEngine; store: Store; buses: Buses; pinned: PinnedPlaybook },
) => {
  const [{ startRelay }, { startProject }] = await Promise.all([
    import('../bus/relay.ts'),
    import('../engine/backlog/start-project.ts'),
  ])
  const { engine, store, buses, pinned } = parts
  // A bus that the settings do not describe is told now, and not in the log of a process that seems to work.
  if (config.bus === 'redis') await buses.get(config.workspace)
  const sources = { engine, config, templates: pinned.templates ?? [], ambiguity: pinned.ambiguity }
  return startRelay({
    engine,
    store,
    buses,
    config,
    log,
    isEager: roles.relay === 'always',
    startProject: (of, options) => startProject(sources, of, options),
  })
}

/** Undefined where nobody registered a server: the library that speaks with them is not even loaded then. */
const openOutsideServers = async ({ home, hookEnvironment }: Config): Promise<OutsideServers | undefined> => {
  const { readMcpServers } = await import('../worker/agents/mcp/server-file.ts')
  const servers = readMcpServers(home)
  if (servers.length === 0) return undefined
  const { makeOutsideServers } = await import('../worker/agents/mcp/outside-tools.ts')
  return makeOutsideServers({
    servers,
    environment: hookEnvironment,
    readSecrets: (names) => readSecrets(home, names),
  })
}

const startWorkerPart = async (of: { engine: RunningEngine; config: Config; log: Log }) => {
  const { engine, config, log } = of
  const [{ startWorker }, { makeAgentRuntimes }, { makeToolRuntime }] = await Promise.all([
    import('../worker/worker.ts'),
    import('../worker/agents/runtimes.ts'),
    import('../worker/run-tool.ts'),
  ])
  const agents = makeAgentRuntimes({
    outside: await openOutsideServers(config),
    access: getModelAccess(refuseSimulated(config)),
    callTimeoutMs: config.callTimeoutSeconds * 1000,
    grantSecrets: (names) => readSecrets(config.home, names),
    tool: makeToolRuntime(engine),
  })
  return startWorker({ engine, home: config.home, agents, log, config })
}

const startHttpPart = async (
  options: HouseOptions,
  parts: {
    engine: RunningEngine
    pinned: PinnedPlaybook
    token: string
    keys: SigningKeys
    deadLetters: DeadLetterDesk
  },
) => {
  const { config, log, isEphemeral } = options
  const [{ startHttp }, { makeMetrics }, { makeTaskTokens }, { makeEngineDoor }] = await Promise.all([
    import('../http/start-http.ts'),
    import('../telemetry/metrics.ts'),
    import('../http/task-token.ts'),
    import('../mcp/engine-door.ts'),
  ])
  const { engine, token } = parts
  const metrics = makeMetrics()
  engine.onWritten((types) => metrics.countEvents(types))
  try {
    return await startHttp({
      ...parts,
      metrics,
      mcp: makeEngineDoor({ sources: { engine, config, taskTokens: makeTaskTokens(token) }, log, metrics }),
      config: isEphemeral ? { ...config, host: '127.0.0.1', port: 0 } : config,
      home: config.home,
      log,
      readiness: async () => {
        await parts.engine.listRuns(config.workspace, { limit: 1 })
      },
    })
  } catch (error) {
    if (!hasCode(error, 'CONFLICT')) throw error
    throw makeTrouble({
      code: 'CONFLICT',
      what: `cannot listen on port ${config.port} of ${config.host}`,
      why: config.given.has('port')
        ? 'another program has it, or this user may not take it'
        : 'it and the ones after it are taken',
      next: 'End the program that has it, or name another port: ROPEWALK_PORT=PORT (0 takes any free one).',
      exit: EXIT.unreachable,
      cause: error,
    })
  }
}

/**
 * Starts what this process is to do for its home, database first, and gives it back running.
 * Throws STORE_UNAVAILABLE, MIGRATION_REQUIRED, PLAYBOOK_INVALID, FORBIDDEN (others may write to the home), and
 * CONFLICT when the port that was asked for is taken; nothing is left running then.
 */
export const startHouse = async (options: HouseOptions): Promise<House> => {
  const { config, roles, log } = options
  const { home } = config
  const stoppers: Stopper[] = []
  const stop = makeStop(stoppers, log)
  try {
    const pinned = readPlaybook(getPlaybookLayers(config))
    const keys = openSigningKeys(home)
    const token = readApiToken(home)
    const database = await openDatabase({ config, log, onWait: options.onWait })
    stoppers.push({ name: 'database', stop: () => database.stop() })
    const engine = await startEngine({
      store: database.store,
      log,
      isTimerProcess: roles.timers,
      policyDefaults: { retention: parseRetention(config.retentionMode), redaction: config.redaction },
    })
    stoppers.push({ name: 'engine', stop: () => engine.stop() })
    const { store } = database
    const buses = makeBuses({ config, store, log })
    stoppers.push({ name: 'buses', stop: () => buses.close() })
    const http = roles.serve
      ? await startHttpPart(options, {
          engine,
          pinned,
          token,
          keys,
          deadLetters: await makeDeadLetterPart({ store, buses, log }),
        })
      : null
    if (http !== null) stoppers.push({ name: 'http', stop: () => http.stop() })
    if (roles.timers) {
      const serverUrl = http?.url ?? `http://${config.host}:${config.port}`
      const timers = await startTimerPart({ engine, store, keys, config, log, serverUrl })
      stoppers.push({ name: 'timers', stop: () => timers.stop() })
    }
    if (roles.relay !== undefined) {
      const relay = await startRelayPart(options, { engine, store, buses, pinned })
      stoppers.push({ name: 'relay', stop: () => relay.stop() })
    }
    if (roles.backlog !== undefined) {
      const { startBacklogWorkerPart } = await import('./backlog-worker-part.ts')
      const worker = await startBacklogWorkerPart({ engine, store, buses, config, log }, roles.backlog)
      stoppers.push({ name: 'backlog worker', stop: () => worker.stop() })
    }
    if (roles.worker) {
      const worker = await startWorkerPart({ engine, config, log })
      stoppers.push({ name: 'worker', stop: () => worker.stop() })
    }
    if (http !== null && options.isAnnounced) {
      writeServerRecord(home, { pid: process.pid, url: http.url, startedAt: new Date().toISOString() })
      stoppers.push({
        name: 'record',
        stop: () => {
          removeServerRecord(home)
          return Promise.resolve()
        },
      })
    }
    return { url: http?.url ?? null, port: http?.port ?? null, token, engine, database, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
