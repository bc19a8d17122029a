import { integer, primaryKey, text } from 'drizzle-orm/pg-core'
import { count, instant, ropewalk, workspaceId } from './schema.ts'

export const busTopics = ropewalk.table(
  'bus_topics',
  { workspaceId: workspaceId(), topic: text('topic').notNull(), last: count('last').notNull() },
  (table) => [primaryKey({ columns: [table.workspaceId, table.topic] })],
)

export const busMessages = ropewalk.table(
  'bus_messages',
  {
    workspaceId: workspaceId(),
    topic: text('topic').notNull(),
    position: count('position').notNull(),
    key: text('key').notNull(),
    body: text('body').notNull(),
    publishedAt: instant('published_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.topic, table.position] })],
)

export const busKeys = ropewalk.table(
  'bus_keys',
  {
    workspaceId: workspaceId(),
    topic: text('topic').notNull(),
    key: text('key').notNull(),
    position: count('position').notNull(),
    publishedAt: instant('published_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.topic, table.key] })],
)

export const busGroups = ropewalk.table(
  'bus_groups',
  {
    workspaceId: workspaceId(),
    topic: text('topic').notNull(),
    name: text('name').notNull(),
    cursor: count('cursor').notNull(),
    createdAt: instant('created_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.topic, table.name] })],
)

export const busDeliveries = ropewalk.table(
  'bus_deliveries',
  {
    workspaceId: workspaceId(),
    topic: text('topic').notNull(),
    groupName: text('group_name').notNull(),
    position: count('position').notNull(),
    consumer: text('consumer').notNull(),
    deliveries: integer('deliveries').notNull(),
    deliveredAt: instant('delivered_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.topic, table.groupName, table.position] })],
)
