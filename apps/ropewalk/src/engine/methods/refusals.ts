import type { ErrorCode } from '@ropewalk/core/errors'

/** Refusals that say something of who called: they are kept in the audit, whatever was asked. */
const NOTED: ReadonlySet<ErrorCode> = new Set([
  'FORBIDDEN',
  'CLAIM_MISMATCH',
  'WORKSPACE_MISMATCH',
  'INSUFFICIENT_AUTHORITY',
  'NOT_FOUND',
])

export const isNotedRefusal = (code: ErrorCode): boolean => NOTED.has(code)

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u

/** A caller that tries many at once is noted with the first of them. */
const MAX_IDS = 20

/** Ids that an input names at its top. */
export const listNamedIds = (input: unknown): string[] => {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return []
  const ids = Object.values(input).filter(
    (value): value is string => typeof value === 'string' && UUID.test(value),
  )
  return [...new Set(ids)].slice(0, MAX_IDS)
}
