import { z } from 'zod'
import { type Permission, PERMISSIONS } from '../access/permissions.ts'
import { Role, TokenKind } from '../access/roles.ts'
import { AgentId, GrantId, SessionId, WorkspaceId } from '../ids.ts'
import { makeNamedId } from '../named-id.ts'
import { Instant, text } from '../text.ts'

/** Who has issued the tokens that are issued here, as they say it themselves. */
export const OWN_ISSUER = 'ropewalk'

// Object.keys cannot know that these are all the names there are.
export const Scope = z.enum(Object.keys(PERMISSIONS) as [Permission, ...Permission[]])

/** For whom a grant is and what it allows. `expiresAt` is the end of renewing; a token itself is short-lived. */
export const GrantDraft = z.strictObject({
  name: text(120, 1),
  kind: TokenKind,
  agentId: AgentId,
  role: Role,
  /** Null: all that the role has. */
  scopes: z.array(Scope).min(1).max(40).nullable(),
  sessionId: SessionId,
  ttlMs: z.int().min(60_000).max(2_592_000_000),
  expiresAt: Instant,
})
export type GrantDraft = z.infer<typeof GrantDraft>

/**
 * What tokens are issued under. One that another issuer made is known here only once it was revoked: `issuer`
 * and `jti` then say which it is.
 */
export type Grant = GrantDraft & {
  readonly id: GrantId
  readonly issuer: string
  readonly jti: string | null
  readonly createdBy: string
  readonly createdAt: string
  readonly issued: number
  readonly lastIssuedAt: string | null
  readonly revokedAt: string | null
  readonly revokeReason: string | null
}

/** Under which id a token of another issuer is known as revoked. */
export const makeForeignGrantId = (workspaceId: WorkspaceId, issuer: string, jti: string): GrantId =>
  GrantId.parse(makeNamedId('foreign-token', workspaceId, issuer, jti))

const onGrant = { workspaceId: WorkspaceId, grantId: GrantId }

export const TokenCommand = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('CreateGrant'), ...onGrant, grant: GrantDraft }),
  /** One more token under it; `expiresAt` is that token's own end. */
  z.strictObject({ type: z.literal('IssueToken'), ...onGrant, jti: text(120, 1), expiresAt: Instant }),
  z.strictObject({ type: z.literal('RevokeGrant'), ...onGrant, reason: text(400, 1) }),
  /** For a token of another issuer. */
  z.strictObject({
    type: z.literal('RevokeForeignToken'),
    ...onGrant,
    issuer: text(400, 1),
    jti: text(200, 1),
    reason: text(400, 1),
  }),
])
export type TokenCommand = z.infer<typeof TokenCommand>

const event = <T extends string, D extends z.ZodRawShape>(type: T, data: D) =>
  z.strictObject({ type: z.literal(type), v: z.literal(1), data: z.strictObject(data) })

/** No event holds a token. */
export const TokenEvent = z.discriminatedUnion('type', [
  event('token.granted', { grant: GrantDraft, by: text(120, 1) }),
  event('token.issued', { jti: text(120, 1), expiresAt: Instant }),
  event('token.revoked', { reason: text(400, 1), by: text(120, 1) }),
  event('token.foreign_revoked', {
    issuer: text(400, 1),
    jti: text(200, 1),
    reason: text(400, 1),
    by: text(120, 1),
  }),
])
export type TokenEvent = z.infer<typeof TokenEvent>
export type TokenEventAt = TokenEvent & { readonly at: string }
