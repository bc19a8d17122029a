import { randomBytes } from 'node:crypto'
import {
  type McpServer,
  WebStandardStreamableHTTPServerTransport as Transport,
  isInitializeRequest,
} from '@modelcontextprotocol/server'
import type { Caller } from '@ropewalk/core/access/caller'
import { makeSessions, type SessionLimits } from './sessions.ts'

/** Often enough that idle sessions do not pile up. */
const SWEEP_MS = 60_000

type Held = { readonly server: McpServer; readonly transport: Transport }

type Of = { readonly body: unknown; readonly caller: Caller }

export type LegacyDoor = {
  readonly answer: (request: Request, of: Of) => Promise<Response>
  /** Ends the streams on which clients wait for news; calls go on. */
  readonly endStreams: () => void
  readonly stop: () => Promise<void>
}

/**
 * To whom a session belongs: all that the token says, so that a session made with more rights than a token has is
 * not to be had with it. A renewed token of the same grant finds its session again; of another issuer's tokens each
 * is revoked by itself, so each has sessions of its own.
 */
const getOwner = ({
  kind,
  workspaceId,
  by,
  agentId,
  role,
  sessionId,
  scopes,
  grantId,
  foreign,
  claim,
}: Caller): string =>
  JSON.stringify([
    kind,
    workspaceId,
    by.kind,
    by.id,
    agentId,
    role,
    sessionId,
    scopes === null ? null : scopes.toSorted(),
    grantId,
    foreign === undefined ? null : [foreign.issuer, foreign.jti],
    claim === null ? null : [claim.runId, claim.taskId, claim.attempt],
  ])

const refuse = (status: number, code: number, message: string): Response =>
  Response.json({ jsonrpc: '2.0', error: { code, message }, id: null }, { status })

/** The same words for a session that never was, has ended, or is somebody else's. */
const refuseUnknown = (): Response => refuse(404, -32_001, 'Session not found')

/** The protocols before 2026-07-28: a client opens a session and names it with every request. */
export const makeLegacyDoor = (of: {
  readonly makeServer: (caller: Caller) => McpServer
  readonly limits: SessionLimits
  readonly onerror: (error: Error) => void
}): LegacyDoor => {
  const { makeServer, limits, onerror } = of
  const close = ({ server }: Held): void => {
    server.close().catch(onerror)
  }
  const sessions = makeSessions<Held>({ limits, now: () => performance.now(), drop: close })
  const sweeping = setInterval(sessions.sweep, SWEEP_MS).unref()

  const openSession = async (request: Request, { body, caller }: Of): Promise<Response> => {
    const owner = getOwner(caller)
    const server = makeServer(caller)
    const transport = new Transport({
      sessionIdGenerator: () => randomBytes(24).toString('base64url'),
      onsessioninitialized: (id) => {
        sessions.add({ id, owner, held: { server, transport } })
      },
      onsessionclosed: sessions.remove,
    })
    transport.onerror = onerror
    await server.connect(transport)
    const response = await transport.handleRequest(request, { parsedBody: body })
    if (transport.sessionId === undefined) await server.close()
    return response
  }

  const answer: LegacyDoor['answer'] = async (request, visit) => {
    const { body, caller } = visit
    // Only the revision of 2025-03-26 had batches. Requests are counted per token, and a batch would be thousands.
    if (Array.isArray(body)) return refuse(400, -32_600, 'Send one message in each request, not a batch.')
    const id = request.headers.get('mcp-session-id')
    if (id === null) {
      if (isInitializeRequest(body)) return openSession(request, visit)
      return refuse(
        400,
        -32_000,
        'Begin with initialize, then name the session in the header Mcp-Session-Id.',
      )
    }
    const session = sessions.find(id, getOwner(caller))
    if (session === undefined) return refuseUnknown()
    session.usedAt = performance.now()
    session.inHand += 1
    request.signal.addEventListener(
      'abort',
      () => {
        session.inHand -= 1
        session.usedAt = performance.now()
      },
      { once: true },
    )
    return session.held.transport.handleRequest(request, body === undefined ? {} : { parsedBody: body })
  }

  return {
    answer,
    endStreams: () => {
      for (const { held } of sessions.list()) held.transport.closeStandaloneSSEStream()
    },
    stop: async () => {
      clearInterval(sweeping)
      await Promise.all(sessions.list().map(({ held }) => held.server.close()))
    },
  }
}
