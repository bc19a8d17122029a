import { setTimeout as sleep } from 'node:timers/promises'
import { type McpServer, createMcpHandler, isLegacyRequest } from '@modelcontextprotocol/server'
import type { Caller } from '@ropewalk/core/access/caller'
import { RopewalkError } from '@ropewalk/core/errors'
import type { Log } from '../log.ts'
import type { GetVisit } from './call.ts'
import { makeLegacyDoor } from './legacy-door.ts'
import { SESSION_LIMITS, type SessionLimits } from './sessions.ts'

/** One HTTP request, past the checks of the door it came in by. */
export type McpVisit = {
  /** Its signal is aborted when the exchange is over: answered, or left by the client. */
  readonly request: Request
  /** Parsed; undefined where there is none. */
  readonly body: unknown
  readonly caller: Caller
  readonly requestId: string
}

/** Makes the server object of one client; `getVisit` finds what goes with each of its calls. */
export type MakeServer = (of: { readonly caller: Caller; readonly getVisit: GetVisit }) => McpServer

export type McpDoor = {
  readonly answer: (visit: McpVisit) => Promise<Response>
  readonly stop: () => Promise<void>
}

/** How long calls under way may take once we stop, after those that only wait were told. */
const DRAIN_MS = 5000

const isSubscription = (body: unknown): boolean =>
  typeof body === 'object' && body !== null && 'method' in body && body.method === 'subscriptions/listen'

/**
 * MCP over Streamable HTTP: the protocol of 2026-07-28 with a server object for each request, and those before it
 * with one for each session. Who calls was found by the door that hands the request in.
 */
export const makeMcpDoor = (of: {
  readonly makeServer: MakeServer
  readonly log: Log
  readonly limits?: Partial<SessionLimits>
}): McpDoor => {
  const { makeServer, log } = of
  const visits = new WeakMap<Request, McpVisit>()
  /** Calls that are being answered. */
  const calls = new Set<Request>()
  const stopping = new AbortController()
  let drained: (() => void) | undefined

  const findVisit = (request: Request | undefined): McpVisit => {
    const visit = request === undefined ? undefined : visits.get(request)
    if (visit !== undefined) return visit
    throw new RopewalkError('INVARIANT_BROKEN', 'An MCP call came from no request of this door.')
  }
  const getVisit: GetVisit = ({ http, mcpReq }) => {
    const { requestId, request } = findVisit(http?.req)
    // The SDK keeps a call of a session going when its client is gone; nobody could fetch the answer any more.
    return { requestId, signal: AbortSignal.any([mcpReq.signal, request.signal, stopping.signal]) }
  }
  const onerror = (error: Error): void => {
    log.debug({ err: error }, 'MCP refused a message')
  }
  const modern = createMcpHandler(
    ({ requestInfo }) => makeServer({ caller: findVisit(requestInfo).caller, getVisit }),
    { legacy: 'reject', onerror },
  )
  const legacy = makeLegacyDoor({
    makeServer: (caller) => makeServer({ caller, getVisit }),
    limits: { ...SESSION_LIMITS, ...of.limits },
    onerror,
  })

  /** Counts a call until its exchange is over. */
  const count = (request: Request): void => {
    const forget = (): void => {
      calls.delete(request)
      if (calls.size === 0) drained?.()
    }
    if (request.signal.aborted) return
    calls.add(request)
    request.signal.addEventListener('abort', forget, { once: true })
  }

  return {
    answer: async (visit) => {
      const { request, body, caller } = visit
      if (isSubscription(body)) {
        // It only tells of news: it ends at once when we stop, while calls may finish.
        const ending = new Request(request, { signal: AbortSignal.any([request.signal, stopping.signal]) })
        visits.set(ending, visit)
        return modern.fetch(ending, { parsedBody: body })
      }
      visits.set(request, visit)
      count(request)
      if (await isLegacyRequest(request, body)) return legacy.answer(request, { body, caller })
      return modern.fetch(request, { parsedBody: body })
    },
    stop: async () => {
      stopping.abort()
      legacy.endStreams()
      if (calls.size > 0) {
        const emptied = new Promise<void>((resolve) => {
          drained = resolve
        })
        await Promise.race([emptied, sleep(DRAIN_MS, undefined, { ref: false })])
      }
      await Promise.all([modern.close(), legacy.stop()])
    },
  }
}
