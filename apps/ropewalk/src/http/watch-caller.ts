import type { Caller } from '@ropewalk/core/access/caller'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Engine } from '../engine/contract.ts'
import { isStillLive } from '../engine/identity/verify-token.ts'
import type { Log } from '../log.ts'

/** Short enough that a revoked token is soon cut off; most requests are answered before, and cost nothing. */
const CHECK_MS = 2000

const isRevocable = ({ grantId, foreign, claim }: Caller): boolean => {
  const origin = claim ?? { grantId, foreign }
  return (origin.grantId !== undefined && origin.grantId !== null) || origin.foreign !== undefined
}

/**
 * Hangs up on a caller whose token was revoked while an answer of ours was still open, as streams are for hours,
 * and on a reader whose token has ended meanwhile. What only passes by is let finish.
 */
export const watchCaller = (
  { engine, log }: { readonly engine: Pick<Engine, 'isGrantLive' | 'isForeignTokenLive'>; readonly log: Log },
  request: FastifyRequest,
  reply: FastifyReply,
): void => {
  const { caller, tokenEndsAt } = request
  if (caller === null || (tokenEndsAt === null && !isRevocable(caller))) return
  let timer: NodeJS.Timeout | undefined
  const hangUp = (why: string): void => {
    log.info({ requestId: request.id, caller: caller.agentId, why }, 'an open answer was cut off')
    reply.raw.destroy()
  }
  const check = async (): Promise<void> => {
    if (tokenEndsAt !== null && tokenEndsAt <= Date.now() && request.method === 'GET') {
      hangUp('the token has ended')
      return
    }
    try {
      if (!(await isStillLive(engine, caller))) {
        hangUp('the token was revoked')
        return
      }
    } catch (error) {
      // The database may be away for a moment; the next look tells.
      log.debug({ err: error, requestId: request.id }, 'it could not be asked whether a token still holds')
    }
    plan()
  }
  const plan = (): void => {
    if (reply.raw.destroyed || reply.raw.writableEnded) return
    timer = setTimeout(() => void check(), CHECK_MS)
    timer.unref()
  }
  reply.raw.once('close', () => {
    clearTimeout(timer)
  })
  plan()
}
