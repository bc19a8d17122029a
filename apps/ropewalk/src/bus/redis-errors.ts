import { ErrorReply } from '@redis/client'
import { RopewalkError } from '@ropewalk/core/errors'

/** The word that begins an error reply, such as NOGROUP; undefined when the server did not answer at all. */
export const getReplyCode = (error: unknown): string | undefined =>
  error instanceof ErrorReply ? /^[A-Z]+(?=\s|$)/u.exec(error.message)?.[0] : undefined

const SAYS: Readonly<Record<string, string>> = {
  LOADING: 'Redis is still reading its data. Try again.',
  READONLY: 'Redis takes no writes; it may be a replica. Check redisUrl.',
  MASTERDOWN: 'Redis has lost its primary. Try again.',
  GONE: 'Redis has lost what was published before. Try again.',
  BUSY: 'Redis is held up by a script. Try again later.',
  NOAUTH: 'Redis wants a password. Put it into redisUrl.',
  WRONGPASS: 'Redis refuses the user or password of redisUrl.',
  NOPERM: 'The Redis user of redisUrl may not do this. Give it the stream commands, EVAL and EVALSHA.',
}

const unavailable = (message: string, error: unknown): RopewalkError =>
  new RopewalkError('BUS_UNAVAILABLE', message, { cause: error })

/** The error of ours that says what one of the client or of Redis means, with that as its cause. Ours pass as they are. */
export const translateRedisError = (error: unknown): RopewalkError => {
  if (error instanceof RopewalkError) return error
  if (!(error instanceof ErrorReply)) return unavailable('Redis cannot be reached. Try again.', error)
  const code = getReplyCode(error) ?? ''
  const says = SAYS[code]
  if (says !== undefined) return unavailable(says, error)
  const cause = { cause: error, details: { reply: code } }
  switch (code) {
    case 'OOM':
      return new RopewalkError(
        'STORAGE_FULL',
        'Redis has no memory left. Raise maxmemory or trim topics.',
        cause,
      )
    case 'MISCONF':
      return new RopewalkError('STORAGE_FULL', 'Redis cannot write to its disk. Look at its log.', cause)
    case 'NOGROUP':
      return new RopewalkError('NOT_FOUND', 'There is no such group or topic on the bus.', cause)
    case 'WRONGTYPE':
      return new RopewalkError(
        'CONFLICT',
        'A key of the bus holds something else. Choose another busNamespace.',
        cause,
      )
    default:
      return new RopewalkError('INTERNAL', 'Redis answered with an error nobody foresaw.', cause)
  }
}
