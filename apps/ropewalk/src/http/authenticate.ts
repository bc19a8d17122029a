import { createHash, timingSafeEqual } from 'node:crypto'
import { RopewalkError } from '@ropewalk/core/errors'
import type { Caller, TaskClaim } from '@ropewalk/core/access/caller'
import { isReservedName } from '@ropewalk/core/access/reserved-names'
import { AgentId, type WorkspaceId } from '@ropewalk/core/ids'
import type { FastifyRequest } from 'fastify'
import { OWNER, type VerifyToken } from '../engine/identity/verify-token.ts'
import type { FindProxied } from './find-proxied-caller.ts'
import type { TaskTokens } from './task-token.ts'

/** Shorter ones could be guessed; ours have 43 characters. */
const MIN_TOKEN_CHARS = 16

const SCHEME = /^Bearer +([\x21-\x7e]{1,4096}) *$/iu

/** Agents of system B send the token in a header of its own; it is the same token, for their surface alone. */
const findToken = ({ headers, url }: FastifyRequest): string | undefined => {
  const own = headers['x-auth-token']
  if (headers.authorization === undefined && typeof own === 'string' && !url.startsWith('/v1/'))
    return SCHEME.exec(`Bearer ${own}`)?.[1]
  return SCHEME.exec(headers.authorization ?? '')?.[1]
}

const hasToken = ({ headers }: FastifyRequest): boolean =>
  headers.authorization !== undefined || headers['x-auth-token'] !== undefined

const digest = (value: string): Buffer => createHash('sha256').update(value).digest()

/** Refuses a token that is empty, short or cannot stand in a header: without one nothing would be guarded. */
export const checkApiToken = (token: string): void => {
  if (token.length >= MIN_TOKEN_CHARS && /^[\x21-\x7e]+$/u.test(token)) return
  throw new RopewalkError(
    'INVALID_ARGUMENT',
    `The API needs a token of at least ${MIN_TOKEN_CHARS} visible ASCII characters; it does not start without one.`,
  )
}

const refuse = (): never => {
  throw new RopewalkError(
    'UNAUTHORIZED',
    'A valid token is needed. Send it as "Authorization: Bearer TOKEN", never in the address.',
  )
}

/** Who calls, and when their token ends, in milliseconds since 1970; null: it does not end by itself. */
export type Authenticated = { readonly caller: Caller; readonly expiresAt: number | null }

export type Authenticate = (request: FastifyRequest) => Authenticated | Promise<Authenticated>

/** The name a worker gave itself; where it is no name of an agent, or one that is reserved, that of its task. */
const getTaskAgent = ({ worker, taskId }: TaskClaim): AgentId => {
  const named = AgentId.safeParse(worker)
  return named.success && !isReservedName(named.data) ? named.data : AgentId.parse(`task:${taskId}`)
}

const makeTaskCaller = (claim: TaskClaim): Authenticated => ({
  caller: {
    kind: 'task',
    workspaceId: claim.workspaceId,
    by: { kind: 'agent', id: claim.worker },
    agentId: getTaskAgent(claim),
    role: 'participant',
    sessionId: null,
    scopes: null,
    grantId: null,
    claim,
  },
  expiresAt: claim.expiresAt,
})

const makeOwner = (workspaceId: WorkspaceId): Authenticated => ({
  caller: {
    kind: 'owner',
    workspaceId,
    by: { kind: 'person', id: OWNER },
    agentId: OWNER,
    role: 'operator',
    sessionId: null,
    scopes: null,
    grantId: null,
    claim: null,
  },
  expiresAt: null,
})

/** Only tokens of ours and of the issuer in the settings have two dots; a task's begins with its own tag. */
const isJwt = (token: string): boolean => token.startsWith('ey') && token.split('.').length === 3

/**
 * Finds who calls: from the token in the `Authorization` header, and without one from the headers of a proxy that
 * is trusted. Throws UNAUTHORIZED where neither says it, and what `verifyToken` throws.
 */
export const makeAuthenticate = (options: {
  readonly apiToken: string
  readonly taskTokens: TaskTokens
  readonly workspaceId: WorkspaceId
  readonly verifyToken: VerifyToken
  readonly isLive: (caller: Caller) => Promise<boolean>
  readonly findProxied: FindProxied
}): Authenticate => {
  const { taskTokens, verifyToken, isLive, findProxied } = options
  // Digests have one length, so that comparing takes the same time for every token.
  const expected = digest(options.apiToken)
  const owner = makeOwner(options.workspaceId)
  const findTask = (claim: TaskClaim): Authenticated | Promise<Authenticated> => {
    const task = makeTaskCaller(claim)
    if (claim.grantId === undefined && claim.foreign === undefined) return task
    return isLive(task.caller).then((live) => (live ? task : refuse()))
  }
  return (request) => {
    const token = findToken(request)
    if (token === undefined) {
      // A token that cannot be read is refused, and not passed over for what a proxy says.
      const proxied = hasToken(request) ? undefined : findProxied(request)
      return proxied === undefined ? refuse() : { caller: proxied, expiresAt: null }
    }
    if (timingSafeEqual(digest(token), expected)) return owner
    const claim = taskTokens.verify(token)
    if (claim !== undefined) return findTask(claim)
    return isJwt(token) ? verifyToken(token) : refuse()
  }
}
