import { clipText } from '../clip.ts'
import { RopewalkError } from '../errors.ts'
import { AgentId, type GrantId, SessionId } from '../ids.ts'
import { type Grant, OWN_ISSUER, type TokenEventAt } from './token.ts'

/** For whom a token of another issuer was is not known here; a grant of it says so, and allows nothing. */
const UNKNOWN = {
  kind: 'automation',
  agentId: AgentId.parse('unknown'),
  role: 'participant',
  scopes: null,
  sessionId: SessionId.parse('unknown'),
  ttlMs: 60_000,
} as const satisfies Partial<Grant>

const NEW = { issued: 0, lastIssuedAt: null, revokedAt: null, revokeReason: null } as const

/** The grant after one more event; null before the first. */
export const evolveGrant = (grant: Grant | null, event: TokenEventAt, id: GrantId): Grant => {
  const { at } = event
  const expectGrant = (): Grant => {
    if (grant !== null) return grant
    throw new RopewalkError('INVARIANT_BROKEN', `There is no grant for ${event.type}: ${id}.`)
  }
  switch (event.type) {
    case 'token.granted': {
      const { grant: draft, by } = event.data
      return { ...draft, ...NEW, id, issuer: OWN_ISSUER, jti: null, createdBy: by, createdAt: at }
    }
    case 'token.issued': {
      const of = expectGrant()
      return { ...of, issued: of.issued + 1, lastIssuedAt: at }
    }
    case 'token.revoked':
      return { ...expectGrant(), revokedAt: at, revokeReason: event.data.reason }
    case 'token.foreign_revoked': {
      const { issuer, jti, reason, by } = event.data
      const name = clipText(jti, 120)
      const times = { createdAt: at, expiresAt: at, revokedAt: at }
      return { ...UNKNOWN, ...NEW, ...times, id, name, issuer, jti, createdBy: by, revokeReason: reason }
    }
  }
}

/** From its whole history, oldest first. */
export const foldGrant = (id: GrantId, events: Iterable<TokenEventAt>): Grant | null => {
  let grant: Grant | null = null
  for (const event of events) grant = evolveGrant(grant, event, id)
  return grant
}
