import type { Caller } from '@ropewalk/core/access/caller'
import { getOperation } from '@ropewalk/core/access/is-allowed'
import { sha256 } from '@ropewalk/core/canonical'
import { PROBLEM_TYPE, Problem } from '@ropewalk/core/contract/api/problem'
import { RopewalkError } from '@ropewalk/core/errors'
import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify'
import { z } from 'zod'
import type { Idempotency, SubmitOptions } from '../engine/contract.ts'
import { getBodyDigest } from '../engine/runs/start-run.ts'
import { makeAuditNote } from './audit-call.ts'

/** What is not said in a contract may not be sent. */
export const Nothing = z.strictObject({})

/** What a handler works with: everything is parsed, `options` goes with a command. */
export type Call<P, Q, B> = {
  readonly params: P
  readonly query: Q
  readonly body: B
  readonly caller: Caller
  readonly options: SubmitOptions
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

export type RouteDefinition<
  P extends z.ZodType,
  Q extends z.ZodType,
  B extends z.ZodType,
  A extends z.ZodType,
> = {
  readonly method: Extract<HTTPMethods, 'GET' | 'POST' | 'PATCH' | 'DELETE'>
  readonly path: string
  readonly name: string
  readonly about: string
  readonly params?: P
  readonly query?: Q
  readonly body?: B
  readonly answer: A
  readonly status?: 200 | 202
  /** Media type of the answer when it is not JSON; the handler then gives text, bytes or a stream. */
  readonly mediaType?: string
  readonly bodyLimit?: number
  readonly isRateLimited?: boolean
  readonly hasHead?: boolean
  readonly handle: (call: Call<z.output<P>, z.output<Q>, z.output<B>>) => Promise<z.input<A>>
}

const KEY = /^[\x21-\x7e]{1,200}$/u

/**
 * The caller's name for this request. It counts per address, so that one key on two runs is two requests, and
 * per holder of an issued token, so that nobody is given what was answered to another.
 */
const getIdempotency = (request: FastifyRequest, caller: Caller): Idempotency | undefined => {
  const key = request.headers['idempotency-key']
  if (key === undefined || request.method === 'GET' || request.method === 'HEAD') return undefined
  if (typeof key !== 'string' || !KEY.test(key)) {
    throw new RopewalkError(
      'INVALID_ARGUMENT',
      'An Idempotency-Key has 1 to 200 visible ASCII characters; leave the header out to go without.',
    )
  }
  const holder = caller.kind === 'grant' ? ` ${caller.agentId}` : ''
  const route = `${request.method} ${request.url.split('?')[0] ?? ''}${holder}`
  const { body } = request
  return { route, key, bodyDigest: body instanceof Uint8Array ? sha256(body) : getBodyDigest(body) }
}

/**
 * Adds a route whose contracts are zod objects: they check what comes in, type what goes out and make the
 * OpenAPI description. Who may call it stands in core's `OPERATIONS` under its name; throws INVARIANT_BROKEN where
 * it does not.
 */
export const addRoute = <
  A extends z.ZodType,
  P extends z.ZodType = typeof Nothing,
  Q extends z.ZodType = typeof Nothing,
  B extends z.ZodType = typeof Nothing,
>(
  app: FastifyInstance,
  route: RouteDefinition<P, Q, B, A>,
): void => {
  const status = route.status ?? 200
  const { mediaType } = route
  const facts = getOperation(route.name)
  app.route({
    method: route.method,
    url: route.path,
    exposeHeadRoute: route.method === 'GET' && (route.hasHead ?? true),
    ...(route.bodyLimit === undefined ? {} : { bodyLimit: route.bodyLimit }),
    config: {
      operation: route.name,
      ...(route.isRateLimited === false ? { rateLimit: false } : {}),
    },
    schema: {
      operationId: route.name,
      summary: route.about,
      params: route.params ?? Nothing,
      querystring: route.query ?? Nothing,
      ...(route.body === undefined ? {} : { body: route.body }),
      response: {
        [status]:
          mediaType === undefined
            ? route.answer
            : { description: route.about, content: { [mediaType]: { schema: route.answer } } },
        default: { description: 'What went wrong.', content: { [PROBLEM_TYPE]: { schema: Problem } } },
      },
    },
    handler: async (request, reply) => {
      const { caller } = request
      if (caller === null)
        throw new RopewalkError('INVARIANT_BROKEN', 'A request without a caller got through.')
      const options: SubmitOptions = {
        by: caller.by,
        idempotency: getIdempotency(request, caller),
        correlationId: request.id,
        audit: makeAuditNote({
          operation: route.name,
          facts,
          caller,
          path: route.path,
          params: request.params,
          body: request.body,
          requestId: request.id,
        }),
      }
      void reply.code(status)
      const answer = await route.handle({
        params: request.params as z.output<P>,
        query: request.query as z.output<Q>,
        body: request.body as z.output<B>,
        caller,
        options,
        request,
        reply,
      })
      return reply.statusCode === 304 ? null : answer
    },
  })
}
