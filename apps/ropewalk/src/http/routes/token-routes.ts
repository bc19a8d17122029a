import type { Caller } from '@ropewalk/core/access/caller'
import {
  CreateTokenRequest,
  GrantView,
  KeyRotated,
  RevokeForeignTokenRequest,
  RevokeTokenRequest,
  RotateKeyRequest,
  TokenIssued,
} from '@ropewalk/core/contract/api/tokens'
import { isReservedName } from '@ropewalk/core/access/reserved-names'
import { CommandAnswer } from '@ropewalk/core/contract/api/runs'
import { makePage, PageQuery } from '@ropewalk/core/contract/api/paging'
import { RopewalkError } from '@ropewalk/core/errors'
import { GrantId, SessionId } from '@ropewalk/core/ids'
import { type Grant, type GrantDraft, makeForeignGrantId } from '@ropewalk/core/token/token'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { SubmitOptions } from '../../engine/contract.ts'
import { type IssuedToken, issueToken } from '../../engine/identity/issue-token.ts'
import { rotatePublishedKey } from '../../engine/identity/publish-key.ts'
import { makeId } from '../../engine/runs/make-id.ts'
import { openTokenKeys } from '../../store/keys/token-keys.ts'
import type { HttpContext } from '../context.ts'
import { addRoute } from '../route.ts'

const TokenParams = z.strictObject({ id: GrantId })

const makeGrantView = ({ ttlMs, scopes, ...grant }: Grant): GrantView => ({
  ...grant,
  scopes: scopes === null ? null : [...scopes],
  ttlSeconds: Math.round(ttlMs / 1000),
})

const makeIssued = (issued: IssuedToken): TokenIssued => ({ ...issued, tokenType: 'Bearer' })

/** What follows from a request within it: under its key, but with an answer of its own. */
const makeNext = (options: SubmitOptions, name: string): SubmitOptions => ({
  ...options,
  audit: undefined,
  idempotency:
    options.idempotency === undefined
      ? undefined
      : { ...options.idempotency, route: `${options.idempotency.route}#${name}` },
})

/** Nobody hands on more than they have. Throws FORBIDDEN; CLAIM_MISMATCH for a name that is reserved. */
const checkDraft = ({ scopes: own }: Caller, { agentId, scopes }: GrantDraft): void => {
  if (isReservedName(agentId))
    throw new RopewalkError(
      'CLAIM_MISMATCH',
      `As ${agentId} only Ropewalk itself or whoever holds the token of this home may speak. Choose another name.`,
    )
  if (own !== null && (scopes === null || scopes.some((scope) => !own.includes(scope))))
    throw new RopewalkError(
      'FORBIDDEN',
      `Your token is narrowed to ${own.join(', ')}: name scopes among these for the new one.`,
      { details: { scopes: own } },
    )
}

const makeDraft = (body: CreateTokenRequest): GrantDraft => {
  const { agentId, role, kind, ttlSeconds, grantSeconds } = body
  return {
    name: body.name ?? agentId,
    kind,
    agentId,
    role,
    scopes: body.scopes === undefined ? null : [...new Set(body.scopes)],
    sessionId: body.sessionId ?? SessionId.parse(makeId()),
    ttlMs: ttlSeconds * 1000,
    expiresAt: new Date(Date.now() + grantSeconds * 1000).toISOString(),
  }
}

