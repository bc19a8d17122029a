import { STATUS_CODES } from 'node:http'
import { PROBLEM_TYPE, type Problem } from '@ropewalk/core/contract/api/problem'
import { ERRORS, RopewalkError, type ErrorCode } from '@ropewalk/core/errors'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Log } from '../log.ts'

/** What Fastify itself refuses, in our codes. */
const FASTIFY_CODES: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['PAYLOAD_TOO_LARGE', 'The body is over the limit of this route.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    'UNSUPPORTED_MEDIA_TYPE',
    'Send JSON: "Content-Type: application/json" in UTF-8.',
  ],
}

const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  429: 'RATE_LIMITED',
}

/** Connections that ended while we read from them: the caller is gone, nothing is wrong with us. */
const GONE = new Set(['ECONNRESET', 'ECONNABORTED', 'ERR_STREAM_PREMATURE_CLOSE', 'EPIPE'])

const hasText = (error: object, key: string): string => {
  const value: unknown = Reflect.get(error, key)
  return typeof value === 'string' ? value : ''
}

/** Any error as one of ours: what a caller can cause is 4xx, all that nobody foresaw is INTERNAL. */
export const toRopewalkError = (error: unknown): RopewalkError => {
  if (error instanceof RopewalkError) return error
  if (typeof error === 'object' && error !== null) {
    const known = FASTIFY_CODES[hasText(error, 'code')]
    if (known !== undefined) return new RopewalkError(known[0], known[1], { cause: error })
    const status: unknown = Reflect.get(error, 'statusCode')
    if (typeof status === 'number' && status >= 400 && status < 500) {
      const message = hasText(error, 'message') || 'The request is not valid.'
      return new RopewalkError(BY_STATUS[status] ?? 'INVALID_ARGUMENT', message, { cause: error })
    }
    if (GONE.has(hasText(error, 'code')))
      return new RopewalkError('INVALID_ARGUMENT', 'The request ended early.', { cause: error })
  }
  return new RopewalkError('INTERNAL', 'Something went wrong here.', { cause: error })
}

/** The problem document of an error. Of our own faults it tells the request id alone. */
export const makeProblem = (
  error: RopewalkError,
  request: { readonly id: string; readonly path: string },
): Problem => {
  const { status, retryable, about } = ERRORS[error.code]
  const isOurFault = status === 500
  return {
    type: `urn:ropewalk:error:${error.code}`,
    title: about,
    status,
    detail: isOurFault
      ? `Something went wrong here; the log has it under the request id ${request.id}.`
      : error.message,
    instance: request.path,
    code: error.code,
    details: isOurFault ? {} : { ...error.details },
    retryable,
    request_id: request.id,
    occurred_at: new Date().toISOString(),
  }
}

/** Seconds a caller should wait, where the status asks for that header. */
const getRetryAfter = ({ code, details }: RopewalkError): number | undefined => {
  const { status } = ERRORS[code]
  if (![429, 503, 507].includes(status)) return undefined
  const ms =
    typeof details['retryAfterMs'] === 'number' ? details['retryAfterMs'] : status === 507 ? 10_000 : 1000
  return Math.max(1, Math.ceil(ms / 1000))
}

const getPath = (request: FastifyRequest): string =>
  (request.url.split('?')[0] ?? '').slice(0, 300).toWellFormed()

type To = { readonly request: FastifyRequest; readonly reply: FastifyReply; readonly challenge: string }

/**
 * Answers with a problem document. 500 and above are logged in full under the request id. `challenge` is what a
 * caller without a valid token is told.
 */
export const sendProblem = (log: Log, { request, reply, challenge }: To, error: unknown): void => {
  const ours = toRopewalkError(error)
  const problem = makeProblem(ours, { id: request.id, path: getPath(request) })
  request.errorCode = ours.code
  const about = {
    err: error,
    requestId: request.id,
    path: problem.instance,
    operation: request.routeOptions.config.operation,
    caller: request.caller?.agentId,
  }
  if (problem.status === 500) log.error(about, ours.code)
  else if (problem.status > 500) log.warn(about, ours.code)
  const retryAfter = getRetryAfter(ours)
  if (retryAfter !== undefined) void reply.header('retry-after', String(retryAfter))
  if (problem.status === 401) void reply.header('www-authenticate', challenge)
  void reply
    .code(problem.status)
    .header('content-type', PROBLEM_TYPE)
    .header('cache-control', 'no-store')
    .send(JSON.stringify(problem))
}

/** A whole HTTP answer for a connection on which no request could be read. */
export const makeRawProblem = (detail: string, requestId: string): string => {
  const problem = makeProblem(new RopewalkError('INVALID_ARGUMENT', detail), { id: requestId, path: '' })
  const body = JSON.stringify(problem)
  return [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}`,
    `Content-Type: ${PROBLEM_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'Connection: close',
    '',
    body,
  ].join('\r\n')
}
