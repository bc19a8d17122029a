import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, open, readFile, rm, stat, truncate } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Binaries } from './binaries.ts'
import { isAnswering, makeConnection } from './connection.ts'
import type { PostgresConnection } from './connection.ts'
import type { Layout } from './layout.ts'
import {
  findPostmasterRecord,
  isPidTaken,
  isServerProcess,
  listServerProcesses,
  sendSignal,
  waitUntil,
} from './processes.ts'
import type { PostmasterRecord } from './processes.ts'
import { SERVER_ENVIRONMENT, SOCKET_PORT, makeServerArguments } from './settings.ts'
import { explainDiskTrouble, getErrorCode, makeStoreUnavailable } from './store-unavailable.ts'
import type { SuperuserKey } from './superuser-key.ts'

/** What every step of starting a server needs to know. */
export type ServerPlan = {
  readonly layout: Layout
  readonly binaries: Binaries
  readonly key: SuperuserKey
  readonly socketDir: string
  readonly settings: Readonly<Record<string, string>>
  readonly log: (line: string) => void
  /** Ends a start that is under way; what it started is stopped. */
  readonly signal: AbortSignal
}

/** A postmaster that takes connections. `exited` settles when it ends, with the reason; it never rejects. */
export type Postmaster = { readonly connection: PostgresConnection; readonly exited: Promise<string> }

/** Postgres refuses a start while the shared memory of a killed predecessor is held: measured 1.4 to 2.7 s. */
const STALE_LOCK_MS = 5_000

/** Replaying the log after a crash: at most 1 GB of it; a slow disk does that in a minute. */
const RECOVERY_MS = 180_000

const FAST_STOP_MS = 30_000

const LARGEST_LOG_BYTES = 8 * 1024 * 1024

/**
 * Gives a running server: the one that is there if it was started as we would start it, else a new one. Only the
 * owner calls it. What a dead postmaster left behind is cleared away first, and a start that fails is tried again
 * for 5 s. Throws STORE_UNAVAILABLE with the end of Postgres's own log.
 */
export async function adoptOrStartPostmaster(plan: ServerPlan): Promise<Postmaster> {
  const deadline = performance.now() + STALE_LOCK_MS
  for (;;) {
    const adopted = await adoptOrClear(plan)
    if (adopted !== undefined) return adopted
    const started = await startPostmaster(plan)
    if (typeof started !== 'string') return started
    if (performance.now() > deadline) {
      throw makeStoreUnavailable({
        what: 'The embedded Postgres does not start',
        why: started,
        next: `Read ${plan.layout.logFile}, correct what it names and start again, or set DATABASE_URL.`,
      })
    }
    await sleep(250, undefined, { signal: plan.signal })
  }
}

/** Waits for a live postmaster and adopts it, stops it when it runs with other settings, or clears its remains. */
async function adoptOrClear(plan: ServerPlan): Promise<Postmaster | undefined> {
  const { layout } = plan
  const record = await findPostmasterRecord(layout.dataDir)
  if (record !== undefined && (await isServerProcess(layout, record.pid))) {
    if (await isStartedLike(plan, record)) {
      const connection = await waitForAnswer(plan, () => isServerProcess(layout, record.pid), record.pid)
      if (connection !== undefined) {
        plan.log(`postgres: adopted the running server (pid ${String(record.pid)})`)
        return { connection, exited: watchAdopted(layout, record.pid) }
      }
    } else {
      plan.log('postgres: the running server has other settings or programs; restarting it')
      await stopPostmaster(layout, record.pid)
    }
  }
  if (record !== undefined) await refuseInvisibleServer(layout, record)
  await killRemains(layout)
  await removeMisleadingLocks(plan)
  return undefined
}

/** Postgres writes its full command line into `postmaster.opts`, each argument in quotes. */
async function isStartedLike(plan: ServerPlan, record: PostmasterRecord): Promise<boolean> {
  const expected = makeServerArguments(plan.layout, plan.socketDir, plan.settings).map((word) => ` "${word}"`)
  try {
    const text = await readFile(join(plan.layout.dataDir, 'postmaster.opts'), 'utf8')
    return (
      text.trimEnd() === `${plan.binaries.postgres}${expected.join('')}` &&
      record.socketDir === plan.socketDir
    )
  } catch (error) {
    if (getErrorCode(error) === 'ENOENT') return false
    throw error
  }
}

/**
 * A server in another container that shares these folders is not among our processes, yet a second one on the same
 * data would destroy it.
 */
async function refuseInvisibleServer(layout: Layout, { socketDir, port }: PostmasterRecord): Promise<void> {
  const socket = connect(join(socketDir, `.s.PGSQL.${String(port)}`))
  try {
    await once(socket, 'connect')
  } catch (error) {
    if (['ENOENT', 'ECONNREFUSED', 'ENOTDIR'].includes(getErrorCode(error) ?? '')) return
    throw error
  } finally {
    socket.destroy()
  }
  if ((await listServerProcesses(layout)).length > 0) return
  throw makeStoreUnavailable({
    what: `The database in ${layout.dataDir} is in use`,
    why: 'a server answers at its socket, but from another container or machine that this one cannot see',
    next: 'Stop that one, or let both use one DATABASE_URL.',
  })
}

/** Children of a dead postmaster keep its shared memory, and one in a long query would keep it for minutes. */
async function killRemains(layout: Layout): Promise<void> {
  const isGone = await waitUntil(async () => {
    const remains = await listServerProcesses(layout)
    for (const pid of remains) sendSignal(pid, 'SIGKILL')
    return remains.length === 0
  }, STALE_LOCK_MS)
  if (isGone) return
  throw makeStoreUnavailable({
    what: 'The embedded Postgres cannot start',
    why: 'processes of its predecessor do not end, even when killed',
    next: 'Check the disk for hanging reads or writes, or restart the machine.',
  })
}

