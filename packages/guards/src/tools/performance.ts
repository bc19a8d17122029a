import { z } from 'zod'
import { findStep } from '../service/drive-service.ts'
import { getLatency } from '../service/latency.ts'
import { DRIVE_SETTINGS, makeServiceTool } from '../service/make-service-tool.ts'
import { listOperations, listReadable, makeCreations } from '../service/operations.ts'
import { findNothingToMeasure, isError } from '../service/series.ts'

const Settings = z.strictObject({
  ...DRIVE_SETTINGS,
  /** Of each route, one at a time. Fewer than a hundred make the last percentile the slowest answer. */
  requests: z.int().min(1).max(10_000).default(100),
  max_routes: z.int().min(1).max(50).default(10),
})

/** How fast the service's own GET routes answer one caller at a time. */
export const tool = makeServiceTool({
  name: 'performance',
  version: '1.0.0',
  settings: Settings,
  unmeasured: { routes: [], start_ms: null, memory_mb: null },
  measure: async ({ settings, openapi, drive }) => {
    const operations = listOperations(openapi)
    const routes = listReadable(operations, settings.max_routes)
    const { report, problem } = await drive({
      steps: [
        ...makeCreations(operations, 'after'),
        { type: 'request', id: 'start', service: 'after', method: 'GET', path: '/' },
        {
          type: 'series',
          id: 'series',
          services: ['after'],
          requests: routes.map(({ method, path }) => ({ method, path })),
          rounds: settings.requests,
        },
      ],
    })
    const nothing = findNothingToMeasure(operations, findStep(report, 'start', 'request'))
    if (problem === null && nothing !== undefined) return { notRun: nothing }
    const series = findStep(report, 'series', 'series')
    const parts = typeof series === 'string' ? [] : series.parts
    const [facts] = report?.services ?? []
    return {
      reason:
        problem ??
        (typeof series === 'string' ? `No route was measured: ${series}.` : null) ??
        (parts.length === 0 ? 'No route could be measured.' : null),
      fields: {
        routes: parts.map((part) => ({
          method: part.method,
          path: routes.find(({ path }) => path === part.path)?.template ?? part.path,
          requests: part.statuses.length,
          errors: part.statuses.filter((status) => isError(status, openapi !== undefined)).length,
          latency_ms: getLatency(part.ms),
          bytes: part.bytes,
        })),
        start_ms: facts?.readyMs ?? null,
        memory_mb: facts?.memoryMb ?? null,
      },
    }
  },
})
