import { text } from 'drizzle-orm/pg-core'
import { count, instant, ropewalk, workspaceId } from './schema.ts'

/** `id` is the name; `workspace_id` repeats it, so that one policy fits every table. */
export const workspaces = ropewalk.table('workspaces', {
  workspaceId: workspaceId().primaryKey(),
  id: text('id').notNull(),
  capMicros: count('cap_micros').notNull(),
  grantedMicros: count('granted_micros').notNull(),
  spentMicros: count('spent_micros').notNull(),
  createdAt: instant('created_at').notNull(),
})

/** How many events a workspace has; the counter that numbers them in commit order. */
export const workspacePositions = ropewalk.table('workspace_positions', {
  workspaceId: workspaceId().primaryKey(),
  last: count('last').notNull(),
})
