import { NO_USAGE } from '@ropewalk/core/contract/budget'
import type { ErrorClass } from '@ropewalk/core/contract/task-spec'
import { RopewalkError, type ErrorCode } from '@ropewalk/core/errors'
import { AgentError, type AgentFailure } from './agent-runtime.ts'
import { WORKER_VERSION } from './worker-version.ts'

/** Which retry rule an error of ours falls under when it ends an attempt. */
export const ERROR_CLASSES = {
  // The agent handed in something that breaks a contract or a limit: it may do better next time.
  INVALID_ARGUMENT: 'schema',
  PAYLOAD_TOO_LARGE: 'schema',
  UNSUPPORTED_MEDIA_TYPE: 'schema',
  // What it may spend or do is used up or not allowed; trying again changes nothing.
  BUDGET_EXCEEDED: 'budget',
  TASK_CEILING: 'fatal',
  TOOL_REFUSED: 'fatal',
  UNAUTHORIZED: 'fatal',
  FORBIDDEN: 'fatal',
  NOT_FOUND: 'fatal',
  METHOD_NOT_ALLOWED: 'fatal',
  PLAYBOOK_INVALID: 'fatal',
  CONFLICT: 'fatal',
  ALREADY_DECIDED: 'fatal',
  NOT_WAIVABLE: 'fatal',
  IDEMPOTENCY_CONFLICT: 'fatal',
  INVALID_TRANSITION: 'fatal',
  RUN_ALREADY_FINISHED: 'fatal',
  STALE_ATTEMPT: 'fatal',
  STREAM_TOO_NEW: 'fatal',
  WORKSPACE_MISMATCH: 'fatal',
  CLAIM_MISMATCH: 'fatal',
  INSUFFICIENT_AUTHORITY: 'fatal',
  INVALID_THREAD_TRANSITION: 'fatal',
  MIGRATION_REQUIRED: 'fatal',
  INVARIANT_BROKEN: 'fatal',
  // The way there was blocked for a moment.
  AGENT_UNREACHABLE: 'transient',
  ISSUER_UNREACHABLE: 'transient',
  STORE_UNAVAILABLE: 'transient',
  BUS_UNAVAILABLE: 'transient',
  STORAGE_FULL: 'transient',
  VERSION_CONFLICT: 'transient',
  LOCK_TIMEOUT: 'transient',
  QUEUE_FULL: 'transient',
  OVERLOADED: 'transient',
  DRAINING: 'transient',
  RATE_LIMITED: 'rate_limit',
  // Our own tools, or this machine, are at fault.
  SANDBOX_UNAVAILABLE: 'tool_infra',
  INTERNAL: 'tool_infra',
} as const satisfies Record<ErrorCode, ErrorClass>

/** Codes that say the attempt is over for the engine: there is nothing left to report. */
const OVER: readonly ErrorCode[] = ['STALE_ATTEMPT', 'RUN_ALREADY_FINISHED']

export const isOver = (error: unknown): boolean => error instanceof RopewalkError && OVER.includes(error.code)

/** As much of a message as the ledger keeps. */
const MAX_MESSAGE = 1000

/** Text that every store can keep: no NUL, no lone surrogate, at most `max` characters, never empty. */
export const getCleanText = (text: string, max: number): string => {
  const clean = text.replaceAll('\0', '').toWellFormed()
  return clean.length > max ? `${clean.slice(0, max - 1).toWellFormed()}…` : clean
}

/** What an attempt that ended with `error` failed of. Anything that is not ours is a fault of our tools. */
export const getFailure = (error: unknown): AgentFailure => {
  const failure = error instanceof AgentError ? error.failure : makeFailure(error)
  return { ...failure, message: getCleanText(failure.message, MAX_MESSAGE) || failure.errorClass }
}

const makeFailure = (error: unknown): AgentFailure => {
  const wait = error instanceof RopewalkError ? error.details['retryAfterMs'] : undefined
  return {
    errorClass: error instanceof RopewalkError ? ERROR_CLASSES[error.code] : 'tool_infra',
    message: error instanceof Error ? error.message : String(error),
    retryAfterMs: typeof wait === 'number' && wait >= 0 ? Math.ceil(wait) : undefined,
    usage: NO_USAGE,
    tool: 'ropewalk-worker',
    toolVersion: WORKER_VERSION,
  }
}
