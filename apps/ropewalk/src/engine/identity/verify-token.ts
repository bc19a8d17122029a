import type { Caller, ForeignToken } from '@ropewalk/core/access/caller'
import { type Permission, PERMISSIONS } from '@ropewalk/core/access/permissions'
import { isReservedName } from '@ropewalk/core/access/reserved-names'
import { Role, TokenKind } from '@ropewalk/core/access/roles'
import { RopewalkError } from '@ropewalk/core/errors'
import { AgentId, GrantId, SessionId, WorkspaceId } from '@ropewalk/core/ids'
import { text } from '@ropewalk/core/text'
import { OWN_ISSUER } from '@ropewalk/core/token/token'
import {
  decodeJwt,
  errors,
  jwtVerify,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
} from 'jose'
import { z } from 'zod'
import type { Config } from '../../config.ts'
import type { IdentityEngine } from './contract.ts'
import { makeOutsideKeys } from './outside-keys.ts'
import { makeOwnKeys } from './own-keys.ts'
import { TOKEN_ALGORITHM, TOKEN_TYPE } from './sign-token.ts'

/** Clocks of two machines may differ by this much. */
const SKEW_SECONDS = 5

/** What other issuers are taken with: signatures only, and none that a public key could make. */
const OUTSIDE_ALGORITHMS = ['EdDSA', 'ES256', 'RS256']

/** Types under which other issuers send access tokens. An identity or logout token has another one. */
const OUTSIDE_TYPES: readonly (string | undefined)[] = [undefined, 'jwt', 'at+jwt', 'application/at+jwt']

const REQUIRED = ['iat', 'exp', 'jti', 'agent_id', 'workspace_id', 'role', 'kind', 'session_id']

/** The name of whoever holds the home's own token. No other token may carry it, nor one that reads like it. */
export const OWNER = AgentId.parse('owner')

const Claims = z.object({
  agent_id: AgentId.refine((id) => !isReservedName(id), 'expected a name that is not reserved'),
  workspace_id: WorkspaceId,
  role: Role,
  kind: TokenKind,
  session_id: SessionId,
  jti: text(200, 1),
  iat: z.number(),
  exp: z.number(),
  scope: z.string().max(4000).optional(),
  grant_id: GrantId.optional(),
})
type Claims = z.infer<typeof Claims>

/** A caller, and when its token ends, in milliseconds since 1970. */
export type VerifiedToken = { readonly caller: Caller; readonly expiresAt: number }

export type VerifyToken = (token: string) => Promise<VerifiedToken>

type Reason = 'invalid' | 'expired' | 'revoked'

const WORDS: Readonly<Record<Reason, string>> = {
  invalid: 'This token is not one that is taken here.',
  expired: 'The token has expired. Renew it while it is good (POST /v1/tokens/renew), or ask for another.',
  revoked: 'The token was revoked, or its grant has ended. Ask an operator for another.',
}

const refuse = (reason: Reason, cause?: unknown): never => {
  throw new RopewalkError('UNAUTHORIZED', WORDS[reason], {
    details: { reason },
    ...(cause === undefined ? {} : { cause }),
  })
}

const FORM = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/u

/** Whether no other text would be read as the same token: base64 has several for the same bytes. */
const isCanonical = (token: string): boolean =>
  FORM.test(token) &&
  token.split('.').every((part) => Buffer.from(part, 'base64url').toString('base64url') === part)

/** Whose token it says to be, not yet believed: it picks the keys and rules that it is then judged by. */
const readIssuer = (token: string): string | undefined => {
  try {
    return decodeJwt(token).iss
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof TypeError) return undefined
    throw error
  }
}

const isPermission = (scope: string): scope is Permission => Object.hasOwn(PERMISSIONS, scope)

/** Names that are no permissions of ours count for nothing: a token with only such may do nothing. */
const getScopes = ({ scope }: Claims): readonly Permission[] | null =>
  scope === undefined ? null : [...new Set(scope.split(' ').filter(isPermission))]

/** A person leads or looks on, and only a person is an operator. */
const fits = (kind: TokenKind, role: Role): boolean =>
  kind === 'operator' ? role === 'operator' || role === 'auditor' : role !== 'operator'

/** Somebody who was given a token, or for whom a proxy speaks. Undefined for a role that its kind does not have. */
export const makeGrantCaller = (of: {
  readonly workspaceId: WorkspaceId
  readonly agentId: AgentId
  readonly role: Role
  readonly kind: TokenKind
  readonly sessionId: SessionId | null
  readonly scopes?: readonly Permission[] | null
  readonly grantId?: GrantId | null
  readonly foreign?: ForeignToken
}): Caller | undefined => {
  const { workspaceId, agentId, role, kind, sessionId, scopes = null, grantId = null, foreign } = of
  if (!fits(kind, role)) return undefined
  return {
    kind: 'grant',
    workspaceId,
    by: { kind: kind === 'operator' ? 'person' : 'agent', id: agentId },
    agentId,
    role,
    sessionId,
    scopes,
    grantId,
    claim: null,
    ...(foreign === undefined ? {} : { foreign }),
  }
}

const makeCaller = (
  claims: Claims,
  origin: { readonly grantId: GrantId } | { readonly foreign: ForeignToken },
): VerifiedToken => {
  const { workspace_id: workspaceId, agent_id: agentId, role, kind, session_id: sessionId } = claims
  const scopes = getScopes(claims)
  const caller = makeGrantCaller({ workspaceId, agentId, role, kind, sessionId, scopes, ...origin })
  return caller === undefined ? refuse('invalid') : { caller, expiresAt: claims.exp * 1000 }
}

