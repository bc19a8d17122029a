import { createHash, timingSafeEqual } from 'node:crypto'
import { RopewalkError } from '@ropewalk/core/errors'
import type { WorkspaceId } from '@ropewalk/core/ids'
import type { FastifyRequest } from 'fastify'
import type { Access, Caller } from './caller.ts'
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

export type Authenticate = (request: FastifyRequest, access: Access) => Caller | null

/**
 * Finds who calls from the `Authorization` header and whether the route is open to them.
 * Throws UNAUTHORIZED without a valid token, FORBIDDEN where the token is of the wrong kind.
 */
export const makeAuthenticate = (options: {
  readonly apiToken: string
  readonly taskTokens: TaskTokens
  readonly workspaceId: WorkspaceId
}): Authenticate => {
  // Digests have one length, so that comparing takes the same time for every token.
  const expected = digest(options.apiToken)
  const find = (token: string): Caller | undefined => {
    if (timingSafeEqual(digest(token), expected))
      return { kind: 'owner', workspaceId: options.workspaceId, by: { kind: 'person', id: 'owner' } }
    const claim = options.taskTokens.verify(token)
    if (claim === undefined) return undefined
    return {
      kind: 'task',
      workspaceId: claim.workspaceId,
      by: { kind: 'agent', id: claim.worker },
      claim,
    }
  }
  return (request, access) => {
    if (access === 'public') return null
    const token = findToken(request)
    const caller = token === undefined ? undefined : find(token)
    if (caller === undefined) return refuse()
    if (access !== 'any' && access !== caller.kind) {
      throw new RopewalkError(
        'FORBIDDEN',
        access === 'task'
          ? 'Only the token that came with a claimed task may do this.'
          : "A task's token may only read its inputs and report on its own task.",
      )
    }
    return caller
  }
}
