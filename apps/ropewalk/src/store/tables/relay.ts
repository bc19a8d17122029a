import { integer, json, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { count, instant, ropewalk, workspaceId } from './schema.ts'

export const relayPositions = ropewalk.table(
  'relay_positions',
  {
    workspaceId: workspaceId(),
    name: text('name').notNull(),
    position: count('position').notNull(),
    life: text('life').notNull(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.name] })],
)

export const deadLetters = ropewalk.table(
  'dead_letters',
  {
    workspaceId: workspaceId(),
    id: uuid('id').notNull(),
    recordedAt: instant('recorded_at').notNull(),
    eventId: text('event_id'),
    eventType: text('event_type'),
    reason: text('reason').notNull(),
    schemaId: text('schema_id'),
    problems: json('problems').notNull(),
    topic: text('topic').notNull(),
    consumerGroup: text('consumer_group').notNull(),
    attempts: integer('attempts').notNull(),
    firstSeenAt: instant('first_seen_at').notNull(),
    lastSeenAt: instant('last_seen_at').notNull(),
    errorClass: text('error_class'),
    errorMessage: text('error_message').notNull(),
    trace: text('trace'),
    event: json('event'),
    original: json('original').notNull(),
    status: text('status').notNull(),
    redrives: integer('redrives').notNull(),
    resolvedAt: instant('resolved_at'),
    resolvedBy: text('resolved_by'),
    note: text('note'),
  },
  (table) => [primaryKey({ columns: [table.id, table.workspaceId] })],
)
