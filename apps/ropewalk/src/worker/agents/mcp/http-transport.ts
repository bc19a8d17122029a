import type { IncomingHttpHeaders } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { RopewalkError } from '@ropewalk/core/errors'
import { StreamableHTTPClientTransport, type FetchLike } from '@modelcontextprotocol/client'
import { openGuarded } from '../../../notify/fetch-guarded.ts'
import { MAX_MESSAGE_BYTES, type ServerTransport } from './server-transport.ts'

export type HttpSettings = {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly allowPrivate: boolean
  /** Until the head of an answer has come. */
  readonly timeoutMs: number
}

/** The body, up to the limit. Leaving it early ends the connection. */
async function* capBody(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > MAX_MESSAGE_BYTES)
      throw new RopewalkError('PAYLOAD_TOO_LARGE', `An answer is over ${MAX_MESSAGE_BYTES} bytes.`)
    yield chunk
  }
}

const makeHeaders = (from: IncomingHttpHeaders): Headers => {
  const headers = new Headers()
  for (const [name, value] of Object.entries(from))
    for (const each of Array.isArray(value) ? value : [value ?? '']) headers.append(name, each)
  return headers
}

const HAS_NO_BODY: ReadonlySet<number> = new Set([204, 205, 304])

/**
 * What the transport fetches with: to the one registered origin, by an address that was checked, and without
 * following redirects, which would carry the headers to wherever they point.
 */
const makeFetch =
  ({ url, allowPrivate, timeoutMs }: HttpSettings): FetchLike =>
  async (given, init) => {
    const asked = new URL(given)
    if (asked.origin !== new URL(url).origin)
      throw new RopewalkError('FORBIDDEN', `Only ${new URL(url).origin} may be asked, not ${asked.origin}.`)
    const headers = new Headers(init?.headers)
    // Nobody listens to what a server says unasked; a stream that broke off may be taken up again.
    if ((init?.method ?? 'GET') === 'GET' && !headers.has('last-event-id'))
      return new Response(null, { status: 405 })
    const body = typeof init?.body === 'string' ? init.body : undefined
    const response = await openGuarded(
      asked.href,
      {
        method: init?.method,
        headers: {
          ...Object.fromEntries(headers),
          'user-agent': 'ropewalk',
          ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
        },
        body,
        timeoutMs,
        signal: init?.signal ?? undefined,
      },
      { allowLoopback: allowPrivate, allowPrivate },
    )
    const status = response.statusCode ?? 500
    if (status >= 300 && status < 400) {
      response.destroy()
      throw new RopewalkError('FORBIDDEN', `The server answered ${status}, and redirects are not followed.`)
    }
    const hasBody = !HAS_NO_BODY.has(status)
    if (!hasBody) response.destroy()
    return new Response(hasBody ? ReadableStream.from(capBody(response)) : null, {
      status,
      headers: makeHeaders(response.headers),
    })
  }

/** A server that has forgotten its session, or is gone, needs no goodbye. */
const LEAVE_MS = 1000

/** Speaks Streamable HTTP with a server behind the guard of addresses. */
export const makeHttpTransport = (settings: HttpSettings): ServerTransport => {
  const transport = new StreamableHTTPClientTransport(new URL(settings.url), {
    fetch: makeFetch(settings),
    requestInit: { headers: { ...settings.headers }, redirect: 'manual' },
  })
  return Object.assign(transport, {
    getComplaint: () => '',
    hasEnded: () => false,
    leave: async () => {
      const told = transport.terminateSession().catch((error: unknown) => error)
      await Promise.race([told, delay(LEAVE_MS, undefined, { ref: false })])
    },
  })
}
