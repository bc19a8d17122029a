import type { Caller } from '@ropewalk/core/access/caller'
import type { ErrorCode } from '@ropewalk/core/errors'

declare module 'fastify' {
  interface FastifyRequest {
    /** Null on public routes alone. */
    caller: Caller | null
    /** When their token ends, in milliseconds since 1970; null: not by itself. */
    tokenEndsAt: number | null
    /** Of the error that it was answered with; null where all went well. */
    errorCode: ErrorCode | null
  }
  interface FastifyContextConfig {
    /** Its row in core's `OPERATIONS` says who may call the route. */
    operation?: string
  }
}
