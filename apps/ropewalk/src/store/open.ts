import { RopewalkError } from '@ropewalk/core/errors'
import type { WorkspaceId } from '@ropewalk/core/ids'
import pg from 'pg'
import { PgBoss } from 'pg-boss'
import { JOB_SCHEMA, JOBS_VERSION } from './job-queues.ts'
import { makeTooNewError, readMigrations } from './migrate.ts'
import { translateSqlError, translating } from './sql-errors.ts'
import { TYPE_PARSERS } from './type-parsers.ts'

/** What the store needs of a logger; ours and pino's own fit. */
export type StoreLog = Readonly<Record<'debug' | 'warn', (facts: object, message: string) => void>>

/** A connection taken from a pool. */
export type Connection = pg.PoolClient

export type DatabaseUrls = { readonly writer: string; readonly reader: string }

/** The open database. `jobs` is pg-boss's; nothing but it uses that pool. */
export type Store = {
  readonly writer: pg.Pool
  readonly reader: pg.Pool
  readonly jobs: pg.Pool
  readonly urls: DatabaseUrls
  /** One login does everything: more than one workspace is refused. */
  readonly isSingleRole: boolean
  readonly log: StoreLog
  close(): Promise<void>
}

/** One prepared statement. `name` is unique to its text, so that the server parses it once a connection. */
export type Statement = { readonly name: string; readonly text: string; readonly values?: unknown[] }

/** A caller is told within 2 s that there is no server; waiting for a place in a full pool counts as well. */
const CONNECT_TIMEOUT_MS = 1_500
/** Ends what hangs in a server that has stopped answering; the longest statement of ours takes far less. */
const QUERY_TIMEOUT_MS = 5_000

/**
 * What every session of ours starts with. Joins stay nested loops over keys whatever the statistics say:
 * a prepared plan outlives the moment when its table was small enough to be read whole, and row security's
 * own condition would otherwise tempt the planner to gather all rows of the workspace first. A process that is
 * stopped in the middle of a transaction loses it, and its locks, after 10 s.
 */
const SESSION = [
  'TimeZone=UTC',
  'DateStyle=ISO',
  'lock_timeout=2000',
  'statement_timeout=4500',
  'idle_in_transaction_session_timeout=10000',
  'enable_hashjoin=off',
  'enable_mergejoin=off',
  'enable_seqscan=off',
  'enable_bitmapscan=off',
  'enable_material=off',
  'plan_cache_mode=force_generic_plan',
  'jit=off',
]

export type OpenOptions = {
  readonly urls: DatabaseUrls
  readonly log: StoreLog
  readonly poolSizes?: { readonly writer?: number; readonly reader?: number; readonly jobs?: number }
}

/**
 * Opens the pools and checks versions. Throws STORE_UNAVAILABLE, and MIGRATION_REQUIRED when our schema or
 * pg-boss's is older or newer than this release knows.
 */
