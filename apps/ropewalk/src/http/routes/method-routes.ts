import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { callMethod } from '../../engine/methods/call-method.ts'
import type { Method } from '../../engine/methods/method.ts'
import { METHODS } from '../../engine/methods/methods.ts'
import type { HttpContext } from '../context.ts'
import { addRoute } from '../route.ts'

/** Aborted when the client is gone before it had its answer: whatever waits for it stops waiting. */
const makeSignal = (reply: FastifyReply): AbortSignal => {
  const gone = new AbortController()
  reply.raw.once('close', () => {
    if (!reply.raw.writableEnded) gone.abort()
  })
  return gone.signal
}

/** The header counts where the body has no key of its own; methods that need none take none. */
const addKey = ({ contract }: Method, request: FastifyRequest, body: Readonly<Record<string, unknown>>) => {
  const key = request.headers['idempotency-key']
  const takesKey = 'idempotency_key' in contract.input.shape
  return key === undefined || !takesKey || body['idempotency_key'] !== undefined
    ? body
    : { ...body, idempotency_key: key }
}

const addMethodRoute = (app: FastifyInstance, context: HttpContext, method: Method): void => {
  const { name, about, input, output } = method.contract
  const sources = { engine: context.engine, config: context.config, taskTokens: context.taskTokens }
  addRoute(app, {
    method: 'POST',
    path: `/v1/mcp/${name}`,
    name,
    about,
    body: input,
    answer: output,
    // A result may hold a document as large as an upload.
    ...(name === 'complete_task' ? { bodyLimit: context.limits.uploadBytes } : {}),
    handle: ({ body, caller, request, reply }) =>
      callMethod(sources, name, addKey(method, request, body), {
        caller,
        requestId: request.id,
        signal: makeSignal(reply),
        notesRefusals: false,
      }),
  })
}

/** The agent surface over plain HTTP: each method at an address of its own, with the contracts of its tool. */
export const addMethodRoutes = (app: FastifyInstance, context: HttpContext): void => {
  for (const method of METHODS) addMethodRoute(app, context, method)
}
