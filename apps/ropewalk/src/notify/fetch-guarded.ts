import { lookup as lookUp } from 'node:dns/promises'
import http from 'node:http'
import https from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { RopewalkError } from '@ropewalk/core/errors'
import { findAddressRefusal, type Reach } from './judge-address.ts'
import { parseGuardedUrl } from './guarded-url.ts'

export type HostAddress = { readonly address: string; readonly family: number }

export type GuardOptions = Reach & {
  /** Resolves a name to all its addresses. Default: the system's resolver. */
  readonly lookup?: ((name: string) => Promise<readonly HostAddress[]>) | undefined
}

export type GuardedInit = {
  readonly method?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: string | Uint8Array | undefined
  /** For everything: the name, the connection, the answer and its body. Default: 5 s. */
  readonly timeoutMs?: number | undefined
  /** What is kept of the answer's body; the rest is not read. Default: 64 KB. 0: the body is left alone. */
  readonly maxBodyBytes?: number | undefined
  readonly signal?: AbortSignal | undefined
}

export type GuardedAnswer = {
  readonly status: number
  readonly headers: Readonly<http.IncomingHttpHeaders>
  readonly body: Buffer
  /** Whether the body went on after what was kept. */
  readonly isCut: boolean
}

const DEFAULT_TIMEOUT_MS = 5000
const MAX_BODY_BYTES = 64 * 1024

const resolveName = (name: string): Promise<readonly HostAddress[]> => lookUp(name, { all: true })

/** The checked addresses of a host. One that may not be reached refuses the host: honest names have none. */
const resolveChecked = async (url: URL, options: GuardOptions): Promise<readonly HostAddress[]> => {
  const host = url.hostname.replace(/^\[|\]$/gu, '')
  const family = isIP(host)
  const found = family > 0 ? [{ address: host, family }] : await (options.lookup ?? resolveName)(host)
  for (const { address } of found) {
    const why = findAddressRefusal(address, options)
    if (why !== undefined)
      throw new RopewalkError('FORBIDDEN', `The host ${url.hostname} is refused: its address is ${why}.`, {
        details: { host: url.hostname, reason: why },
      })
  }
  if (found.length === 0)
    throw new RopewalkError('AGENT_UNREACHABLE', `The host ${url.hostname} has no address.`)
  return found
}

/** Hands the socket what was checked, and never asks the resolver again: a second answer may be another one. */
const makeLookup =
  (addresses: readonly HostAddress[]): LookupFunction =>
  (_name, options, callback) => {
    const [first] = addresses
    if (options.all === true || first === undefined) callback(null, [...addresses])
    else callback(null, first.address, first.family)
  }

const readBody = async (
  response: http.IncomingMessage,
  maxBytes: number,
): Promise<Pick<GuardedAnswer, 'body' | 'isCut'>> => {
  const chunks: Buffer[] = []
  let kept = 0
  let isCut = maxBytes === 0
  if (maxBytes > 0) {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      const part = chunk.subarray(0, maxBytes - kept)
      chunks.push(part)
      kept += part.length
      isCut = part.length < chunk.length
      if (isCut) break
    }
  }
  response.destroy()
  return { body: Buffer.concat(chunks), isCut }
}

const open = async (
  url: URL,
  init: GuardedInit,
  signal: AbortSignal,
  options: GuardOptions,
): Promise<http.IncomingMessage> => {
  const addresses = await raceSignal(resolveChecked(url, options), signal)
  const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>()
  const send = url.protocol === 'https:' ? https.request : http.request
  const request = send(url, {
    method: init.method ?? 'GET',
    headers: { ...init.headers },
    // No agent: nothing is shared with other requests, and no proxy of the environment is asked in our place.
    agent: false,
    lookup: makeLookup(addresses),
    signal,
  })
  request.on('response', resolve)
  // It stays for the body's time as well: a connection that breaks then must find a listener.
  request.on('error', reject)
  request.end(init.body)
  return promise
}

/** Resolves as `work` does, or rejects as soon as the signal is aborted; a name's resolution cannot be stopped. */
const raceSignal = async <T>(work: Promise<T>, signal: AbortSignal): Promise<T> => {
  const { promise, reject } = Promise.withResolvers<never>()
  const onAbort = () => {
    reject(signal.reason as Error)
  }
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    if (signal.aborted) onAbort()
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

const translate = (cause: unknown, url: URL, lateMs: number | undefined): RopewalkError => {
  if (cause instanceof RopewalkError) return cause
  const why = lateMs === undefined ? `(${getCode(cause)})` : `within ${lateMs} ms`
  return new RopewalkError('AGENT_UNREACHABLE', `${url.host} did not answer ${why}.`, { cause })
}

/**
 * Asks a server whose address somebody else chose. The name is resolved once, every address is checked, and the
 * connection goes to one of those; redirects are answers like others and are not followed.
 * Throws FORBIDDEN for an address that may not be asked, AGENT_UNREACHABLE when no answer came in time; neither
 * repeats more of the URL than its host.
 */
export const fetchGuarded = async (
  given: string,
  init: GuardedInit,
  options: GuardOptions,
): Promise<GuardedAnswer> => {
  const url = parseGuardedUrl(given)
  const timeoutMs = init.timeoutMs ?? DEFAULT_TIMEOUT_MS
  const timeout = AbortSignal.timeout(timeoutMs)
  const signal = init.signal === undefined ? timeout : AbortSignal.any([init.signal, timeout])
  try {
    const response = await open(url, init, signal, options)
    const read = await readBody(response, init.maxBodyBytes ?? MAX_BODY_BYTES)
    return { status: response.statusCode ?? 0, headers: response.headers, ...read }
  } catch (cause) {
    if (!(cause instanceof RopewalkError)) init.signal?.throwIfAborted()
    throw translate(cause, url, timeout.aborted ? timeoutMs : undefined)
  }
}

/**
 * The same up to the head of the answer, whose body the caller reads, for as long as `init.signal` allows, or
 * destroys. `timeoutMs` ends with the head. Throws as `fetchGuarded` does.
 */
export const openGuarded = async (
  given: string,
  init: Omit<GuardedInit, 'maxBodyBytes'>,
  options: GuardOptions,
): Promise<http.IncomingMessage> => {
  const url = parseGuardedUrl(given)
  const timeoutMs = init.timeoutMs ?? DEFAULT_TIMEOUT_MS
  const late = new AbortController()
  const timer = setTimeout(() => {
    late.abort()
  }, timeoutMs)
  const signal = init.signal === undefined ? late.signal : AbortSignal.any([init.signal, late.signal])
  try {
    return await open(url, init, signal, options)
  } catch (cause) {
    if (!(cause instanceof RopewalkError)) init.signal?.throwIfAborted()
    throw translate(cause, url, late.signal.aborted ? timeoutMs : undefined)
  } finally {
    clearTimeout(timer)
  }
}

const getCode = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'connection lost'
