import { bigint, pgSchema, text, timestamp } from 'drizzle-orm/pg-core'

/** Everything of ours lives in this schema; pg-boss has its own, `pgboss`. */
export const ropewalk = pgSchema('ropewalk')

/** Milliseconds are all that an instant of ours has. */
export const instant = (name: string) => timestamp(name, { precision: 3, withTimezone: true, mode: 'string' })

/** A count or an amount; numbers above 2^53 are refused by the contracts. */
export const count = (name: string) => bigint(name, { mode: 'number' })

/** First column of every key, and what row security looks at. */
export const workspaceId = () => text('workspace_id').notNull()
