import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { HttpContext } from '../context.ts'
import { addRoute } from '../route.ts'

/** `/metrics`: what this process counts, as Prometheus reads it. It needs a token like all else. */
export const addMetricsRoute = (app: FastifyInstance, { metrics }: HttpContext): void => {
  addRoute(app, {
    method: 'GET',
    path: '/metrics',
    name: 'readMetrics',
    about: 'What this process counts of itself, in the text format of Prometheus.',
    answer: z.string(),
    mediaType: 'text/plain; version=0.0.4; charset=utf-8',
    isRateLimited: false,
    handle: ({ reply }) => {
      void reply.type('text/plain; version=0.0.4; charset=utf-8')
      return metrics.render()
    },
  })
}