export const openStore = async (options: OpenOptions): Promise<Store> => {
  const { urls, log, poolSizes = {} } = options
  const makePool = (
    url: string,
    name: string,
    max: number,
    settings: readonly string[],
    pipeline: boolean,
  ) => {
    const pool = new pg.Pool({
      connectionString: url,
      max,
      pipeline,
      application_name: `ropewalk ${name}`,
      options: settings.map((setting) => `-c ${setting}`).join(' '),
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: pipeline ? QUERY_TIMEOUT_MS : 60_000,
      idleTimeoutMillis: 30_000,
      keepAlive: true,
      types: TYPE_PARSERS,
      allowExitOnIdle: true,
    })
    // An idle connection broke: the pool has dropped it already and makes another when one is needed.
    pool.on('error', (error) => log.warn({ err: error, pool: name }, 'a connection to Postgres was lost'))
    // A connection in use broke: its statements fail and say so, but the event too must find a listener,
    // else it ends the process.
    pool.on('connect', (client) => {
      client.on('error', (error) => log.debug({ err: error, pool: name }, 'a connection in use was lost'))
    })
    return pool
  }
  const jobSettings = [
    'TimeZone=UTC',
    'lock_timeout=10000',
    'idle_in_transaction_session_timeout=10000',
    'jit=off',
    // Jobs are made in the writer's transactions. What is told here is only that one was taken or is done;
    // should a crash forget that, it is done again, which every effect bears.
    'synchronous_commit=off',
  ]
  const pools = {
    writer: makePool(urls.writer, 'writer', poolSizes.writer ?? 8, SESSION, true),
    reader: makePool(urls.reader, 'reader', poolSizes.reader ?? 6, SESSION, true),
    jobs: makePool(urls.writer, 'jobs', poolSizes.jobs ?? 4, jobSettings, false),
  }
  const close = async () => {
    await Promise.all(Object.values(pools).map((pool) => pool.end()))
  }
  try {
    const isSingleRole = await translating(() => checkVersions(pools.writer))
    return { ...pools, urls, isSingleRole, log, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Resolves to whether the writer owns the tables, which is what single-role mode means. */
const checkVersions = async (writer: pg.Pool): Promise<boolean> => {
  const known = (await readMigrations()).length
  const found = await writer.query<{ ours: number; theirs: number; owner: boolean }>(
    `SELECT (SELECT coalesce(max(version), 0) FROM ropewalk.schema_version) AS ours,
            (SELECT version FROM ${JOB_SCHEMA}.version) AS theirs,
            (SELECT tableowner = current_user FROM pg_tables
              WHERE schemaname = 'ropewalk' AND tablename = 'runs') AS owner`,
  )
  const { ours = 0, theirs = 0, owner = false } = found.rows[0] ?? {}
  if (ours > known) throw makeTooNewError('The database', ours, known)
  if (theirs > JOBS_VERSION) throw makeTooNewError('pg-boss in the database', theirs, JOBS_VERSION)
  if (ours < known || theirs < JOBS_VERSION) {
    throw new RopewalkError('MIGRATION_REQUIRED', 'The database is older than this release. Run migrate.', {
      details: { found: ours, known, jobsFound: theirs, jobsKnown: JOBS_VERSION },
    })
  }
  return owner
}

/** pg-boss on our pool. It neither migrates nor owns its tables here; `isWorker` runs its housekeeping. */
export const makeBoss = (store: Store, isWorker: boolean): PgBoss => {
  const boss = new PgBoss({
    db: { executeSql: (text, values) => store.jobs.query(text, values) },
    schema: JOB_SCHEMA,
    migrate: false,
    createSchema: false,
    supervise: isWorker,
    schedule: isWorker,
    // How soon after a crash jobs that were in hand are looked for; overdue timers must fire within 30 s.
    superviseIntervalSeconds: 5,
    monitorIntervalSeconds: 5,
    maintenanceIntervalSeconds: 300,
    // Both need the owner of the tables.
    reindex: false,
    monitorVacuum: false,
  })
  boss.on('error', (error) => store.log.warn({ err: error }, 'pg-boss met an error; it goes on'))
  return boss
}

/** What begins a transaction that may see `workspaceIds` and nothing else. */
export const makeBegin = (workspaceIds: readonly WorkspaceId[], isReadOnly = false): string =>
  `BEGIN${isReadOnly ? ' READ ONLY' : ''}; SELECT set_config('ropewalk.workspaces', ${pg.escapeLiteral(workspaceIds.join(','))}, true)`

/**
 * Runs statements in one transaction and one round trip, and gives the rows of each.
 * All or none take effect. Throws what `translateSqlError` makes of the first failure.
 */
export const runTransaction = async (
  pool: pg.Pool,
  begin: string,
  statements: readonly Statement[],
): Promise<readonly (readonly unknown[])[]> => {
  let client: pg.PoolClient
  try {
    client = await pool.connect()
  } catch (error) {
    throw translateSqlError(error)
  }
  let failure: Error | undefined
  try {
    // All are sent at once. After a failure the server skips the rest and turns COMMIT into ROLLBACK.
    const [, ...results] = await Promise.all([
      client.query(begin),
      ...statements.map((statement) => client.query({ ...statement })),
      client.query('COMMIT'),
    ])
    return results.slice(0, -1).map((result) => result.rows as readonly unknown[])
  } catch (error) {
    failure = translateSqlError(error)
    throw failure
  } finally {
    // Other statements of the same transaction may still be on their way when the first one fails; a
    // connection is cheaper than waiting for them.
    client.release(failure)
  }
}

/** `runTransaction` as the writer, for a list of workspaces. */
export const runWrite = (
  store: Store,
  workspaceIds: readonly WorkspaceId[],
  statements: readonly Statement[],
): Promise<readonly (readonly unknown[])[]> =>
  runTransaction(store.writer, makeBegin(workspaceIds), statements)

/** `runTransaction` as the reader, for one workspace. Statements see one state of the database each. */
export const runRead = (
  store: Store,
  workspaceId: WorkspaceId,
  statements: readonly Statement[],
): Promise<readonly (readonly unknown[])[]> =>
  runTransaction(store.reader, makeBegin([workspaceId], true), statements)
