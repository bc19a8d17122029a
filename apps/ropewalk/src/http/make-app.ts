import type { Socket } from 'node:net'
import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import underPressure from '@fastify/under-pressure'
import { checkAllowed, getOperation } from '@ropewalk/core/access/is-allowed'
import type { Operation } from '@ropewalk/core/access/operations'
import { RopewalkError } from '@ropewalk/core/errors'
import { fastify, type FastifyInstance, type FastifyRequest } from 'fastify'
import type { z } from 'zod'
import { makeContractError } from '../engine/inputs/contract-error.ts'
import { readJson } from '../engine/inputs/read-json.ts'
import { makeId } from '../engine/runs/make-id.ts'
import { noteRefusal } from './audit-call.ts'
import type { Authenticate } from './authenticate.ts'
import { checkRequest } from './check-request.ts'
import type { HttpContext } from './context.ts'
import { addDescriptionRoute, describeRoutes } from './openapi.ts'
import { makeRawProblem, sendProblem } from './problem.ts'
import { checkAddress, isReadableJson } from './read-json.ts'
import { refuseUnknown } from './refuse-unknown.ts'
import { addArtifactRoutes } from './routes/artifact-routes.ts'
import { addAttemptRoutes } from './routes/attempt-routes.ts'
import { addAuditRoutes } from './routes/audit-routes.ts'
import { addClaimRoutes } from './routes/claim-routes.ts'
import { addCompatARoutes } from './routes/compat-a-routes.ts'
import { addCompatBRoutes } from './routes/compat-b-routes.ts'
import { addDeadLetterRoutes } from './routes/dead-letter-routes.ts'
import { addEventRoutes } from './routes/event-routes.ts'
import { addForkRoutes } from './routes/fork-routes.ts'
import { addHealthRoutes } from './routes/health-routes.ts'
import { addInboxRoutes } from './routes/inbox-routes.ts'
import { addJwksRoutes, METADATA_PATH } from './routes/jwks-routes.ts'
import { addItemCommandRoutes } from './routes/item-command-routes.ts'
import { addItemRoutes } from './routes/item-routes.ts'
import { addMcpRoutes } from './routes/mcp-routes.ts'
import { addMethodRoutes } from './routes/method-routes.ts'
import { addMetricsRoute } from './routes/metrics-route.ts'
import { addPolicyRoutes } from './routes/policy-routes.ts'
import { addProjectRoutes } from './routes/project-routes.ts'
import { addQuestionRoutes } from './routes/question-routes.ts'
import { addRecordRoutes } from './routes/record-routes.ts'
import { addRunRoutes } from './routes/run-routes.ts'
import { addSessionRoutes } from './routes/session-routes.ts'
import { addStoryRoutes } from './routes/story-routes.ts'
import { addTokenRoutes } from './routes/token-routes.ts'
import { addThreadRoutes } from './routes/thread-routes.ts'
import { addUploadRoutes } from './routes/upload-routes.ts'
import { addWaiverRoutes } from './routes/waiver-routes.ts'
import { addWhoamiRoute } from './routes/whoami-route.ts'
import { addWorkRoutes } from './routes/work-routes.ts'
import { watchCaller } from './watch-caller.ts'

/** What stands before every route, asked in this order. */
export type Checks = {
  readonly checkOpen: () => void
  readonly checkOrigin: (request: FastifyRequest) => void
  readonly authenticate: Authenticate
}

/** Of an address that is none of ours, which is told only to callers with a token of their own. */
const NOWHERE: Operation = { permission: null, byTask: 'no' }

const PARTS = { body: 'body', querystring: 'query', params: 'path', headers: 'headers' } as const

const isPart = (part: string | undefined): part is keyof typeof PARTS =>
  part !== undefined && Object.hasOwn(PARTS, part)

const answerBrokenConnection = (error: Error & { code?: string }, socket: Socket): void => {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const detail =
    error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? 'The request did not arrive in time.'
      : error.code === 'HPE_HEADER_OVERFLOW'
        ? 'The headers are too large.'
        : 'This is not an HTTP request that can be read.'
  socket.end(makeRawProblem(detail, makeId()))
}

const CHALLENGE = 'Bearer realm="ropewalk"'

/** What a caller without a valid token is told; an MCP client also where to read on (RFC 9728, section 5.1). */
const makeChallenge = ({ routeOptions }: FastifyRequest, getBaseUrl: () => string): string =>
  routeOptions.config.operation === 'mcp'
    ? `Bearer realm="ropewalk", resource_metadata="${getBaseUrl()}${METADATA_PATH}/mcp"`
    : CHALLENGE

const makeServer = ({ log, limits, getBaseUrl }: HttpContext): FastifyInstance => {
  const app = fastify({
    logger: false,
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestTimeoutMs,
    // Node looks for slow connections in steps of this; its own 30 s let a slow sender stay four times too long.
    http: {
      headersTimeout: limits.headersTimeoutMs,
      connectionsCheckingInterval: Math.min(2000, limits.headersTimeoutMs),
      maxHeaderSize: 16_384,
    },
    // Draining answers in our own form; idle connections end with the server.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    requestIdHeader: false,
    genReqId: makeId,
    routerOptions: { maxParamLength: 200 },
    clientErrorHandler: answerBrokenConnection,
    frameworkErrors: (error, request, reply) => {
      sendProblem(log, { request, reply, challenge: CHALLENGE }, error)
    },
  })
  app.setErrorHandler((error, request, reply) => {
    sendProblem(log, { request, reply, challenge: makeChallenge(request, getBaseUrl) }, error)
  })
  app.setValidatorCompiler<z.ZodType>(({ schema, httpPart }) => (data) => {
    const parsed = schema.safeParse(data)
    if (parsed.success) return { value: parsed.data }
    return { error: makeContractError(parsed.error, isPart(httpPart) ? PARTS[httpPart] : 'body') }
  })
  // Answers are typed by their contracts and compared with them in tests; a second look would turn a
  // harmless surprise in old data into a 500.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data))
  return app
}

