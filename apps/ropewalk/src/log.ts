import { destination, pino } from 'pino'
import type { Logger } from 'pino'
import { RopewalkError } from '@ropewalk/core/errors'

export type Log = Logger

export type LogOptions = {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /** File to append to. Default: standard error, because standard output belongs to the command. */
  readonly file?: string | undefined
  /** Takes known secrets out of a line; providers and libraries repeat keys in messages of their own. */
  readonly redact?: ((line: string) => string) | undefined
}

/** Names under which secrets travel in our objects; what stands there never reaches the log. */
const SECRET_NAMES = [
  'password',
  'token',
  'secret',
  'apiKey',
  'authorization',
  'cookie',
  'connectionString',
  'url',
]

/** Deep enough for an error of a library that we translated twice. */
const MAX_CAUSES = 5

/**
 * What the log keeps of an error. Drivers hang whole connections, statements and rows on theirs; of those only the
 * code and the message are wanted.
 */
const describeError = (error: unknown, causesLeft = MAX_CAUSES): unknown => {
  if (!(error instanceof Error)) return error
  const code: unknown = 'code' in error ? error.code : undefined
  return {
    type: error.name,
    ...(typeof code === 'string' ? { code } : {}),
    message: error.message,
    stack: error.stack,
    ...(error instanceof RopewalkError ? { details: error.details } : {}),
    ...(error.cause === undefined || causesLeft === 0
      ? {}
      : { cause: describeError(error.cause, causesLeft - 1) }),
  }
}

/** A logger of JSON lines with secrets taken out, also one level down and in an error and its cause. */
export const makeLog = (options: LogOptions): Log =>
  pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: (error: unknown) => describeError(error) },
      formatters: { level: (label) => ({ level: label }) },
      ...(options.redact === undefined ? {} : { hooks: { streamWrite: options.redact } }),
      redact: {
        paths: SECRET_NAMES.flatMap((name) => [name, `*.${name}`, `err.*.${name}`, `err.cause.*.${name}`]),
        censor: '[redacted]',
      },
    },
    destination({ dest: options.file ?? 2, mkdir: true, sync: options.file === undefined }),
  )
