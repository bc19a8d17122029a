import { Health } from '@ropewalk/core/contract/api/health'
import { PROBLEM_TYPE, Problem } from '@ropewalk/core/contract/api/problem'
import { RopewalkError } from '@ropewalk/core/errors'
import type { FastifyInstance } from 'fastify'
import type { HttpContext, Readiness } from '../context.ts'
import { Nothing } from '../route.ts'

/** A probe that waits longer than this counts a hung database as a healthy one. */
const READY_TIMEOUT_MS = 2000

const checkReady = async (readiness: Readiness): Promise<void> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new RopewalkError('STORE_UNAVAILABLE', 'The database did not answer in time.'))
    }, READY_TIMEOUT_MS)
  })
  try {
    await Promise.race([readiness(), late])
  } catch (error) {
    if (error instanceof RopewalkError) throw error
    throw new RopewalkError('STORE_UNAVAILABLE', 'The database cannot be reached.', { cause: error })
  } finally {
    clearTimeout(timer)
  }
}

/** `/healthz`: the process answers. `/readyz`: the database is there and migrated. Neither needs a token. */
export const addHealthRoutes = (app: FastifyInstance, { readiness }: HttpContext): void => {
  const add = (url: string, name: string, summary: string, check: Readiness): void => {
    app.get(
      url,
      {
        config: { operation: name, rateLimit: false },
        schema: {
          operationId: name,
          summary,
          security: [],
          querystring: Nothing,
          response: {
            200: Health,
            default: { description: 'Not ready.', content: { [PROBLEM_TYPE]: { schema: Problem } } },
          },
        },
      },
      async () => {
        await check()
        return { status: 'ok' }
      },
    )
  }
  add('/healthz', 'readHealth', 'Whether this process answers.', () => Promise.resolve())
  add('/readyz', 'readReadiness', 'Whether requests can be served.', () => checkReady(readiness))
}
