import type { Permission } from '@ropewalk/core/access/permissions'
import type { Role, TokenKind } from '@ropewalk/core/access/roles'
import type { AgentId, GrantId, SessionId, WorkspaceId } from '@ropewalk/core/ids'
import { OWN_ISSUER } from '@ropewalk/core/token/token'
import { SignJWT } from 'jose'
import type { TokenKeys } from '../../store/keys/token-keys.ts'

/** Of RFC 9068: that it is for access, so that no other signed document of ours or of anybody passes for one. */
export const TOKEN_TYPE = 'at+jwt'

/** The only algorithm that our own tokens are signed with. */
export const TOKEN_ALGORITHM = 'EdDSA'

/** What a token says of its holder (row CX-20). */
export type TokenSubject = {
  readonly workspaceId: WorkspaceId
  readonly agentId: AgentId
  readonly role: Role
  readonly kind: TokenKind
  readonly sessionId: SessionId
  /** Null: all that the role has. */
  readonly scopes: readonly Permission[] | null
  readonly grantId: GrantId
}

/**
 * A signed token. The same subject, `jti` and times give the same text, so that a repeated request is answered
 * as the first was. Times are in whole seconds; the rest of one is cut off.
 */
export const signToken = (
  keys: Pick<TokenKeys, 'kid' | 'privateKey'>,
  of: {
    readonly subject: TokenSubject
    readonly audience: string
    readonly jti: string
    readonly issuedAt: Date
    readonly expiresAt: Date
  },
): Promise<string> => {
  const { subject, audience, jti, issuedAt, expiresAt } = of
  const { workspaceId, agentId, role, kind, sessionId, scopes, grantId } = subject
  const seconds = (time: Date): number => Math.floor(time.getTime() / 1000)
  return new SignJWT({
    agent_id: agentId,
    workspace_id: workspaceId,
    role,
    kind,
    session_id: sessionId,
    grant_id: grantId,
    ...(scopes === null ? {} : { scope: scopes.join(' ') }),
  })
    .setProtectedHeader({ alg: TOKEN_ALGORITHM, typ: TOKEN_TYPE, kid: keys.kid })
    .setIssuer(OWN_ISSUER)
    .setAudience(audience)
    .setSubject(agentId)
    .setJti(jti)
    .setIssuedAt(seconds(issuedAt))
    .setNotBefore(seconds(issuedAt))
    .setExpirationTime(seconds(expiresAt))
    .sign(keys.privateKey)
}
