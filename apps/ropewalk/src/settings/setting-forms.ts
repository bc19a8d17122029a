import path from 'node:path'
import { z } from 'zod'

export const usd = z.coerce.number().min(0).max(1_000_000)
export const flag = z
  .union([z.boolean(), z.enum(['0', '1', 'true', 'false'])])
  .transform((v) => v === true || v === '1' || v === 'true')
export const folders = z
  .union([z.string(), z.array(z.string())])
  .transform((value) => (Array.isArray(value) ? value : value.split(path.delimiter)).filter(Boolean))
  .pipe(z.array(z.string().refine((folder) => path.isAbsolute(folder), 'expected absolute paths')).max(50))
export const models = z
  .union([z.string(), z.array(z.string())])
  .transform((value) =>
    (Array.isArray(value) ? value : value.split(',')).map((entry) => entry.trim()).filter(Boolean),
  )
  .pipe(
    z
      .array(
        z.string().regex(/^(offline|(openai|anthropic|google|compatible)\/\S{1,100})$/u, {
          message: 'expected offline, openai/NAME, anthropic/NAME, google/NAME or compatible/NAME',
        }),
      )
      .min(1),
  )
export const sources = z
  .union([z.string(), z.array(z.string())])
  .transform((value) =>
    (Array.isArray(value) ? value : value.split(',')).map((entry) => entry.trim()).filter(Boolean),
  )
  .pipe(z.array(z.string().max(400)).max(100))
export const argv = z
  .union([z.string(), z.array(z.string())])
  .transform((value, context) => {
    if (Array.isArray(value)) return value
    try {
      return JSON.parse(value) as unknown
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      // Its own words repeat the value, which may hold a token.
      context.addIssue({ code: 'custom', message: 'expected a list of texts, in the environment as JSON' })
      return z.NEVER
    }
  })
  .pipe(
    z
      .array(
        z
          .string()
          .max(4096)
          .refine((word) => !word.includes('\0'), 'expected texts without NUL'),
      )
      .min(1)
      .max(50),
  )
/** The same, or plain words in one text, cut at spaces; a word with a space in it needs the list. */
export const words = z
  .union([z.string(), z.array(z.string())])
  .transform((value) =>
    typeof value === 'string' && !value.trimStart().startsWith('[')
      ? value.split(/\s+/u).filter(Boolean)
      : value,
  )
  .pipe(argv)
export const webhookSecret = z
  .string()
  .min(16)
  .refine(
    (value) => !value.startsWith('whsec_') || Buffer.from(value.slice(6), 'base64').length >= 16,
    'expected base64 of at least 16 bytes after whsec_',
  )
export const httpUrl = z.url({ protocol: /^https?$/u, message: 'expected an http or https address' })

/** Read by `parseRetention`. */
export const retention = z
  .string()
  .regex(/^(permanent|[1-9]\d{0,4}d)$/u, 'expected permanent, or a number of days such as 90d')
