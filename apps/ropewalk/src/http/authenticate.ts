import { createHash, timingSafeEqual } from 'node:crypto'
import { RopewalkError } from '@ropewalk/core/errors'
import type { Caller, TaskClaim } from '@ropewalk/core/access/caller'
import { AgentId, type WorkspaceId } from '@ropewalk/core/ids'
import type { FastifyRequest } from 'fastify'
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

export type Authenticate = (request: FastifyRequest) => Caller | Promise<Caller>

/** As whom the owner speaks; nobody else may have the name. */
export const OWNER = AgentId.parse('owner')

/** The name a worker gave itself; where it is no name of an agent, or somebody's who is none, that of its task. */
const getTaskAgent = ({ worker, taskId }: TaskClaim): AgentId => {
  const named = AgentId.safeParse(worker)
  return named.success && named.data !== OWNER ? named.data : AgentId.parse(`task:${taskId}`)
}

const makeTaskCaller = (claim: TaskClaim): Caller => ({
  kind: 'task',
  workspaceId: claim.workspaceId,
  by: { kind: 'agent', id: claim.worker },
  agentId: getTaskAgent(claim),
  role: 'participant',
  sessionId: null,
  scopes: null,
  grantId: null,
  claim,
})

/** Finds who calls from the `Authorization` header. Throws UNAUTHORIZED without a valid token. */
export const makeAuthenticate = (options: {
  readonly apiToken: string
  readonly taskTokens: TaskTokens
  readonly workspaceId: WorkspaceId
}): Authenticate => {
  // Digests have one length, so that comparing takes the same time for every token.
  const expected = digest(options.apiToken)
  const owner: Caller = {
    kind: 'owner',
    workspaceId: options.workspaceId,
    by: { kind: 'person', id: OWNER },
    agentId: OWNER,
    role: 'operator',
    sessionId: null,
    scopes: null,
    grantId: null,
    claim: null,
  }
  return (request) => {
    const token = findToken(request)
    if (token === undefined) return refuse()
    if (timingSafeEqual(digest(token), expected)) return owner
    const claim = options.taskTokens.verify(token)
    return claim === undefined ? refuse() : makeTaskCaller(claim)
  }
}
