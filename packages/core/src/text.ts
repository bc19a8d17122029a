import { z } from 'zod'

/**
 * Text that every part of the system can keep: no NUL (Postgres refuses it) and no lone surrogate
 * (RFC 8785 cannot hash it). `max` counts UTF-16 code units.
 */
export const text = (max: number, min = 0) =>
  z
    .string()
    .min(min)
    .max(max)
    .refine((value) => value.isWellFormed() && !value.includes('\u0000'), {
      message: 'expected text without NUL characters or lone surrogates',
    })

/** A short human-readable line. */
export const Line = text(400, 1)

/** A name used as a key: letters, digits, dot, dash, underscore; at most 64. */
export const Name = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9._-]{0,63}$/u, 'expected a name: a letter, then letters, digits, . _ or -')

/** An instant as this system writes it: ISO 8601, UTC, milliseconds. */
export const Instant = z
  .string()
  .regex(
    /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/u,
    'expected an instant like 2026-01-31T12:00:00.000Z',
  )

/** SHA-256 as 64 lower-case hex digits. */
export const Digest = z.string().regex(/^[0-9a-f]{64}$/u, 'expected a SHA-256 digest in lower-case hex')

/** A git commit: 40 lower-case hex digits. */
export const Commit = z.string().regex(/^[0-9a-f]{40}$/u, 'expected a full git commit')

/** A share between 0 and 1. */
export const Share = z.number().min(0).max(1)

/** A count or an amount that fits a JSON number exactly. */
export const Count = z.int().min(0).max(Number.MAX_SAFE_INTEGER)