const takeJsonOnly = (app: FastifyInstance): void => {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    try {
      if (!isReadableJson(request.headers['content-type'] ?? ''))
        throw new RopewalkError('UNSUPPORTED_MEDIA_TYPE', 'Send JSON in UTF-8, without other parameters.')
      done(null, readJson(Buffer.from(body)))
    } catch (error) {
      done(error as Error)
    }
  })
}

const addChecks = (app: FastifyInstance, context: HttpContext, checks: Checks): void => {
  app.decorateRequest('caller', null)
  app.decorateRequest('tokenEndsAt', null)
  app.decorateRequest('errorCode', null)
  // Checked once, and before the first request: a route that nobody thought about stops the start.
  app.addHook('onRoute', ({ url, config }) => {
    if (config?.operation === undefined)
      throw new RopewalkError('INVARIANT_BROKEN', `The route ${url} does not name its operation.`)
    getOperation(config.operation)
  })
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('x-request-id', request.id).header('cache-control', 'no-store')
    checkRequest(request.raw)
    checks.checkOrigin(request)
    checkAddress(request.url)
    checks.checkOpen()
    const { operation } = request.routeOptions.config
    const facts = operation === undefined ? NOWHERE : getOperation(operation)
    if (facts === 'public') return
    const { caller, expiresAt } = await checks.authenticate(request)
    request.caller = caller
    request.tokenEndsAt = expiresAt
    checkAllowed(caller, facts)
    watchCaller(context, request, reply)
  })
}

/** One line and one count for each request that was answered, and where it was refused one in the audit. */
const addRecord = (app: FastifyInstance, { engine, log, metrics }: HttpContext): void => {
  app.addHook('onResponse', (request, reply, done) => {
    const { operation = 'none' } = request.routeOptions.config
    const { statusCode: status, elapsedTime: durationMs } = reply
    metrics.countRequest({ operation, status, code: request.errorCode, durationMs })
    if (request.errorCode !== null) noteRefusal(engine, request, request.errorCode)
    const caller = request.caller?.agentId ?? null
    log.info(
      { requestId: request.id, operation, caller, status, durationMs: Math.round(durationMs) },
      'answered',
    )
    done()
  })
}

const isPublic = ({ routeOptions }: FastifyRequest): boolean => {
  const { operation } = routeOptions.config
  return operation !== undefined && getOperation(operation) === 'public'
}

/** Whose requests are counted together: those of a grant, wherever they come from; else those of an address. */
const getRateKey = ({ caller, ip }: FastifyRequest): string => {
  if (caller?.kind !== 'grant') return ip
  return caller.grantId ?? `${caller.foreign?.issuer ?? 'proxy'} ${caller.workspaceId} ${caller.agentId}`
}

const addPlugins = async (app: FastifyInstance, { limits, config }: HttpContext): Promise<void> => {
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    },
    // Plain HTTP on loopback: telling browsers to insist on TLS would lock the operator out.
    strictTransportSecurity: false,
    referrerPolicy: { policy: 'no-referrer' },
  })
  await app.register(underPressure, {
    maxEventLoopDelay: limits.eventLoopDelayMs,
    pressureHandler: (request) => {
      if (isPublic(request)) return
      throw new RopewalkError('OVERLOADED', 'This process has more to do than it can; try again soon.', {
        details: { retryAfterMs: 2000 },
      })
    },
  })
  await app.register(rateLimit, {
    keyGenerator: getRateKey,
    max: ({ caller }: FastifyRequest) =>
      caller?.kind === 'grant' ? config.tokenRequestsPerSecond : limits.requestsPerSecond,
    timeWindow: 1000,
    errorResponseBuilder: () =>
      new RopewalkError('RATE_LIMITED', 'Too many requests in one second; wait, then try again.', {
        details: { retryAfterMs: 1000 },
      }),
  })
}

/** The whole door, not yet listening. */
export const makeApp = async (context: HttpContext, checks: Checks): Promise<FastifyInstance> => {
  const app = makeServer(context)
  takeJsonOnly(app)
  addChecks(app, context, checks)
  addRecord(app, context)
  refuseUnknown(app)
  await addPlugins(app, context)
  await describeRoutes(app)
  addHealthRoutes(app, context)
  addMetricsRoute(app, context)
  addJwksRoutes(app, context)
  addTokenRoutes(app, context)
  addWhoamiRoute(app)
  addRunRoutes(app, context)
  addWaiverRoutes(app, context)
  addArtifactRoutes(app, context)
  addQuestionRoutes(app, context)
  addRecordRoutes(app, context)
  addStoryRoutes(app, context)
  addForkRoutes(app, context)
  addEventRoutes(app, context)
  addClaimRoutes(app, context)
  addAttemptRoutes(app, context)
  addUploadRoutes(app, context)
  addProjectRoutes(app, context)
  addItemRoutes(app, context)
  addItemCommandRoutes(app, context)
  addWorkRoutes(app, context)
  addInboxRoutes(app, context)
  addDeadLetterRoutes(app, context)
  addMethodRoutes(app, context)
  addThreadRoutes(app, context)
  addSessionRoutes(app, context)
  addAuditRoutes(app, context)
  addPolicyRoutes(app, context)
  addCompatARoutes(app, context)
  addCompatBRoutes(app, context)
  addMcpRoutes(app, context)
  addDescriptionRoute(app)
  await app.ready()
  return app
}
