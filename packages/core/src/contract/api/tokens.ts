import { z } from 'zod'
import { Role, TokenKind } from '../../access/roles.ts'
import { AgentId, GrantId, RunId, SessionId, TaskId, WorkspaceId } from '../../ids.ts'
import { Instant, text } from '../../text.ts'
import { Scope } from '../../token/token.ts'

const HOUR_SECONDS = 3600
const DAY_SECONDS = 24 * HOUR_SECONDS

/**
 * Asks for a token. `ttlSeconds` is how long one token is good, `grantSeconds` how long it may be renewed. Without
 * `sessionId` one is made up; without `scopes` it may do all that its role may.
 */
export const CreateTokenRequest = z.strictObject({
  agentId: AgentId,
  role: Role,
  kind: TokenKind.default('agent'),
  /** What people call it in lists; the name of the agent without it. */
  name: text(120, 1).optional(),
  scopes: z.array(Scope).min(1).max(40).optional(),
  sessionId: SessionId.optional(),
  ttlSeconds: z
    .int()
    .min(60)
    .max(30 * DAY_SECONDS)
    .default(HOUR_SECONDS),
  grantSeconds: z
    .int()
    .min(60)
    .max(366 * DAY_SECONDS)
    .default(30 * DAY_SECONDS),
})
export type CreateTokenRequest = z.infer<typeof CreateTokenRequest>

/** What tokens were issued under, as operators see it. No answer but that of the issuing holds a token. */
export const GrantView = z.strictObject({
  id: GrantId,
  name: z.string(),
  kind: TokenKind,
  agentId: z.string(),
  role: Role,
  scopes: z.array(z.string()).nullable(),
  sessionId: z.string(),
  ttlSeconds: z.int(),
  /** `ropewalk`, or the issuer of a token that was revoked here. */
  issuer: z.string(),
  jti: z.string().nullable(),
  createdBy: z.string(),
  createdAt: Instant,
  expiresAt: Instant,
  /** How many tokens it was good for so far. */
  issued: z.int(),
  lastIssuedAt: Instant.nullable(),
  revokedAt: Instant.nullable(),
  revokeReason: z.string().nullable(),
})
export type GrantView = z.infer<typeof GrantView>

/** A token, told this once. `expiresAt` is its own end, `renewableUntil` that of its grant. */
export const TokenIssued = z.strictObject({
  token: z.string(),
  tokenType: z.literal('Bearer'),
  grantId: GrantId,
  expiresAt: Instant,
  renewableUntil: Instant,
})
export type TokenIssued = z.infer<typeof TokenIssued>

export const RevokeTokenRequest = z.strictObject({ reason: text(400, 1) })
export type RevokeTokenRequest = z.infer<typeof RevokeTokenRequest>

/** A token of another issuer, by what stands in it. */
export const RevokeForeignTokenRequest = z.strictObject({
  issuer: text(400, 1),
  jti: text(200, 1),
  reason: text(400, 1),
})
export type RevokeForeignTokenRequest = z.infer<typeof RevokeForeignTokenRequest>

/** With `retireOlder` the keys before stop counting at once: every token signed with them ends. */
export const RotateKeyRequest = z.strictObject({
  retireOlder: z.boolean().default(false),
  reason: text(400, 1),
})
export type RotateKeyRequest = z.infer<typeof RotateKeyRequest>

export const KeyRotated = z.strictObject({ kid: z.string(), retired: z.array(z.string()) })
export type KeyRotated = z.infer<typeof KeyRotated>

/** Who the caller is by its token, and what it may do. */
export const WhoAmI = z.strictObject({
  /** `owner` holds the home's own token, `grant` one that was issued, `task` the one of an attempt. */
  kind: z.enum(['owner', 'grant', 'task']),
  workspaceId: WorkspaceId,
  agentId: z.string(),
  /** What the ledger writes down for what it does: a person, or an agent. */
  actsAs: z.enum(['person', 'agent', 'policy', 'engine']),
  role: Role,
  sessionId: z.string().nullable(),
  permissions: z.array(z.string()),
  grantId: GrantId.nullable(),
  tokenExpiresAt: Instant.nullable(),
  task: z.strictObject({ runId: RunId, taskId: TaskId, attempt: z.int() }).nullable(),
})
export type WhoAmI = z.infer<typeof WhoAmI>

/** Public keys of tokens (RFC 7517). */
export const TokenKeySet = z.strictObject({ keys: z.array(z.record(z.string(), z.unknown())) })
export type TokenKeySet = z.infer<typeof TokenKeySet>

/** What a client is told that came without a token: where they come from (RFC 9728). */
export const ResourceMetadata = z.strictObject({
  resource: z.url(),
  resource_name: z.string(),
  authorization_servers: z.array(z.string()).optional(),
  bearer_methods_supported: z.tuple([z.literal('header')]),
  scopes_supported: z.array(z.string()),
})
export type ResourceMetadata = z.infer<typeof ResourceMetadata>
