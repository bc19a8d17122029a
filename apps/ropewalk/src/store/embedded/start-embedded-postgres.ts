import { setTimeout as sleep } from 'node:timers/promises'
import { prepareBinaries } from './binaries.ts'
import { prepareCluster } from './cluster.ts'
import type { PostgresConnection } from './connection.ts'
import { findAnswering } from './find-running-postgres.ts'
import { prepareLayout } from './layout.ts'
import type { Layout } from './layout.ts'
import { tryOwnerLock } from './owner-lock.ts'
import type { OwnerLock } from './owner-lock.ts'
import { adoptOrStartPostmaster, stopPostmaster, trimLog } from './postmaster.ts'
import type { Postmaster } from './postmaster.ts'
import { isPidTaken } from './processes.ts'
import { makeServerArguments } from './settings.ts'
import { prepareSocketFolder } from './socket-folder.ts'
import { explainDiskTrouble, makeStoreUnavailable } from './store-unavailable.ts'

/** A server of this home that is kept running. The facts are those of the present server; a restart changes `pid`. */
export type EmbeddedPostgres = PostgresConnection & {
  /** Whether this process keeps the server running; false while another process of this home does. */
  readonly isOwner: boolean
  /** The owner stops the server; another process only stops watching it. Safe to repeat. */
  stop(): Promise<void>
  /** Tells of each end of the server that `stop` did not ask for; connections are lost, a restart is under way. */
  onExit(listener: (why: string) => void): void
}

export type StartOptions = {
  readonly homeDir: string
  readonly log: (line: string) => void
  /** Postgres settings over our defaults, for instance `fsync: 'off'` in a test suite. */
  readonly settings?: Readonly<Record<string, string>>
  /** Called about five times a second while another process of this home is getting the server ready. */
  readonly onLockWait?: (waitedMs: number) => void
}

/** How soon the death of an owner is noticed by the others; each look costs two small system calls. */
const WATCH_MS = 500

/** Between tries to bring a server back that does not start, for instance on a full disk. */
const LONGEST_PAUSE_MS = 5_000

/** The longest recovery (postmaster.ts), and time for a first start before it. */
const JOIN_MS = 240_000

/**
 * Gives the Postgres of this home, running. The first process of a home becomes the owner: it makes the database if
 * need be, starts the server or adopts one whose owner was killed, and restarts it when it dies. A further process
 * joins, and takes over when the owner is gone. Does not keep the process alive; without `stop` the server outlives
 * it and is adopted by the next start.
 *
 * Writes below `homeDir` (as root also below /var/lib/ropewalk). Safe to repeat and to race.
 * Throws STORE_UNAVAILABLE with what, why and next in `details`, and INVALID_ARGUMENT for a setting that is ours.
 */
export async function startEmbeddedPostgres(options: StartOptions): Promise<EmbeddedPostgres> {
  const layout = await prepareLayout(options.homeDir)
  // Before anything is made: a setting that is refused should leave no trace.
  makeServerArguments(layout, '/', options.settings ?? {})
  const supervisor = new Supervisor(layout, options)
  await supervisor.start()
  return {
    get url() {
      return supervisor.connection.url
    },
    get socketDir() {
      return supervisor.connection.socketDir
    },
    get port() {
      return supervisor.connection.port
    },
    get dataDir() {
      return supervisor.connection.dataDir
    },
    get superuser() {
      return supervisor.connection.superuser
    },
    get password() {
      return supervisor.connection.password
    },
    get pid() {
      return supervisor.connection.pid
    },
    get isOwner() {
      return supervisor.isOwner
    },
    stop: () => supervisor.stop(),
    onExit: (listener) => {
      supervisor.onExit(listener)
    },
  }
}

/** Owner or joiner of one home's server, from `start` to `stop`. */
class Supervisor {
  readonly #layout: Layout
  readonly #options: StartOptions
  readonly #abort = new AbortController()
  readonly #listeners: ((why: string) => void)[] = []
  #lock: OwnerLock | undefined
  #postmaster: Postmaster | undefined
  #connection: PostgresConnection | undefined
  #isDown = false
  #pauseMs = WATCH_MS
  #timer: NodeJS.Timeout | undefined
  #turn: Promise<void> | undefined
  #stopped: Promise<void> | undefined

  constructor(layout: Layout, options: StartOptions) {
    this.#layout = layout
    this.#options = options
  }

