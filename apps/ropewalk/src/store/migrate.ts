import { readFile, readdir } from 'node:fs/promises'
import { RopewalkError } from '@ropewalk/core/errors'
import pg from 'pg'
import { PgBoss } from 'pg-boss'
import { JOB_SCHEMA, ensureQueues } from './job-queues.ts'
import { ROLES, canMakeRoles, ensureRoles, grantPrivileges } from './roles.ts'
import type { RolePasswords } from './roles.ts'
import { translating } from './sql-errors.ts'

export type MigrateOptions = {
  /** A login that may make roles, or (single-role mode) the only one there is. */
  readonly adminUrl: string
  readonly passwords?: RolePasswords | undefined
  /** Money of the first workspace, when this call makes it. Default: 100 US dollars. */
  readonly defaultCapMicros?: number | undefined
  /** Stay in single-role mode even where roles could be made. */
  readonly singleRole?: boolean | undefined
  readonly log?: ((line: string) => void) | undefined
}

export type MigrateResult = {
  /** single-role: one login does everything, row security holds nobody back, one workspace only. */
  readonly mode: 'roles' | 'single-role'
  readonly version: number
  readonly jobsVersion: number
  readonly applied: readonly string[]
}

const FOLDER = new URL('migrations/', import.meta.url)

/** Any number that nobody else uses for advisory locks in this database. */
const LOCK = 5_237_091_114
const LOCK_WAIT_MS = 60_000

type Migration = { readonly version: number; readonly name: string; readonly sql: string }

/** Our migrations, oldest first. Throws INVARIANT_BROKEN when numbers or first lines are not as they must be. */
export const readMigrations = async (): Promise<readonly Migration[]> => {
  const names = (await readdir(FOLDER)).filter((name) => name.endsWith('.sql')).toSorted()
  return Promise.all(
    names.map(async (name, index) => {
      const sql = await readFile(new URL(name, FOLDER), 'utf8')
      const version = Number(/^(\d{4})-[a-z0-9-]+\.sql$/u.exec(name)?.[1])
      if (version !== index + 1 || !/^-- (?:not )?breaking: \S/u.test(sql)) {
        throw new RopewalkError(
          'INVARIANT_BROKEN',
          `Expected ${name} to be number ${index + 1} and to begin with "-- breaking:" or "-- not breaking:".`,
        )
      }
      return { version, name, sql }
    }),
  )
}

/**
 * Brings the database to this release: roles, our schema, pg-boss's schema and queues, privileges, and the
 * workspace `default`. One process at a time does it, each migration in its own transaction; safe to repeat.
 * Throws MIGRATION_REQUIRED when the database is newer than this release, STORE_UNAVAILABLE, LOCK_TIMEOUT.
 */
export const migrate = (options: MigrateOptions): Promise<MigrateResult> =>
  translating(async () => {
    const client = new pg.Client({
      connectionString: options.adminUrl,
      application_name: 'ropewalk migrate',
      options: `-c lock_timeout=${String(LOCK_WAIT_MS)} -c client_min_messages=warning`,
    })
    await client.connect()
    try {
      await client.query('SELECT pg_advisory_lock($1)', [LOCK])
      return await migrateLocked(client, options)
    } finally {
      // Ends the session, and with it the advisory lock and the role.
      await client.end()
    }
  })

const migrateLocked = async (client: pg.Client, options: MigrateOptions): Promise<MigrateResult> => {
  const hasRoles = options.singleRole !== true && (await canMakeRoles(client))
  if (hasRoles) {
    await ensureRoles(client, options.passwords ?? {})
    await client.query(`CREATE SCHEMA IF NOT EXISTS ropewalk AUTHORIZATION ${ROLES.owner}`)
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${JOB_SCHEMA} AUTHORIZATION ${ROLES.owner}`)
    await client.query(`SET ROLE ${ROLES.owner}`)
  } else {
    await client.query('CREATE SCHEMA IF NOT EXISTS ropewalk')
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${JOB_SCHEMA}`)
  }
  const applied = await applyOurs(client, options.log)
  const jobsVersion = await applyJobs(client)
  await grantPrivileges(client, hasRoles)
  await ensureDefaultWorkspace(client, options.defaultCapMicros ?? 100_000_000)
  const migrations = await readMigrations()
  return { mode: hasRoles ? 'roles' : 'single-role', version: migrations.length, jobsVersion, applied }
}

const applyOurs = async (client: pg.Client, log: MigrateOptions['log']): Promise<readonly string[]> => {
  await client.query(`CREATE TABLE IF NOT EXISTS ropewalk.schema_version (
    version integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz(3) NOT NULL)`)
  const { rows } = await client.query<{ version: number }>('SELECT version FROM ropewalk.schema_version')
  const done = new Set(rows.map((row) => row.version))
  const migrations = await readMigrations()
  const newest = Math.max(0, ...done)
  if (newest > migrations.length) throw makeTooNewError('The database', newest, migrations.length)
  const applied: string[] = []
  for (const { version, name, sql } of migrations) {
    if (done.has(version)) continue
    log?.(`migrate: ${name}`)
    await client.query('BEGIN')
    await client.query(sql)
    await client.query('INSERT INTO ropewalk.schema_version VALUES ($1, $2, statement_timestamp())', [
      version,
      name,
    ])
    await client.query('COMMIT')
    applied.push(name)
  }
  return applied
}

/** pg-boss takes its own locks inside ours. Its background work stays off; this process only migrates. */
const applyJobs = async (client: pg.Client): Promise<number> => {
  const boss = new PgBoss({
    db: { executeSql: (text, values) => client.query(text, values) },
    schema: JOB_SCHEMA,
    createSchema: false,
    migrate: true,
    supervise: false,
    schedule: false,
  })
  const troubles: unknown[] = []
  boss.on('error', (error) => troubles.push(error))
  await boss.start()
  try {
    await ensureQueues(boss)
    const version = await boss.schemaVersion()
    if (troubles.length > 0) throw troubles[0]
    return version ?? 0
  } finally {
    await boss.stop({ graceful: false })
  }
}

const ensureDefaultWorkspace = async (client: pg.Client, capMicros: number): Promise<void> => {
  await client.query(
    `INSERT INTO ropewalk.workspaces VALUES ('default', 'default', $1, 0, 0, ropewalk.now())
     ON CONFLICT DO NOTHING`,
    [capMicros],
  )
  await client.query(`INSERT INTO ropewalk.workspace_positions VALUES ('default', 0) ON CONFLICT DO NOTHING`)
}

export const makeTooNewError = (what: string, found: number, known: number): RopewalkError =>
  new RopewalkError(
    'MIGRATION_REQUIRED',
    `${what} is at version ${found} and this release knows ${known}. Use the newer release of Ropewalk.`,
    { details: { found, known } },
  )
