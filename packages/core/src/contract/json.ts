import { z } from 'zod'
import { text } from '../text.ts'

/** Characters of one document as JSON. */
const MAX_CHARS = 8192

const Key = text(200, 1)

/** Any JSON that every part of the system can keep. */
const JsonValue: z.ZodType<unknown> = z.lazy(() =>
  z.union([z.null(), z.boolean(), z.number(), text(MAX_CHARS), z.array(JsonValue), z.record(Key, JsonValue)]),
)

/** A small document of the caller's own: an object of at most 8,192 characters as JSON. */
export const Metadata = z
  .record(Key, JsonValue)
  .refine((value) => JSON.stringify(value).length <= MAX_CHARS, {
    message: `expected at most ${MAX_CHARS} characters as JSON`,
  })
export type Metadata = Readonly<Record<string, unknown>>
