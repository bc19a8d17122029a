import pg from 'pg'
import type { Layout } from './layout.ts'
import type { PostmasterRecord } from './processes.ts'
import { getErrorCode, makeStoreUnavailable } from './store-unavailable.ts'
import type { SuperuserKey } from './superuser-key.ts'

/** How to reach a running server of a home, and as whom. */
export type PostgresConnection = {
  /** Understood by `pg` and by libpq; names the bootstrap superuser and the database `postgres`. */
  readonly url: string
  readonly socketDir: string
  readonly port: number
  readonly dataDir: string
  readonly superuser: string
  readonly password: string
  /** Of the postmaster. */
  readonly pid: number
}

export function makeConnection(
  layout: Layout,
  key: SuperuserKey,
  record: PostmasterRecord,
): PostgresConnection {
  const { pid, port, socketDir } = record
  const who = `${encodeURIComponent(key.superuser)}:${encodeURIComponent(key.password)}`
  const url = `postgres://${who}@/postgres?host=${encodeURIComponent(socketDir)}&port=${String(port)}`
  return {
    url,
    socketDir,
    port,
    dataDir: layout.dataDir,
    superuser: key.superuser,
    password: key.password,
    pid,
  }
}

/** Long enough for a busy machine; a server that is not there refuses at once. */
const CONNECT_TIMEOUT_MS = 5_000

/** A server that is full is there all the same. */
const TOO_MANY_CONNECTIONS = '53300'

/** Refusals that say "not now" or "nobody there": starting, stopping, no socket, nobody listening, cut off. */
const NOT_THERE: ReadonlySet<string> = new Set([
  '57P03',
  '57P01',
  'ENOENT',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
])

/**
 * Whether the server at `connection` takes connections now.
 * Throws STORE_UNAVAILABLE when one answers but does not know our password.
 */
export async function isAnswering(connection: PostgresConnection): Promise<boolean> {
  const client = new pg.Client({
    host: connection.socketDir,
    port: connection.port,
    user: connection.superuser,
    password: connection.password,
    database: 'postgres',
    ssl: false,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  })
  let isLost = false
  client.on('error', () => {
    isLost = true
  })
  try {
    await client.connect()
    await client.end()
    return !isLost
  } catch (error) {
    const code = getErrorCode(error)
    if (code === TOO_MANY_CONNECTIONS) return true
    // pg gives no code when the time is up or the server hangs up during the handshake.
    if (code === undefined || NOT_THERE.has(code)) return false
    throw makeStoreUnavailable({
      what: 'The embedded Postgres refuses its own superuser',
      why: error instanceof Error ? error.message : String(error),
      next: `Restore keys/postgres.json as it was when ${connection.dataDir} was made.`,
      cause: error,
    })
  }
}
