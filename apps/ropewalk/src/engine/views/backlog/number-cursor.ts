import { RopewalkError } from '@ropewalk/core/errors'
import type { Page } from '../../contract.ts'

/** A sort key of whole numbers: an ordinal, or the ordinals from the top of a tree downwards. */
export type NumberKey = readonly number[]

/** Deeper than a tree of items can be, so that a cursor cannot name a place that is none. */
const MAX_LENGTH = 100

const isKey = (value: unknown): value is number[] =>
  Array.isArray(value) &&
  value.length >= 1 &&
  value.length <= MAX_LENGTH &&
  value.every((entry) => Number.isInteger(entry) && entry >= 0 && entry <= 2_147_483_647)

/** The key a cursor stands for; undefined without one. Throws INVALID_ARGUMENT for what we never gave. */
export const parseNumberCursor = (cursor: string | undefined): NumberKey | undefined => {
  if (cursor === undefined) return undefined
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch (error) {
    throw new RopewalkError('INVALID_ARGUMENT', 'Expected a cursor from nextCursor of the page before.', {
      cause: error,
    })
  }
  if (isKey(value)) return value
  throw new RopewalkError('INVALID_ARGUMENT', 'Expected a cursor from nextCursor of the page before.')
}

/** Makes a page of rows read with one more than its limit. */
export const makeNumberPage = <T>(
  rows: readonly T[],
  limit: number,
  getKey: (row: T) => NumberKey,
): Page<T> => {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  if (rows.length <= limit || last === undefined) return { items, nextCursor: null }
  return { items, nextCursor: Buffer.from(JSON.stringify(getKey(last))).toString('base64url') }
}
