import { Readable } from 'node:stream'
import { RopewalkError } from '@ropewalk/core/errors'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { HttpContext } from '../context.ts'

const copyHeaders = ({ headers }: FastifyRequest): Headers => {
  const copy = new Headers()
  for (const [name, value] of Object.entries(headers)) {
    // The token was read; nothing behind this door has any use for it.
    if (value === undefined || name === 'authorization' || name === 'cookie') continue
    for (const one of Array.isArray(value) ? value : [value]) copy.append(name, one)
  }
  return copy
}

/** The request without its body. Its signal is aborted when the exchange is over: answered, or left by the client. */
const makeWebRequest = (request: FastifyRequest, reply: FastifyReply): Request => {
  const end = new AbortController()
  // Gone while its body was read: nothing tells of it a second time.
  if (reply.raw.closed) end.abort()
  else
    reply.raw.once('close', () => {
      end.abort()
    })
  return new Request(`http://${request.headers.host ?? 'localhost'}${request.url}`, {
    method: request.method,
    headers: copyHeaders(request),
    signal: end.signal,
  })
}

/** `/mcp`: MCP over Streamable HTTP, behind the same checks as every route. None where this process has no MCP. */
export const addMcpRoutes = (app: FastifyInstance, { mcp, log }: Pick<HttpContext, 'mcp' | 'log'>): void => {
  if (mcp === null) return
  app.route({
    method: ['GET', 'POST', 'DELETE'],
    url: '/mcp',
    exposeHeadRoute: false,
    config: { operation: 'mcp' },
    // It speaks a protocol of its own, which an HTTP description cannot tell.
    schema: { hide: true },
    handler: async (request, reply) => {
      const { caller } = request
      if (caller === null)
        throw new RopewalkError('INVARIANT_BROKEN', 'A request without a caller got through.')
      const { id: requestId, body } = request
      const response = await mcp.answer({ request: makeWebRequest(request, reply), body, caller, requestId })
      void reply.code(response.status)
      // Whether a connection is kept is between Node and the client.
      for (const [name, value] of response.headers) if (name !== 'connection') void reply.header(name, value)
      if (response.body === null) return reply.send()
      const stream = Readable.fromWeb(response.body)
      stream.on('error', (error) => log.debug({ err: error, requestId }, 'an MCP stream broke'))
      // Else the head would go out with the first news, for which its client may have to wait longer than it waits.
      reply.raw.once('pipe', () => {
        reply.raw.flushHeaders()
      })
      return reply.send(stream)
    },
  })
}
