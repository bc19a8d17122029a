import type { Caller } from '@ropewalk/core/access/caller'
import { isReservedName } from '@ropewalk/core/access/reserved-names'
import { Role, TokenKind } from '@ropewalk/core/access/roles'
import { RopewalkError } from '@ropewalk/core/errors'
import { AgentId, SessionId, type WorkspaceId } from '@ropewalk/core/ids'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { makeGrantCaller } from '../engine/identity/verify-token.ts'

const PREFIX = 'x-ropewalk-'

const Headers = z.strictObject({
  agent: AgentId.refine((id) => !isReservedName(id), 'expected a name that is not reserved'),
  role: Role,
  kind: TokenKind.default('agent'),
  session: SessionId.optional(),
})

/** How an address is written, whichever way the socket came in. */
const getAddress = (address: string | undefined): string => (address ?? '').replace(/^::ffff:/iu, '')

const readHeaders = ({ headers }: FastifyRequest): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      name.startsWith(PREFIX) ? [[name.slice(PREFIX.length), value]] : [],
    ),
  )

export type FindProxied = (request: FastifyRequest) => Caller | undefined

/**
 * Finds who calls from the headers of a proxy that has checked it: `x-ropewalk-agent`, `-role`, `-kind` and
 * `-session`. They count only when the connection itself comes from one of `proxies`; what a proxy passed on in
 * forwarding headers is not looked at. Undefined where nobody is named. Throws UNAUTHORIZED for headers of a
 * trusted proxy that break their contract.
 */
export const makeFindProxied = (proxies: readonly string[], workspaceId: WorkspaceId): FindProxied => {
  const trusted = new Set(proxies.map(getAddress))
  return (request) => {
    if (!trusted.has(getAddress(request.socket.remoteAddress))) return undefined
    const given = readHeaders(request)
    if (Object.keys(given).length === 0) return undefined
    const parsed = Headers.safeParse(given)
    const caller =
      parsed.success &&
      makeGrantCaller({
        workspaceId,
        agentId: parsed.data.agent,
        role: parsed.data.role,
        kind: parsed.data.kind,
        sessionId: parsed.data.session ?? null,
      })
    if (caller === false || caller === undefined)
      throw new RopewalkError(
        'UNAUTHORIZED',
        'The headers of the proxy do not name a caller as they should.',
        {
          details: { expected: `${PREFIX}agent, ${PREFIX}role, ${PREFIX}kind, ${PREFIX}session` },
        },
      )
    return caller
  }
}
