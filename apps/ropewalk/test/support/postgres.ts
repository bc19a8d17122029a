import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { inject } from 'vitest'
import { isNotingEvents, noteSeenIn } from './seen-events.ts'

/** One test file's own database: migrated, empty, and gone after `drop`. */
export type TestDatabase = {
  /** The bootstrap superuser in this database. */
  readonly adminUrl: string
  readonly name: string
  /** The same database as one of the roles that migrations make, such as `ropewalk_writer`. */
  urlFor(role: string): string
  drop(): Promise<void>
}

const TEMPLATE = 'ropewalk_template'

/** Any number that no other advisory lock of the suite's server uses. */
const TEMPLATE_LOCK = 7_301_844

/**
 * Clones the migrated template into a database of its own, in about half a second. The first call of a suite run
 * makes the template, in whatever process it happens. Call `drop` in `afterAll`; it cuts off what is still connected.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const serverUrl = inject('postgresAdminUrl')
  const name = `test_${randomBytes(8).toString('hex')}`
  await withClient(serverUrl, async (client) => {
    await ensureTemplate(client, serverUrl)
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE}`)
  })
  const adminUrl = makeUrl(serverUrl, { database: name })
  return {
    adminUrl,
    name,
    urlFor: (role) => makeUrl(adminUrl, { user: role }),
    drop: async () => {
      if (isNotingEvents()) await withClient(adminUrl, noteSeenIn)
      await withClient(serverUrl, async (client) => {
        await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
      })
    },
  }
}

/** A template counts as made once it is marked as one; a crash before that leaves it unmarked, and it is made anew. */
async function ensureTemplate(client: pg.Client, serverUrl: string): Promise<void> {
  await client.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK])
  try {
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1 AND datistemplate', [
      TEMPLATE,
    ])
    if (found.rowCount === 1) return
    await client.query(`DROP DATABASE IF EXISTS ${TEMPLATE} WITH (FORCE)`)
    await client.query(`CREATE DATABASE ${TEMPLATE}`)
    const adminUrl = makeUrl(serverUrl, { database: TEMPLATE })
    // Loaded late, so that tests of the server itself run without the migrations.
    const { migrate } = await import('../../src/store/migrate.ts')
    await migrate({ adminUrl })
    await openRoles(client, serverUrl)
    await client.query(`ALTER DATABASE ${TEMPLATE} IS_TEMPLATE true`)
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [TEMPLATE_LOCK])
  }
}

/** Roles belong to the server, not to a database: all tests reach them by the superuser's password. */
async function openRoles(client: pg.Client, serverUrl: string): Promise<void> {
  const { username, password } = readUser(serverUrl)
  const found = await client.query<{ rolname: string }>(
    `SELECT rolname FROM pg_roles WHERE rolname LIKE 'ropewalk\\_%' AND rolname <> $1`,
    [username],
  )
  for (const { rolname } of found.rows) {
    const role = client.escapeIdentifier(rolname)
    await client.query(`ALTER ROLE ${role} LOGIN PASSWORD ${client.escapeLiteral(password)}`)
  }
}

/** Our socket urls have no host name, which the URL class does not take; a dummy stands in while it works. */
const DUMMY = 'socket.invalid'

const parseUrl = (url: string): URL => new URL(url.replace('@/', `@${DUMMY}/`))

function readUser(url: string): { readonly username: string; readonly password: string } {
  const { username, password } = parseUrl(url)
  return { username: decodeURIComponent(username), password: decodeURIComponent(password) }
}

function makeUrl(url: string, change: { readonly database?: string; readonly user?: string }): string {
  const made = parseUrl(url)
  if (change.database !== undefined) made.pathname = `/${change.database}`
  if (change.user !== undefined) made.username = change.user
  return made.href.replace(`@${DUMMY}/`, '@/')
}

/** Runs `work` on one connection of its own and closes it, whatever comes of the work. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, ssl: false })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
