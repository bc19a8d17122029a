import type { CallToolResult } from '@modelcontextprotocol/server'
import { ERRORS, RopewalkError } from '@ropewalk/core/errors'

/** What a method gave, as data and as text for clients that know only text. */
export const makeToolResult = (output: Readonly<Record<string, unknown>>): CallToolResult => ({
  content: [{ type: 'text', text: JSON.stringify(output) }],
  structuredContent: { ...output },
})

/** Any error as one of ours: what nobody foresaw is INTERNAL. */
export const toMethodError = (error: unknown): RopewalkError =>
  error instanceof RopewalkError
    ? error
    : new RopewalkError('INTERNAL', 'Something went wrong here.', { cause: error })

/**
 * A refusal as the model sees it: the problem as JSON in the fields of row CX-24. Of our own faults it tells the
 * request id alone.
 */
export const makeToolError = (error: RopewalkError, requestId: string): CallToolResult => {
  const { status, retryable } = ERRORS[error.code]
  // The server that a stdio client speaks to through us has named the request already.
  const { requestId: named, ...details } = error.details
  const id = typeof named === 'string' ? named : requestId
  const isOurFault = status === 500
  const problem = {
    code: error.code,
    message: isOurFault
      ? `Something went wrong here; the log has it under the request id ${id}.`
      : error.message,
    details: isOurFault ? {} : details,
    retryable,
    request_id: id,
    occurred_at: new Date().toISOString(),
  }
  return { content: [{ type: 'text', text: JSON.stringify(problem) }], isError: true }
}
