import { boolean, customType, integer, json, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { count, instant, ropewalk, workspaceId } from './schema.ts'

const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' })

export const artifacts = ropewalk.table(
  'artifacts',
  {
    workspaceId: workspaceId(),
    id: uuid('id').notNull(),
    runId: uuid('run_id').notNull(),
    phase: text('phase').notNull(),
    name: text('name').notNull(),
    version: integer('version').notNull(),
    digest: text('digest').notNull(),
    mediaType: text('media_type').notNull(),
    bytes: count('bytes').notNull(),
    commit: text('commit'),
    simulated: boolean('simulated').notNull(),
    lineage: json('lineage').notNull(),
    createdAt: instant('created_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.id, table.workspaceId] })],
)

/** Whole packs, guard reports included; what the ledger's 8 KB leave out. */
export const evidencePacks = ropewalk.table(
  'evidence_packs',
  {
    workspaceId: workspaceId(),
    id: text('id').notNull(),
    runId: uuid('run_id').notNull(),
    phase: text('phase').notNull(),
    round: integer('round').notNull(),
    pack: json('pack').notNull(),
    createdAt: instant('created_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.id, table.workspaceId] })],
)

export const dossiers = ropewalk.table(
  'dossiers',
  {
    workspaceId: workspaceId(),
    runId: uuid('run_id').notNull(),
    digest: text('digest').notNull(),
    verdict: text('verdict').notNull(),
    keyId: text('key_id').notNull(),
    artifacts: count('artifacts').notNull(),
    createdAt: instant('created_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.runId, table.digest, table.workspaceId] })],
)

/** `named`: an artifact, report or dossier of the ledger points at it, so the sweep leaves it. */
export const blobs = ropewalk.table(
  'blobs',
  {
    workspaceId: workspaceId(),
    digest: text('digest').notNull(),
    bytes: bytea('bytes').notNull(),
    size: count('size').notNull(),
    named: boolean('named').notNull(),
    createdAt: instant('created_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.digest] })],
)