const readClaims = (payload: JWTPayload, nowMs: number): Claims => {
  const parsed = Claims.safeParse(payload)
  if (!parsed.success) return refuse('invalid', parsed.error)
  // One from the future was made by a clock that cannot be trusted with the token's end either.
  if (parsed.data.iat > nowMs / 1000 + SKEW_SECONDS) return refuse('invalid')
  return parsed.data
}

const checkSignature = async (
  token: string,
  keys: JWTVerifyGetKey,
  options: JWTVerifyOptions,
): Promise<{ payload: JWTPayload; type: string | undefined }> => {
  try {
    const { payload, protectedHeader } = await jwtVerify(token, keys, options)
    return { payload, type: protectedHeader.typ?.toLowerCase() }
  } catch (error) {
    if (error instanceof RopewalkError) throw error
    // It is told apart only once the signature was good, so that nobody learns of tokens they do not hold.
    return refuse(error instanceof errors.JWTExpired ? 'expired' : 'invalid', error)
  }
}

type Judge = (token: string) => Promise<VerifiedToken>

type Sources = {
  readonly engine: Pick<
    IdentityEngine,
    'isGrantLive' | 'isForeignTokenLive' | 'isWorkspace' | 'listTokenKeys'
  >
  readonly config: Pick<Config, 'authJwksUrl' | 'authIssuer' | 'authAudience'>
  readonly getNowMs: () => number
}

const makeOwnJudge = ({ engine, config, getNowMs }: Sources): Judge => {
  const keys = makeOwnKeys(engine, getNowMs)
  const findKey: JWTVerifyGetKey = async ({ kid }) =>
    (kid === undefined ? undefined : await keys.find(kid)) ?? refuse('invalid')
  return async (token) => {
    const { payload } = await checkSignature(token, findKey, {
      algorithms: [TOKEN_ALGORITHM],
      typ: TOKEN_TYPE,
      issuer: OWN_ISSUER,
      audience: config.authAudience,
      clockTolerance: SKEW_SECONDS,
      requiredClaims: [...REQUIRED, 'nbf', 'grant_id'],
      currentDate: new Date(getNowMs()),
    })
    const claims = readClaims(payload, getNowMs())
    const { workspace_id: workspaceId, grant_id: grantId } = claims
    if (grantId === undefined) return refuse('invalid')
    if (!(await engine.isGrantLive(workspaceId, grantId))) return refuse('revoked')
    return makeCaller(claims, { grantId })
  }
}

const makeOutsideJudge = ({ engine, config, getNowMs }: Sources, issuer: string, jwksUrl: string): Judge => {
  const keys = makeOutsideKeys(jwksUrl, getNowMs)
  return async (token) => {
    const { payload, type } = await checkSignature(token, keys, {
      algorithms: OUTSIDE_ALGORITHMS,
      issuer,
      audience: config.authAudience,
      clockTolerance: SKEW_SECONDS,
      requiredClaims: REQUIRED,
      currentDate: new Date(getNowMs()),
    })
    if (!OUTSIDE_TYPES.includes(type)) return refuse('invalid')
    const claims = readClaims(payload, getNowMs())
    const { workspace_id: workspaceId, jti } = claims
    if (!(await engine.isWorkspace(workspaceId))) return refuse('invalid')
    if (!(await engine.isForeignTokenLive(workspaceId, issuer, jti))) return refuse('revoked')
    return makeCaller(claims, { foreign: { issuer, jti } })
  }
}

/**
 * Makes the function that finds who holds an access token, ours or one of the issuer in the settings. The
 * algorithm, the keys, the type and the audience are those of that issuer's rules, never the token's own word;
 * whether it was revoked is asked of the database each time.
 * It throws UNAUTHORIZED with `details.reason` (`expired` and `revoked` only for a token that was good once),
 * ISSUER_UNREACHABLE, STORE_UNAVAILABLE.
 */
export const makeVerifyToken = (
  of: Omit<Sources, 'getNowMs'> & { readonly getNowMs?: () => number },
): VerifyToken => {
  const sources: Sources = { ...of, getNowMs: of.getNowMs ?? Date.now }
  const { authIssuer, authJwksUrl } = of.config
  const ours = makeOwnJudge(sources)
  const outside =
    authIssuer === undefined || authJwksUrl === undefined
      ? undefined
      : makeOutsideJudge(sources, authIssuer, authJwksUrl)
  return async (token) => {
    if (!isCanonical(token)) return refuse('invalid')
    const issuer = readIssuer(token)
    if (issuer === OWN_ISSUER) return ours(token)
    return issuer === authIssuer && outside !== undefined ? outside(token) : refuse('invalid')
  }
}

/** Whether the token a caller came with is still good, for what outlives one request. Throws STORE_UNAVAILABLE. */
export const isStillLive = async (
  engine: Pick<IdentityEngine, 'isGrantLive' | 'isForeignTokenLive'>,
  { workspaceId, ...caller }: Pick<Caller, 'workspaceId' | 'grantId' | 'foreign' | 'claim'>,
): Promise<boolean> => {
  const { grantId, foreign } = caller.claim ?? caller
  if (grantId !== undefined && grantId !== null && !(await engine.isGrantLive(workspaceId, grantId)))
    return false
  return foreign === undefined || engine.isForeignTokenLive(workspaceId, foreign.issuer, foreign.jti)
}
