/** `src/errors.js`: what a refusal is. */
export const writeErrors = (): string => `/**
 * A refusal that the caller is told about, in words of ours: nothing of what was sent is repeated. field names
 * one of our own fields; allow lists the methods that an address takes.
 */
export class HttpError extends Error {
  constructor(status, code, message, { field, allow, cause } = {}) {
    super(message, { cause })
    this.status = status
    this.code = code
    this.field = field
    this.allow = allow
  }
}
`