/**
 * Postgres refuses to start while the number in either of its lock files answers: after a restart of machine or
 * container that may be another program for good, after kill -9 of all it is the dead server until init collects it
 * (1.4 to 2.7 s measured). No process of this server is left when this is called.
 */
async function removeMisleadingLocks({ layout, socketDir }: ServerPlan): Promise<void> {
  const record = await findPostmasterRecord(layout.dataDir)
  if (record === undefined || !isPidTaken(record.pid)) return
  await rm(join(layout.dataDir, 'postmaster.pid'), { force: true })
  await rm(join(socketDir, `.s.PGSQL.${String(SOCKET_PORT)}.lock`), { force: true })
}

/** Gives why the server ended, as text, when it did so before it was ready. */
async function startPostmaster(plan: ServerPlan): Promise<Postmaster | string> {
  const { layout, binaries } = plan
  const log = await openLog(layout)
  const before = (await log.stat()).size
  try {
    const child = spawn(binaries.postgres, makeServerArguments(layout, plan.socketDir, plan.settings), {
      cwd: '/',
      env: SERVER_ENVIRONMENT,
      stdio: ['ignore', log.fd, log.fd],
      // Its own group: Ctrl-C in a terminal must reach us first, so that work can end before its database does.
      detached: true,
      ...layout.runAs,
    })
    const exited = new Promise<string>((resolve) => {
      child.once('error', (error) => {
        resolve(error.message)
      })
      child.once('exit', (code, signal) => {
        resolve(signal === null ? `it exited with code ${String(code)}` : `it was ended by ${signal}`)
      })
    })
    child.unref()
    let why: string | undefined
    void exited.then((reason) => {
      why = reason
    })
    const connection = await waitForAnswer(plan, () => Promise.resolve(why === undefined), child.pid).catch(
      async (error: unknown) => {
        // Nobody would look after it.
        if (child.pid !== undefined) await stopPostmaster(layout, child.pid)
        throw error
      },
    )
    if (connection !== undefined) return { connection, exited }
    return `${await exited}; ${await readLogEnd(layout, before)}`
  } finally {
    await log.close()
  }
}

/** Undefined when `isAlive` turned false first. Throws STORE_UNAVAILABLE when the server never gets ready. */
async function waitForAnswer(
  { layout, key, log, signal }: ServerPlan,
  isAlive: () => Promise<boolean>,
  pid: number | undefined,
): Promise<PostgresConnection | undefined> {
  let found: PostgresConnection | undefined
  const hurry = setInterval(() => {
    log('postgres: still getting ready (after a crash it first replays its log)')
  }, 5_000)
  const isDecided = await waitUntil(async () => {
    signal.throwIfAborted()
    const record = await findPostmasterRecord(layout.dataDir)
    if (record?.pid === pid && record?.isReady === true) {
      const connection = makeConnection(layout, key, record)
      if (await isAnswering(connection)) found = connection
    }
    return found !== undefined || !(await isAlive())
  }, RECOVERY_MS).finally(() => {
    clearInterval(hurry)
  })
  if (isDecided) return found
  throw makeStoreUnavailable({
    what: 'The embedded Postgres does not get ready',
    why: `it takes no connections after ${String(RECOVERY_MS / 1000)} s`,
    next: `Read ${layout.logFile}; start again to let it go on.`,
  })
}

/** An adopted server is nobody's child here, so its end is not reported and has to be looked for. */
async function watchAdopted(layout: Layout, pid: number): Promise<string> {
  do await sleep(500, undefined, { ref: false })
  while (await isServerProcess(layout, pid))
  return 'it ended'
}

/**
 * Ends the server: clients are cut off and everything is written (fast mode); a server that does not manage within
 * 30 s is ended without its last checkpoint, which the next start makes up for.
 */
export async function stopPostmaster(layout: Layout, pid: number): Promise<void> {
  for (const [signal, patienceMs] of [
    ['SIGINT', FAST_STOP_MS],
    ['SIGQUIT', 5_000],
    ['SIGKILL', 5_000],
  ] as const) {
    if (!(await isServerProcess(layout, pid))) return
    sendSignal(pid, signal)
    if (await waitUntil(async () => !(await isServerProcess(layout, pid)), patienceMs)) return
  }
}

async function openLog({ logFile }: Layout) {
  return explainDiskTrouble('The log of the embedded Postgres cannot be opened', async () => {
    await trimLog(logFile)
    return open(logFile, 'a', 0o600)
  })
}

/** Keeps the log and one predecessor below 8 MB each. The file is emptied, not replaced: a server may hold it open. */
export async function trimLog(logFile: string): Promise<void> {
  try {
    if ((await stat(logFile)).size < LARGEST_LOG_BYTES) return
    await copyFile(logFile, `${logFile}.1`)
    await truncate(logFile)
  } catch (error) {
    if (getErrorCode(error) !== 'ENOENT') throw error
  }
}

async function readLogEnd({ logFile }: Layout, from: number): Promise<string> {
  const text = (await readFile(logFile)).subarray(from).toString('utf8')
  const lines = text
    .split('\n')
    .filter((line) => /FATAL|PANIC|ERROR|HINT|DETAIL|error while loading/u.test(line))
  return lines.length === 0 ? 'its log says nothing' : lines.slice(-4).join(' ').slice(0, 1_000)
}