const addIssueRoutes = (app: FastifyInstance, { engine, config, home }: HttpContext): void => {
  const issue = (of: { workspaceId: Caller['workspaceId']; grantId: GrantId }, options: SubmitOptions) =>
    issueToken({ engine, keys: openTokenKeys(home), audience: config.authAudience }, of, options)
  addRoute(app, {
    method: 'POST',
    path: '/v1/tokens',
    name: 'createToken',
    about:
      'Makes a grant for an agent, a worker, a program or a person, and its first token, told this once.',
    body: CreateTokenRequest,
    answer: TokenIssued,
    handle: async ({ body, caller, options }) => {
      const { workspaceId } = caller
      const grant = makeDraft(body)
      checkDraft(caller, grant)
      const grantId = GrantId.parse(makeId())
      const { audit } = options
      // The address names no grant yet, and who looks into the audit asks which one was made.
      const noted =
        audit === undefined
          ? options
          : { ...options, audit: { ...audit, resourceType: 'token', resourceId: grantId } }
      const made = await engine.submit({ type: 'CreateGrant', workspaceId, grantId, grant }, noted)
      // A repeated request is answered with the grant that the first one made.
      const first = GrantId.parse(made['grantId'])
      return makeIssued(await issue({ workspaceId, grantId: first }, makeNext(options, 'token')))
    },
  })
  addRoute(app, {
    method: 'POST',
    path: '/v1/tokens/renew',
    name: 'renewToken',
    about: 'A fresh token under the grant of the one that it is asked with, until the grant ends.',
    answer: TokenIssued,
    body: z.strictObject({}),
    handle: async ({ caller, options }) => {
      const { workspaceId, grantId } = caller
      if (grantId === null)
        throw new RopewalkError(
          'FORBIDDEN',
          'Only a token that was issued here can be renewed. Tokens of tasks are renewed by their heartbeat, those of another issuer there.',
        )
      return makeIssued(await issue({ workspaceId, grantId }, makeNext(options, grantId)))
    },
  })
}

const addReadRoutes = (app: FastifyInstance, { engine }: HttpContext): void => {
  addRoute(app, {
    method: 'GET',
    path: '/v1/tokens',
    name: 'listTokens',
    about: 'Grants of the workspace, the newest first; never a token.',
    query: PageQuery,
    answer: makePage(GrantView),
    handle: async ({ query, caller }) => {
      const page = await engine.listGrants(caller.workspaceId, query)
      return { items: page.items.map(makeGrantView), nextCursor: page.nextCursor }
    },
  })
  addRoute(app, {
    method: 'GET',
    path: '/v1/tokens/:id',
    name: 'readToken',
    about: 'One grant: for whom it is, what it allows, and whether it was revoked.',
    params: TokenParams,
    answer: GrantView,
    handle: async ({ params, caller }) =>
      makeGrantView(await engine.readGrant(caller.workspaceId, params.id)),
  })
}

const addRevokeRoutes = (app: FastifyInstance, { engine, home, log }: HttpContext): void => {
  addRoute(app, {
    method: 'POST',
    path: '/v1/tokens/:id/revoke',
    name: 'revokeToken',
    about: 'Ends a grant and every token under it, at once and in every process.',
    params: TokenParams,
    body: RevokeTokenRequest,
    answer: CommandAnswer,
    handle: ({ params, body, caller, options }) =>
      engine.submit(
        {
          type: 'RevokeGrant',
          workspaceId: caller.workspaceId,
          grantId: params.id,
          reason: body.reason,
        },
        options,
      ),
  })
  addRoute(app, {
    method: 'POST',
    path: '/v1/tokens/revoke-foreign',
    name: 'revokeForeignToken',
    about: 'Refuses a token of another issuer from now on, whether it was seen here or not.',
    body: RevokeForeignTokenRequest,
    answer: CommandAnswer,
    handle: ({ body, caller, options }) => {
      const { workspaceId } = caller
      const grantId = makeForeignGrantId(workspaceId, body.issuer, body.jti)
      return engine.submit({ type: 'RevokeForeignToken', workspaceId, grantId, ...body }, options)
    },
  })
  addRoute(app, {
    method: 'POST',
    path: '/v1/tokens/rotate-key',
    name: 'rotateTokenKey',
    about:
      'Signs tokens with a new key from now on; older ones of this home go on to verify, or are retired.',
    body: RotateKeyRequest,
    answer: KeyRotated,
    handle: async ({ body, caller, options, request }) => {
      const rotated = await rotatePublishedKey(engine, home, body.retireOlder)
      const { kid, retired } = rotated
      if (options.audit !== undefined)
        await engine.noteUse(caller, { ...options.audit, resourceType: 'token-key', resourceId: kid })
      log.warn(
        { requestId: request.id, by: caller.by.id, kid, retired, reason: body.reason },
        'tokens are signed with another key from now on',
      )
      return rotated
    },
  })
}

/** Tokens: issued, renewed, listed, revoked; and the key that signs them. */
export const addTokenRoutes = (app: FastifyInstance, context: HttpContext): void => {
  addIssueRoutes(app, context)
  addReadRoutes(app, context)
  addRevokeRoutes(app, context)
}
