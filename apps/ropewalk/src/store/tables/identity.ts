import { boolean, integer, json, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { count, instant, ropewalk, workspaceId } from './schema.ts'

/** The end of a root's chain. */
const head = () => ({
  version: count('version').notNull(),
  headHash: text('head_hash').notNull(),
  headAt: instant('head_at').notNull(),
  eventFormat: integer('event_format').notNull(),
})

/**
 * Root of the aggregate. The last heartbeat and the writer are no history: they are moved beside it. A writer
 * counts only while `writerSessionId` is the session that is registered and `writerUntil` lies ahead.
 */
export const sessions = ropewalk.table(
  'sessions',
  {
    workspaceId: workspaceId(),
    id: uuid('id').notNull(),
    agentId: text('agent_id').notNull(),
    sessionId: text('session_id').notNull(),
    runtime: text('runtime').notNull(),
    managementMode: text('management_mode').notNull(),
    resumable: boolean('resumable').notNull(),
    status: text('status').notNull(),
    registeredAt: instant('registered_at').notNull(),
    endedAt: instant('ended_at'),
    lastHeartbeatAt: instant('last_heartbeat_at').notNull(),
    writer: text('writer'),
    writerSessionId: text('writer_session_id'),
    writerUntil: instant('writer_until'),
    ...head(),
  },
  (table) => [primaryKey({ columns: [table.id, table.workspaceId] })],
)

/** Root of the aggregate. Of a token of another issuer that was revoked: `issuer` and `jti` say which. */
export const grants = ropewalk.table(
  'grants',
  {
    workspaceId: workspaceId(),
    id: uuid('id').notNull(),
    name: text('name').notNull(),
    kind: text('kind').notNull(),
    agentId: text('agent_id').notNull(),
    role: text('role').notNull(),
    scopes: json('scopes'),
    sessionId: text('session_id').notNull(),
    ttlMs: count('ttl_ms').notNull(),
    expiresAt: instant('expires_at').notNull(),
    issuer: text('issuer').notNull(),
    jti: text('jti'),
    createdBy: text('created_by').notNull(),
    createdAt: instant('created_at').notNull(),
    issued: count('issued').notNull(),
    lastIssuedAt: instant('last_issued_at'),
    revokedAt: instant('revoked_at'),
    revokeReason: text('revoke_reason'),
    ...head(),
  },
  (table) => [primaryKey({ columns: [table.id, table.workspaceId] })],
)

/** Root of the aggregate; one of each workspace that has a rule of its own. */
export const policies = ropewalk.table(
  'policies',
  {
    workspaceId: workspaceId(),
    id: uuid('id').notNull(),
    retention: json('retention').notNull(),
    redaction: boolean('redaction').notNull(),
    changedAt: instant('changed_at').notNull(),
    changedBy: text('changed_by').notNull(),
    ...head(),
  },
  (table) => [primaryKey({ columns: [table.id, table.workspaceId] })],
)

/** Public keys that tokens are verified with, of no workspace. */
export const tokenKeys = ropewalk.table('token_keys', {
  kid: text('kid').primaryKey(),
  jwk: json('jwk').notNull(),
  createdAt: instant('created_at').notNull(),
  retiredAt: instant('retired_at'),
})

/** Added to and read, never changed. */
export const audit = ropewalk.table(
  'audit',
  {
    workspaceId: workspaceId(),
    id: uuid('id').notNull(),
    at: instant('at').notNull(),
    actor: text('actor').notNull(),
    actorKind: text('actor_kind').notNull(),
    actorRole: text('actor_role').notNull(),
    operation: text('operation').notNull(),
    resourceType: text('resource_type'),
    resourceId: text('resource_id'),
    threadId: text('thread_id'),
    requestId: text('request_id').notNull(),
    result: text('result').notNull(),
    reason: text('reason'),
    payload: json('payload').notNull(),
  },
  (table) => [primaryKey({ columns: [table.id, table.workspaceId] })],
)
