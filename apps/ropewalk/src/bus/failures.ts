import { ERRORS, RopewalkError, type ErrorCode } from '@ropewalk/core/errors'
import { RETRY_RULES } from '@ropewalk/core/retry-policy'

/** After this many deliveries that failed a message goes to the dead letters (AX-25). */
export const MAX_DELIVERIES = RETRY_RULES.bus.handler.tries

/** Troubles of this machine that are no message's fault: they must not carry messages off to the dead letters. */
const OURS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'STORE_UNAVAILABLE',
  'BUS_UNAVAILABLE',
  'STORAGE_FULL',
  'DRAINING',
  'QUEUE_FULL',
  'OVERLOADED',
])

/** Whether the answer is no, and would be no again. */
export const isRefusal = (error: unknown): error is RopewalkError =>
  error instanceof RopewalkError && !ERRORS[error.code].retryable && ERRORS[error.code].status < 500

/** Whether waiting a moment may help. */
export const isPassing = (error: unknown): boolean =>
  error instanceof RopewalkError && ERRORS[error.code].retryable

/** Whether a message that failed is given up: it failed often enough, and by itself. */
export const isGivenUp = (error: unknown, deliveries: number): boolean =>
  deliveries >= MAX_DELIVERIES && !(error instanceof RopewalkError && OURS.has(error.code))

/** What a dead letter says of an error: the code of ours, else the class. */
export const describeError = (
  error: unknown,
): { readonly errorClass: string; readonly errorMessage: string; readonly trace: string | null } => {
  if (!(error instanceof Error)) return { errorClass: typeof error, errorMessage: String(error), trace: null }
  const errorClass = error instanceof RopewalkError ? error.code : error.constructor.name
  return { errorClass, errorMessage: error.message, trace: error.stack ?? null }
}
