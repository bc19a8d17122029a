import { RopewalkError } from '@ropewalk/core/errors'
import type { ErrorCode } from '@ropewalk/core/errors'

/** SQLSTATE, or its class where the whole class means the same, to our code. The exact code wins. */
const BY_STATE: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  '08': ['STORE_UNAVAILABLE', 'The connection to Postgres broke. Try again.'],
  '53': ['STORE_UNAVAILABLE', 'Postgres is out of resources. Try again later.'],
  '53100': ['STORAGE_FULL', 'The disk of Postgres is full. Free some space, then try again.'],
  '57': ['STORE_UNAVAILABLE', 'Postgres is stopping or starting. Try again.'],
  '57014': ['STORE_UNAVAILABLE', 'Postgres took too long. Try again later.'],
  '58': ['STORE_UNAVAILABLE', 'Postgres has trouble with its disk. Look at its log.'],
  '25P03': ['STORE_UNAVAILABLE', 'Postgres ended a transaction that stood still. Try again.'],
  '25P04': ['STORE_UNAVAILABLE', 'Postgres ended a transaction that took too long. Try again.'],
  '25006': ['STORE_UNAVAILABLE', 'Postgres takes no writes; it may be a standby. Try again later.'],
  '28': ['STORE_UNAVAILABLE', 'Postgres refuses our role or password. Run migrate, or check DATABASE_URL.'],
  '3D000': ['STORE_UNAVAILABLE', 'The database does not exist. Check DATABASE_URL.'],
  '55P03': ['LOCK_TIMEOUT', 'Somebody else holds what this needs. Try again.'],
  '40': ['VERSION_CONFLICT', 'Another transaction came first. Try again.'],
  '23505': ['CONFLICT', 'There is already one of that key.'],
  '22': ['INVALID_ARGUMENT', 'Postgres cannot keep a value of this request.'],
  '42P01': ['MIGRATION_REQUIRED', 'A table is missing. Run migrate.'],
  '42703': ['MIGRATION_REQUIRED', 'A column is missing. Run migrate.'],
  '3F000': ['MIGRATION_REQUIRED', 'The schema is missing. Run migrate.'],
}

/** Codes of Node and texts of the driver, which has no codes, for a server that cannot be reached. */
const UNREACHABLE_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOENT',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ERR_STREAM_DESTROYED',
])
const UNREACHABLE_TEXT =
  /terminat|timeout|not queryable|client was closed|connection (?:error|ended)|server conn crashed/iu

/** The `code` of a driver or system error, or undefined. */
export const getSqlState = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined

/**
 * The error of ours that says what a driver error means, with the driver's as its cause.
 * Ours pass as they are; what nobody foresaw becomes INTERNAL.
 */
export const translateSqlError = (error: unknown): RopewalkError => {
  if (error instanceof RopewalkError) return error
  const state = getSqlState(error)
  const known = state === undefined ? undefined : (BY_STATE[state] ?? BY_STATE[state.slice(0, 2)])
  if (known !== undefined) {
    return new RopewalkError(known[0], known[1], { cause: error, details: { sqlState: state } })
  }
  const isUnreachable =
    error instanceof Error && (UNREACHABLE_CODES.has(state ?? '') || UNREACHABLE_TEXT.test(error.message))
  if (isUnreachable) {
    return new RopewalkError('STORE_UNAVAILABLE', 'Postgres cannot be reached. Try again.', { cause: error })
  }
  return new RopewalkError('INTERNAL', 'The store answered with an error nobody foresaw.', {
    cause: error,
    details: state === undefined ? {} : { sqlState: state },
  })
}

/** Runs `work` and translates what the driver throws. */
export const translating = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    throw translateSqlError(error)
  }
}
