import type { Caller } from '@ropewalk/core/access/caller'

declare module 'fastify' {
  interface FastifyRequest {
    /** Null on public routes alone. */
    caller: Caller | null
  }
  interface FastifyContextConfig {
    /** Its row in core's `OPERATIONS` says who may call the route. */
    operation?: string
  }
}
