import { randomBytes } from 'node:crypto'
import { hasCode } from '@ropewalk/core/errors'
import { WorkspaceId } from '@ropewalk/core/ids'
import { getTableColumns, is } from 'drizzle-orm'
import { getTableConfig, PgTable } from 'drizzle-orm/pg-core'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { makeLog } from '../../src/log.ts'
import { createWorkspace } from '../../src/store/create-workspace.ts'
import { JOBS_VERSION } from '../../src/store/job-queues.ts'
import { migrate, readMigrations } from '../../src/store/migrate.ts'
import { openStore } from '../../src/store/open.ts'
import * as backlog from '../../src/store/tables/backlog.ts'
import * as bus from '../../src/store/tables/bus.ts'
import * as evidence from '../../src/store/tables/evidence.ts'
import * as identity from '../../src/store/tables/identity.ts'
import * as ledger from '../../src/store/tables/ledger.ts'
import * as notifications from '../../src/store/tables/notifications.ts'
import * as questions from '../../src/store/tables/questions.ts'
import * as relay from '../../src/store/tables/relay.ts'
import * as runs from '../../src/store/tables/runs.ts'
import * as tasks from '../../src/store/tables/tasks.ts'
import * as threads from '../../src/store/tables/threads.ts'
import * as waivers from '../../src/store/tables/waivers.ts'
import * as workspaces from '../../src/store/tables/workspaces.ts'
import { makeRoleUrl } from '../../src/store/urls.ts'
import { createTestDatabase, withClient, type TestDatabase } from '../support/postgres.ts'

const log = makeLog({ level: 'silent' })

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(async () => {
  await database.drop()
})

const open = (of: TestDatabase) =>
  openStore({ urls: { writer: of.urlFor('ropewalk_writer'), reader: of.urlFor('ropewalk_reader') }, log })

const run = (of: TestDatabase, sql: string) => withClient(of.adminUrl, (client) => client.query(sql))

describe('migrating', () => {
  test('makes exactly the columns that the tables say, of the types they say', async () => {
    const modules = [
      bus,
      backlog,
      evidence,
      identity,
      ledger,
      notifications,
      questions,
      relay,
      runs,
      tasks,
      threads,
      waivers,
      workspaces,
    ]
    const tables = modules.flatMap((module) => Object.values(module)).filter((value) => is(value, PgTable))
    const said = tables.flatMap((table) =>
      Object.values(getTableColumns(table)).map(
        (column) =>
          `${getTableConfig(table).name}.${column.name} ${column.getSQLType()}${column.notNull ? ' NOT NULL' : ''}`,
      ),
    )
    const { rows } = await withClient(database.adminUrl, (client) =>
      client.query<{ line: string }>(
        `SELECT c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END AS line
         FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
         WHERE c.relnamespace = 'ropewalk'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped`,
      ),
    )
    // Questions and tasks are said twice, once for those of runs and once for those of projects.
    expect([...new Set(said)].toSorted()).toEqual(rows.map((row) => row.line).toSorted())
  })

  test('is safe to repeat and to race, and keeps what is there', async () => {
    await run(database, "UPDATE ropewalk.workspaces SET cap_micros = 7 WHERE id = 'default'")
    const results = await Promise.all([1, 2, 3].map(() => migrate({ adminUrl: database.adminUrl })))
    for (const result of results)
      expect(result).toMatchObject({ mode: 'roles', applied: [], jobsVersion: JOBS_VERSION })
    const { rows } = await run(database, 'SELECT cap_micros FROM ropewalk.workspaces')
    expect(rows).toEqual([{ cap_micros: '7' }])
  })

  test('of an empty database by several processes at once happens once', async () => {
    const name = `test_${randomBytes(6).toString('hex')}`
    await withClient(inject('postgresAdminUrl'), (client) => client.query(`CREATE DATABASE ${name}`))
    const adminUrl = database.adminUrl.replace(database.name, name)
    const results = await Promise.all([1, 2, 3].map(() => migrate({ adminUrl })))
    const { length } = await readMigrations()
    expect(results.flatMap((result) => result.applied)).toHaveLength(length)
    await withClient(inject('postgresAdminUrl'), (client) =>
      client.query(`DROP DATABASE ${name} WITH (FORCE)`),
    )
  })
})

describe('a database of another version', () => {
  test.each([
    [
      'newer than this release',
      'INSERT INTO ropewalk.schema_version VALUES (9999, $$later$$, now())',
      'DELETE FROM ropewalk.schema_version WHERE version = 9999',
    ],
    [
      'with a newer pg-boss',
      'UPDATE pgboss.version SET version = version + 1',
      'UPDATE pgboss.version SET version = version - 1',
    ],
    [
      'with an older pg-boss',
      'UPDATE pgboss.version SET version = version - 1',
      'UPDATE pgboss.version SET version = version + 1',
    ],
  ])('%s is not opened', async (_what, change, undo) => {
    await run(database, change)
    const answer = await open(database).catch((error: unknown) => error)
    expect(hasCode(answer, 'MIGRATION_REQUIRED')).toBe(true)
    await run(database, undo)
    await (await open(database)).close()
  })

  test('is not migrated back', async () => {
    await run(database, 'INSERT INTO ropewalk.schema_version VALUES (9999, $$later$$, now())')
    const answer = await migrate({ adminUrl: database.adminUrl }).catch((error: unknown) => error)
    expect(hasCode(answer, 'MIGRATION_REQUIRED')).toBe(true)
    await run(database, 'DELETE FROM ropewalk.schema_version WHERE version = 9999')
  })

  test('without our schema says what to do', async () => {
    const url = inject('postgresAdminUrl')
    const answer = await openStore({ urls: { writer: url, reader: url }, log }).catch(
      (error: unknown) => error,
    )
    expect(hasCode(answer, 'MIGRATION_REQUIRED')).toBe(true)
  })
})

describe('a login that may not make roles', () => {
  test('gets everything in one role, and one workspace', async () => {
    const suffix = randomBytes(6).toString('hex')
    const [name, role] = [`test_${suffix}`, `only_${suffix}`]
    const serverUrl = inject('postgresAdminUrl')
    await withClient(serverUrl, async (client) => {
      await client.query(`CREATE ROLE ${role} LOGIN PASSWORD 'only'`)
      await client.query(`CREATE DATABASE ${name} OWNER ${role}`)
    })
    const url = makeRoleUrl(database.adminUrl.replace(database.name, name), role, 'only')
    expect(await migrate({ adminUrl: url })).toMatchObject({ mode: 'single-role' })
    const store = await openStore({ urls: { writer: url, reader: url }, log })
    expect(store.isSingleRole).toBe(true)
    const second = createWorkspace(store, { id: WorkspaceId.parse('second'), capMicros: 1 }).catch(
      (error: unknown) => error,
    )
    expect(hasCode(await second, 'CONFLICT')).toBe(true)
    await createWorkspace(store, { id: WorkspaceId.parse('default'), capMicros: 1 })
    await expect(store.writer.query('UPDATE ropewalk.ledger SET body = body')).rejects.toThrow(
      'permission denied',
    )
    await store.close()
    await withClient(serverUrl, async (client) => {
      await client.query(`DROP DATABASE ${name} WITH (FORCE)`)
      await client.query(`DROP ROLE ${role}`)
    })
  })
})

describe('migration files', () => {
  test('are numbered without a gap and say first whether they break', async () => {
    const migrations = await readMigrations()
    expect(migrations.map((migration) => migration.version)).toEqual(migrations.map((_, index) => index + 1))
  })
})
