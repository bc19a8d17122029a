import { RopewalkError } from '@ropewalk/core/errors'
import type { Page, PageRequest } from '../contract.ts'

/** Where a page ended: the sort key of its last row. */
export type Position = readonly [createdAt: string, id: string]

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/u
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u

/** The position a cursor stands for; undefined without one. Throws INVALID_ARGUMENT for what we never gave. */
export const parseCursor = (cursor: string | undefined): Position | undefined => {
  if (cursor === undefined) return undefined
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    if (Array.isArray(value) && value.length === 2) {
      const [createdAt, id] = value as unknown[]
      if (
        typeof createdAt === 'string' &&
        INSTANT.test(createdAt) &&
        typeof id === 'string' &&
        UUID.test(id)
      ) {
        return [createdAt, id]
      }
    }
  } catch (error) {
    throw new RopewalkError('INVALID_ARGUMENT', 'Expected a cursor from nextCursor of the page before.', {
      cause: error,
    })
  }
  throw new RopewalkError('INVALID_ARGUMENT', 'Expected a cursor from nextCursor of the page before.')
}

/** `limit` within 1 to 200. Throws INVALID_ARGUMENT. */
export const checkLimit = ({ limit }: Pick<PageRequest, 'limit'>, most = 200): number => {
  if (Number.isInteger(limit) && limit >= 1 && limit <= most) return limit
  throw new RopewalkError('INVALID_ARGUMENT', `Expected a limit from 1 to ${most}, got ${limit}.`)
}

/** Makes a page of rows read with one more than its limit, so that the last page is known as such. */
export const makePage = <T>(
  rows: readonly T[],
  limit: number,
  getPosition: (row: T) => Position,
): Page<T> => {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  if (rows.length <= limit || last === undefined) return { items, nextCursor: null }
  return { items, nextCursor: Buffer.from(JSON.stringify(getPosition(last))).toString('base64url') }
}
