import { randomUUID } from 'node:crypto'
import type { GrantId, WorkspaceId } from '@ropewalk/core/ids'
import type { Grant } from '@ropewalk/core/token/token'
import { Instant } from '@ropewalk/core/text'
import { z } from 'zod'
import type { TokenKeys } from '../../store/keys/token-keys.ts'
import type { Engine, SubmitOptions } from '../contract.ts'
import { signToken } from './sign-token.ts'

export type IssuedToken = {
  readonly token: string
  readonly grantId: GrantId
  readonly expiresAt: string
  readonly renewableUntil: string
}

const Issued = z.object({ jti: z.string(), expiresAt: Instant })

const getEnd = ({ ttlMs, expiresAt }: Grant, nowMs: number): string =>
  new Date(Math.min(nowMs + ttlMs, Date.parse(expiresAt))).toISOString()

/**
 * Issues one more token under a grant, good for as long as the grant says and never longer than the grant. The
 * issuing is in the ledger when it returns, the token nowhere. Repeating it with the same idempotency key gives
 * the same token. Throws NOT_FOUND, and FORBIDDEN for a grant that was revoked or has ended.
 */
export const issueToken = async (
  of: {
    readonly engine: Pick<Engine, 'readGrant' | 'submit'>
    readonly keys: Pick<TokenKeys, 'kid' | 'privateKey'>
    readonly audience: string
  },
  { workspaceId, grantId }: { readonly workspaceId: WorkspaceId; readonly grantId: GrantId },
  options: SubmitOptions,
): Promise<IssuedToken> => {
  const { engine, keys, audience } = of
  const grant = await engine.readGrant(workspaceId, grantId)
  const answer = await engine.submit(
    {
      type: 'IssueToken',
      workspaceId,
      grantId,
      jti: randomUUID(),
      expiresAt: getEnd(grant, Date.now()),
    },
    options,
  )
  // What was answered, not what was asked for: a repeated request is given its first token.
  const { jti, expiresAt } = Issued.parse(answer)
  const end = new Date(expiresAt)
  const { agentId, role, kind, sessionId, scopes } = grant
  const token = await signToken(keys, {
    subject: { workspaceId, agentId, role, kind, sessionId, scopes, grantId },
    audience,
    jti,
    issuedAt: new Date(end.getTime() - grant.ttlMs),
    expiresAt: end,
  })
  return { token, grantId, expiresAt, renewableUntil: grant.expiresAt }
}
