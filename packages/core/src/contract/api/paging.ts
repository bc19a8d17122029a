import { z } from 'zod'
import { text } from '../../text.ts'

/** A whole number in a query string, where everything is text. */
export const makeNumberParam = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,16}$/u, 'expected a whole number')
    .transform(Number)
    .pipe(z.int().min(min).max(max))

/** The last position that a JSON number holds exactly. */
export const PositionParam = makeNumberParam(0, Number.MAX_SAFE_INTEGER)

const limit = makeNumberParam(1, 200)

/** How a page of a list is asked for; `cursor` is `nextCursor` of the page before, never made by hand. */
export const pageQuery = { limit: limit.prefault('50'), cursor: text(400, 1).optional() }
export const PageQuery = z.strictObject(pageQuery)

/** How a growing sequence is read on: what lies after a position. */
export const afterQuery = { after: PositionParam.prefault('0'), limit: limit.prefault('100') }

/** One page of a list; `nextCursor` is null on the last one. */
export const makePage = <T extends z.ZodType>(item: T) =>
  z.strictObject({ items: z.array(item), nextCursor: z.string().nullable() })

/** One piece of a sequence; ask for what lies after `nextAfter` to go on. */
export const makeSlice = <T extends z.ZodType>(item: T) =>
  z.strictObject({ items: z.array(item), nextAfter: z.int().min(0) })
