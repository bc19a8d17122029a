/** One row of the error table: how a caller is answered, and whether trying again may help. */
export type ErrorFacts = { readonly status: number; readonly retryable: boolean; readonly about: string }

/**
 * Every code the product answers with. Status and retryability are looked up here and nowhere else;
 * docs/errors.md is compared with this table by a test.
 */
export const ERRORS = {
  INVALID_ARGUMENT: { status: 400, retryable: false, about: 'The request breaks its contract.' },
  PLAYBOOK_INVALID: { status: 400, retryable: false, about: 'A playbook file breaks its contract.' },
  UNAUTHORIZED: { status: 401, retryable: false, about: 'No valid token came with the request.' },
  FORBIDDEN: { status: 403, retryable: false, about: 'The token may not do this.' },
  NOT_FOUND: { status: 404, retryable: false, about: 'There is no such thing in this workspace.' },
  METHOD_NOT_ALLOWED: { status: 405, retryable: false, about: 'The path exists, the method does not.' },
  CONFLICT: { status: 409, retryable: false, about: 'The present state does not allow this.' },
  RUN_ALREADY_FINISHED: { status: 409, retryable: false, about: 'The run has ended; fork it to go on.' },
  INVALID_TRANSITION: { status: 409, retryable: false, about: 'That step is not allowed from this status.' },
  INVALID_THREAD_TRANSITION: {
    status: 409,
    retryable: false,
    about: 'That step is not allowed from the status of the thread.',
  },
  STALE_ATTEMPT: { status: 409, retryable: false, about: 'The attempt was superseded or has ended.' },
  ALREADY_DECIDED: { status: 409, retryable: false, about: 'The question or waiver was decided before.' },
  NOT_WAIVABLE: { status: 409, retryable: false, about: 'What failed may not be waived; it must be mended.' },
  IDEMPOTENCY_CONFLICT: { status: 409, retryable: false, about: 'The key was used with another body.' },
  VERSION_CONFLICT: { status: 409, retryable: true, about: 'The thing changed since it was read.' },
  STREAM_TOO_NEW: { status: 409, retryable: false, about: 'A newer release wrote this history.' },
  TASK_CEILING: { status: 409, retryable: false, about: 'The task has used all its model calls.' },
  WORKSPACE_MISMATCH: {
    status: 403,
    retryable: false,
    about: 'The request names another workspace than its token.',
  },
  CLAIM_MISMATCH: {
    status: 403,
    retryable: false,
    about: 'The request says to be of somebody else than its token.',
  },
  INSUFFICIENT_AUTHORITY: {
    status: 403,
    retryable: false,
    about: 'Only a person or the coordinator may decide this.',
  },
  TOOL_REFUSED: { status: 403, retryable: false, about: 'The tool is not on the allowlist of this task.' },
  BUDGET_EXCEEDED: { status: 402, retryable: false, about: 'The budget does not cover this.' },
  PAYLOAD_TOO_LARGE: { status: 413, retryable: false, about: 'The body or artifact is over its limit.' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, retryable: false, about: 'This kind of body is not accepted here.' },
  RATE_LIMITED: { status: 429, retryable: true, about: 'Too many requests; wait, then try again.' },
  QUEUE_FULL: { status: 429, retryable: true, about: 'Too many commands are waiting.' },
  OVERLOADED: { status: 503, retryable: true, about: 'This process has more to do than it can.' },
  DRAINING: { status: 503, retryable: true, about: 'This process is stopping.' },
  ISSUER_UNREACHABLE: {
    status: 503,
    retryable: true,
    about: 'The keys of the issuer of tokens cannot be had.',
  },
  STORE_UNAVAILABLE: { status: 503, retryable: true, about: 'Postgres cannot be reached.' },
  BUS_UNAVAILABLE: { status: 503, retryable: true, about: 'The event bus cannot be reached.' },
  LOCK_TIMEOUT: { status: 503, retryable: true, about: 'The thing is busy; try again.' },
  STORAGE_FULL: { status: 507, retryable: true, about: 'There is no room left to write.' },
  AGENT_UNREACHABLE: { status: 502, retryable: true, about: 'The model provider or agent did not answer.' },
  SANDBOX_UNAVAILABLE: { status: 503, retryable: false, about: 'No sandbox is to be had here.' },
  MIGRATION_REQUIRED: { status: 503, retryable: false, about: 'Code and database differ in version.' },
  INTERNAL: { status: 500, retryable: false, about: 'Our fault; the request id helps to find it.' },
  INVARIANT_BROKEN: { status: 500, retryable: false, about: 'A rule that must always hold does not.' },
} as const satisfies Record<string, ErrorFacts>

export type ErrorCode = keyof typeof ERRORS

export type ErrorDetails = Readonly<Record<string, unknown>>

/** The one error class. The message says what was expected, what came, and what to do. */
export class RopewalkError extends Error {
  override readonly name = 'RopewalkError'
  readonly code: ErrorCode
  readonly details: ErrorDetails

  constructor(code: ErrorCode, message: string, options: { details?: ErrorDetails; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.details = options.details ?? {}
  }
}

/** Whether `error` is ours and carries `code`. */
export const hasCode = (error: unknown, code: ErrorCode): error is RopewalkError =>
  error instanceof RopewalkError && error.code === code