  get connection(): PostgresConnection {
    if (this.#connection === undefined) throw new Error('asked for a connection before the start')
    return this.#connection
  }

  get isOwner(): boolean {
    return this.#lock !== undefined
  }

  onExit(listener: (why: string) => void): void {
    this.#listeners.push(listener)
  }

  async start(): Promise<void> {
    const startedAt = performance.now()
    while (!(await this.#tryStart())) {
      const waitedMs = performance.now() - startedAt
      if (waitedMs > JOIN_MS) throw this.#makeJoinTrouble()
      this.#options.onLockWait?.(waitedMs)
      await sleep(200)
    }
    this.#schedule(WATCH_MS)
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    this.#abort.abort()
    clearTimeout(this.#timer)
    await this.#turn
    try {
      if (this.#postmaster !== undefined) await stopPostmaster(this.#layout, this.#postmaster.connection.pid)
    } finally {
      this.#lock?.release()
      this.#lock = undefined
    }
  }

  /** Owns or joins; false while the owner has no server ready. */
  async #tryStart(): Promise<boolean> {
    this.#lock = await this.#tryLock()
    if (this.#lock === undefined) {
      this.#connection = await findAnswering(this.#layout)
      if (this.#connection === undefined) return false
      this.#options.log(
        `postgres: joined the server of another process (pid ${String(this.#connection.pid)})`,
      )
      return true
    }
    try {
      await this.#own()
      return true
    } catch (error) {
      this.#lock.release()
      this.#lock = undefined
      throw error
    }
  }

  #tryLock(): Promise<OwnerLock | undefined> {
    return explainDiskTrouble('The lock of the embedded Postgres cannot be taken', () =>
      Promise.resolve(tryOwnerLock(this.#layout.lockFile)),
    )
  }

  /** Brings the server up; we hold the lock. */
  async #own(): Promise<void> {
    const { log, settings = {} } = this.#options
    const layout = this.#layout
    const binaries = await prepareBinaries(layout)
    const socketDir = await prepareSocketFolder(layout)
    const key = await prepareCluster({ layout, binaries, log, isDurable: settings['fsync'] !== 'off' })
    const plan = { layout, binaries, key, socketDir, settings, log, signal: this.#abort.signal }
    const postmaster = await adoptOrStartPostmaster(plan)
    this.#postmaster = postmaster
    this.#connection = postmaster.connection
    this.#isDown = false
    void postmaster.exited.then((why) => {
      if (this.#postmaster === postmaster) this.#postmaster = undefined
      if (this.#stopped !== undefined) return
      this.#tellExit(why)
      this.#schedule(0)
    })
  }

  #tellExit(why: string): void {
    if (this.#isDown) return
    this.#isDown = true
    this.#options.log(`postgres: the server is gone (${why}); bringing it back`)
    for (const listener of this.#listeners) listener(why)
  }

  /** One look after `delayMs`; looks never overlap, and each plans the next. */
  #schedule(delayMs: number): void {
    clearTimeout(this.#timer)
    if (this.#stopped !== undefined || this.#turn !== undefined) return
    this.#timer = setTimeout(() => {
      this.#turn = this.#look().then(() => {
        this.#turn = undefined
        this.#schedule(this.#pauseMs)
      })
    }, delayMs).unref()
  }

  async #look(): Promise<void> {
    try {
      if (this.#lock === undefined) await this.#lookAsJoiner()
      if (this.#lock !== undefined) await this.#lookAsOwner(this.#lock)
      this.#pauseMs = WATCH_MS
    } catch (error) {
      if (this.#abort.signal.aborted) return
      this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS)
      this.#options.log(`postgres: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  async #lookAsJoiner(): Promise<void> {
    this.#lock = await this.#tryLock()
    if (this.#lock !== undefined) {
      this.#options.log('postgres: the owner is gone; this process takes over')
      return
    }
    if (isPidTaken(this.connection.pid)) return
    this.#tellExit('its process is gone')
    const found = await findAnswering(this.#layout)
    if (found === undefined) return
    this.#connection = found
    this.#isDown = false
  }

  async #lookAsOwner(lock: OwnerLock): Promise<void> {
    if (this.#postmaster !== undefined) {
      await trimLog(this.#layout.logFile)
      return
    }
    if (!lock.isInPlace()) {
      throw makeStoreUnavailable({
        what: 'The embedded Postgres is not brought back',
        why: `the folder of its home, ${this.#layout.homeDir}, was removed`,
        next: 'End this process and start again.',
      })
    }
    const before = this.connection.pid
    await this.#own()
    // A joiner that took over learns only now whether its server outlived the owner.
    if (this.connection.pid !== before)
      this.#options.log(`postgres: running again (pid ${String(this.connection.pid)})`)
  }

  #makeJoinTrouble(): Error {
    return makeStoreUnavailable({
      what: 'The embedded Postgres of this home does not answer',
      why: `another process has owned it for ${String(JOIN_MS / 1000)} s without getting it ready`,
      next: `Look at that process and at ${this.#layout.logFile}, or end it.`,
    })
  }
}
