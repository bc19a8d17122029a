import { RopewalkError } from '@ropewalk/core/errors'
import type { FastifyRequest } from 'fastify'

const bracket = (host: string): string => (host.includes(':') ? `[${host}]` : host)

const WILDCARDS = new Set(['0.0.0.0', '::'])

/**
 * Guards against pages in the operator's browser: the `Host` must be a name of ours (a page that rebinds
 * its own name to this machine sends that name) or that of `publicUrl`, `Origin`, when sent, a page of ours.
 * Throws FORBIDDEN.
 */
export const makeOriginCheck = (
  host: string,
  getPort: () => number,
  publicUrl?: string,
): ((request: FastifyRequest) => void) => {
  const outside = publicUrl === undefined ? undefined : new URL(publicUrl)
  const names = ['127.0.0.1', 'localhost', '[::1]', ...(WILDCARDS.has(host) ? [] : [bracket(host)])]
  const isOurs = (authority: string, request: FastifyRequest): boolean => {
    const port = getPort()
    const all = new Set(names.map((name) => name.toLowerCase()))
    // Bound to every address, we are whichever of them the caller reached; an address cannot be rebound.
    const reached = request.socket.localAddress?.replace(/^::ffff:/iu, '')
    if (WILDCARDS.has(host) && reached !== undefined) all.add(bracket(reached).toLowerCase())
    const given = authority.toLowerCase()
    if (given === outside?.host) return true
    return [...all].some((name) => given === `${name}:${port}` || (port === 80 && given === name))
  }
  return (request) => {
    if (!isOurs(request.headers.host ?? '', request)) {
      throw new RopewalkError(
        'FORBIDDEN',
        'The Host header names another server. Use the address that was printed at the start.',
      )
    }
    const { origin } = request.headers
    const page = origin === undefined ? undefined : /^http:\/\/(.+)$/iu.exec(origin)?.[1]
    const isPublic = origin !== undefined && origin.toLowerCase() === outside?.origin
    if (origin !== undefined && !isPublic && (page === undefined || !isOurs(page, request))) {
      throw new RopewalkError('FORBIDDEN', 'Pages of another origin may not call this API.')
    }
    if (request.headers['sec-fetch-site'] === 'cross-site') {
      throw new RopewalkError('FORBIDDEN', 'Pages of another site may not call this API.')
    }
    if (request.headers.upgrade?.toLowerCase() === 'websocket') {
      throw new RopewalkError(
        'INVALID_ARGUMENT',
        'There is no WebSocket here. Read /v1/events/stream instead.',
      )
    }
  }
}
