import { destination, pino } from 'pino'
import type { Logger } from 'pino'

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

/** A logger of JSON lines with secrets taken out, also one level down and in errors' causes. */
export const makeLog = (options: LogOptions): Log =>
  pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      ...(options.redact === undefined ? {} : { hooks: { streamWrite: options.redact } }),
      redact: {
        paths: SECRET_NAMES.flatMap((name) => [name, `*.${name}`, `err.*.${name}`]),
        censor: '[redacted]',
      },
    },
    destination({ dest: options.file ?? 2, mkdir: true, sync: options.file === undefined }),
  )
