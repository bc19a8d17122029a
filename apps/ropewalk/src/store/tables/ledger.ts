import { boolean, integer, interval, json, primaryKey, text } from 'drizzle-orm/pg-core'
import { count, instant, ropewalk, workspaceId } from './schema.ts'

/**
 * The ledger, a row an entry. `body` holds the very bytes that were hashed, `position` is that of its last
 * event; no foreign key leads out of it.
 */
export const ledger = ropewalk.table(
  'ledger',
  {
    streamId: text('stream_id').notNull(),
    seq: count('seq').notNull(),
    workspaceId: workspaceId(),
    position: count('position').notNull(),
    events: integer('events').notNull(),
    types: text('types').notNull(),
    at: instant('at').notNull(),
    body: text('body').notNull(),
    hash: text('hash').notNull(),
  },
  (table) => [primaryKey({ columns: [table.streamId, table.seq] })],
)

/** What a request was answered, for those who ask again. */
export const idempotency = ropewalk.table(
  'idempotency',
  {
    workspaceId: workspaceId(),
    route: text('route').notNull(),
    key: text('key').notNull(),
    bodyDigest: text('body_digest').notNull(),
    answer: json('answer').notNull(),
    createdAt: instant('created_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.route, table.key] })],
)

/** One row: by how much `ropewalk.now()` differs from the server's clock. Only the test role writes it. */
export const clock = ropewalk.table('clock', {
  onlyRow: boolean('only_row').primaryKey(),
  shift: interval('shift').notNull(),
})

export const schemaVersion = ropewalk.table('schema_version', {
  version: integer('version').primaryKey(),
  name: text('name').notNull(),
  appliedAt: instant('applied_at').notNull(),
})
