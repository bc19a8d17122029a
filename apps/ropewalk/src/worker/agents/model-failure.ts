import type { ErrorClass } from '@ropewalk/core/contract/task-spec'
import { APICallError } from 'ai'
import { KEY_VARIABLES, type ModelEntry } from './providers.ts'

/** Why a model call gave no answer. `billed` is false where the provider certainly did no work. */
export type ModelFailure = {
  readonly errorClass: ErrorClass
  readonly message: string
  readonly retryAfterMs?: number
  /** The provider could not be reached, or says itself that it is down. */
  readonly unreachable: boolean
  readonly billed: boolean
}

type CalledEntry = Exclude<ModelEntry, { provider: 'offline' }>

const QUOTA = /insufficient_quota|billing|credit balance|quota[_ ]exceeded|exceeded your current quota/iu
// Google words a limit per minute like a spent quota; only the name of the limit tells them apart.
const PER_MINUTE = /per_?minute/iu
const FILTERED = /content[_ ]?filter|content_policy|safety (?:system|policy)|PROHIBITED_CONTENT/iu
const DOWN: ReadonlySet<number> = new Set([502, 503, 504, 529])

/** The failure that an error of a provider's call stands for. `now` is in milliseconds. */
export const getModelFailure = (error: unknown, entry: CalledEntry, now: number): ModelFailure => {
  const call = findCallError(error)
  if (call === undefined) return getLocalFailure(error, entry)
  const status = call.statusCode
  if (status === undefined) {
    const neverSent = hasCauseCode(call, [
      'ECONNREFUSED',
      'ENOTFOUND',
      'EAI_AGAIN',
      'UND_ERR_CONNECT_TIMEOUT',
    ])
    return fail('transient', `${entry.entry} cannot be reached: ${call.message}`, {
      unreachable: true,
      billed: !neverSent,
    })
  }
  if (status < 300)
    return fail(
      'transient',
      `${entry.entry} answered ${String(status)} with a body that is no answer: ${call.message}`,
      { billed: true },
    )
  return getStatusFailure(call, status, entry, now)
}

const getStatusFailure = (
  call: APICallError,
  status: number,
  entry: CalledEntry,
  now: number,
): ModelFailure => {
  const said = `${call.message} ${call.responseBody ?? ''}`.slice(0, 4000)
  const where = `${entry.entry} answered ${String(status)}: ${call.message}`
  const isQuota = QUOTA.test(said) && !PER_MINUTE.test(said)
  if (status === 402 || ((status === 429 || status === 400 || status === 403) && isQuota))
    return fail(
      'quota',
      `${where} Top up or raise the limit of that account, or put another model behind it in ROPEWALK_MODEL.`,
    )
  if (status === 429) return fail('rate_limit', where, getRetryAfter(call, now))
  if (status === 401 || status === 403)
    return fail(
      'fatal',
      `${where} The key in ${KEY_VARIABLES[entry.provider]} is missing, wrong or may not use this model.`,
    )
  if (status === 400 && FILTERED.test(said)) return fail('refusal', where)
  if (status === 408 || status === 409 || status >= 500)
    return fail('transient', where, { unreachable: DOWN.has(status), ...getRetryAfter(call, now) })
  if (status === 404) return fail('fatal', `${where} Is the model's name right, and the base URL?`)
  return fail('fatal', where)
}

const getLocalFailure = (error: unknown, entry: CalledEntry): ModelFailure =>
  // Neither HTTP nor network: the answer could not be read, which another try may mend.
  fail(
    'transient',
    `${entry.entry} gave an answer that cannot be read: ${error instanceof Error ? error.message : 'no error object'}`,
    {
      billed: true,
    },
  )

const fail = (
  errorClass: ErrorClass,
  message: string,
  facts: Partial<Pick<ModelFailure, 'retryAfterMs' | 'unreachable' | 'billed'>> = {},
): ModelFailure => ({
  errorClass,
  message: message.slice(0, 900),
  unreachable: false,
  billed: false,
  ...facts,
})

/** Milliseconds from `retry-after-ms`, `retry-after` (seconds or a date) or Google's `retryDelay`; at most an hour. */
const getRetryAfter = (call: APICallError, now: number): { retryAfterMs?: number } => {
  const headers = call.responseHeaders ?? {}
  const exact = Number(headers['retry-after-ms'] ?? Number.NaN)
  const stated = headers['retry-after']
  const seconds = Number(stated ?? Number.NaN)
  const delay = Number(/"retryDelay":\s*"(\d+(?:\.\d+)?)s"/u.exec(call.responseBody ?? '')?.[1] ?? Number.NaN)
  const ms =
    [exact, seconds * 1000, Date.parse(stated ?? '') - now, delay * 1000].find(Number.isFinite) ?? Number.NaN
  return Number.isFinite(ms) ? { retryAfterMs: Math.round(Math.min(Math.max(ms, 0), 3_600_000)) } : {}
}

const findCallError = (error: unknown): APICallError | undefined => {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth += 1)
    if (APICallError.isInstance(at)) return at
  return undefined
}

const hasCauseCode = (error: Error, codes: readonly string[]): boolean => {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth += 1)
    if ('code' in at && typeof at.code === 'string' && codes.includes(at.code)) return true
  return false
}
