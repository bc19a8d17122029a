import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus } from 'node:os'
import { z } from 'zod'
import { findStep } from '../service/drive-service.ts'
import { getLatency } from '../service/latency.ts'
import { DRIVE_SETTINGS, getMachine, makeServiceTool } from '../service/make-service-tool.ts'
import { listOperations, listReadable, makeCreations } from '../service/operations.ts'
import { findNothingToMeasure } from '../service/series.ts'

const Settings = z.strictObject({
  ...DRIVE_SETTINGS,
  /** At once; as many callers as a small service has in a busy moment. */
  connections: z.int().min(1).max(1000).default(20),
  /** Of each route. Counted in requests, so that a slow machine takes longer and not fewer. */
  requests: z.int().min(1).max(1_000_000).default(1000),
  /** For one route; what is not answered by then is not sent. */
  max_seconds: z.number().min(0.1).max(600).default(5),
  max_routes: z.int().min(1).max(20).default(3),
})

const require = createRequire(import.meta.url)

const getVersion = (): string =>
  z
    .object({ version: z.string() })
    .parse(JSON.parse(readFileSync(require.resolve('autocannon/package.json'), 'utf8'))).version

/** What the service bears: many connections at once on each of its GET routes. */
export const tool = makeServiceTool({
  name: 'load-test',
  version: '1.0.0',
  settings: Settings,
  unmeasured: { stages: [], cpu_cores: null },
  measure: async ({ settings, openapi, drive }) => {
    const operations = listOperations(openapi)
    const routes = listReadable(operations, settings.max_routes)
    const connections = Math.min(settings.connections, settings.requests)
    const { report, problem } = await drive({
      needs: ['autocannon'],
      steps: [
        ...makeCreations(operations, 'after'),
        { type: 'request', id: 'start', service: 'after', method: 'GET', path: '/' },
        ...routes.map(
          ({ path }, index) =>
            ({
              type: 'load',
              id: `load-${index}`,
              service: 'after',
              path,
              connections,
              amount: settings.requests,
              maxSeconds: settings.max_seconds,
            }) as const,
        ),
      ],
    })
    const nothing = findNothingToMeasure(operations, findStep(report, 'start', 'request'))
    if (problem === null && nothing !== undefined) return { notRun: nothing }
    const stages = routes.map(({ method, template }, index) => {
      const load = findStep(report, `load-${index}`, 'load')
      if (typeof load === 'string') return { template, load }
      const seconds = load.durationMs / 1000
      return {
        template,
        load,
        stage: {
          method,
          path: template,
          connections,
          duration_s: Math.round(seconds * 1000) / 1000,
          requests: load.answered,
          errors: load.errors,
          timeouts: load.timeouts,
          non_2xx: load.bad,
          throughput_rps: seconds === 0 ? 0 : Math.round((load.answered / seconds) * 10) / 10,
          latency_ms: getLatency(load.ms),
        },
      }
    })
    const missed = stages.find(({ stage }) => stage === undefined)
    return {
      tool: 'autocannon',
      toolVersion: `${getVersion()} (${getMachine()})`,
      reason:
        problem ??
        (missed === undefined ? null : `${missed.template} was not loaded: ${String(missed.load)}.`),
      fields: {
        stages: stages.flatMap(({ stage }) => (stage === undefined ? [] : [stage])),
        cpu_cores: cpus().length,
      },
    }
  },
})
