import { z } from 'zod'
import { findStep } from '../service/drive-service.ts'
import { getLatency } from '../service/latency.ts'
import { DRIVE_SETTINGS, findInput, makeServiceTool } from '../service/make-service-tool.ts'
import { listOperations, listReadable, makeCreations } from '../service/operations.ts'
import { isError } from '../service/series.ts'
import type { ToolInput } from '../tool.ts'

const Settings = z.strictObject({
  ...DRIVE_SETTINGS,
  /** Of each route: a sample of our own, since nobody uses the service yet. */
  requests: z.int().min(1).max(10_000).default(50),
  max_routes: z.int().min(1).max(20).default(5),
})

type Metric = {
  readonly name: string
  readonly unit: string
  readonly value: number | null
  readonly sample: number
  readonly reason: string | null
}

/** What only people can tell; a number here would be invented. */
const NEED_PEOPLE: readonly (readonly [string, string])[] = [
  ['active users', 'users'],
  ['users who come back in the second week', 'share'],
  ['answers to the feedback questions', 'answers'],
]

const getPlanned = (input: ToolInput) => {
  const feedback = findInput(input, 'FeedbackPlan')
  const dashboards = findInput(input, 'MonitoringDashboard')
  return {
    channels: feedback?.channels.length ?? 0,
    testers: feedback?.planned_testers ?? 0,
    events: feedback?.planned_events.length ?? 0,
    dashboards: dashboards?.dashboards.length ?? 0,
  }
}

/** What was counted on a sample of requests of our own, marked as such; what needs people has no value. */
export const tool = makeServiceTool({
  name: 'analytics',
  version: '1.0.0',
  settings: Settings,
  unmeasured: {
    source: 'none',
    metrics: [],
    planned: { channels: 0, testers: 0, events: 0, dashboards: 0 },
  },
  measure: async ({ input, settings, openapi, drive }) => {
    const operations = listOperations(openapi)
    const routes = listReadable(operations, settings.max_routes)
    const { report, problem } = await drive({
      steps: [
        ...makeCreations(operations, 'after'),
        {
          type: 'series',
          id: 'series',
          services: ['after'],
          requests: routes.map(({ method, path }) => ({ method, path })),
          rounds: settings.requests,
        },
      ],
    })
    const series = findStep(report, 'series', 'series')
    const parts = typeof series === 'string' ? [] : series.parts
    const count = (statuses: readonly number[]) =>
      statuses.filter((status) => isError(status, openapi !== undefined)).length
    const all = parts.flatMap(({ statuses }) => statuses)
    const [facts] = report?.services ?? []
    const measured = (name: string, unit: string, value: number | null, sample: number): Metric => ({
      name,
      unit,
      value: value === null ? null : Math.round(value * 1000) / 1000,
      sample,
      reason: value === null ? 'It could not be measured in this sample.' : null,
    })
    const metrics: Metric[] = [
      measured('requests answered', 'requests', all.filter((status) => status !== 0).length, all.length),
      measured('share of errors', 'share', all.length === 0 ? null : count(all) / all.length, all.length),
      measured('time to start', 'ms', facts?.readyMs ?? null, 1),
      measured('memory in use', 'MB', facts?.memoryMb ?? null, 1),
      ...parts.flatMap(({ method, path, ms }) => {
        const name = `${method} ${routes.find((route) => route.path === path)?.template ?? path}`.slice(
          0,
          120,
        )
        const latency = getLatency(ms)
        return [
          measured(`${name}: median time`, 'ms', latency.p50, ms.length),
          measured(`${name}: 95th percentile`, 'ms', latency.p95, ms.length),
        ]
      }),
      ...NEED_PEOPLE.map(([name, unit]) => ({
        name,
        unit,
        value: null,
        sample: 0,
        reason: 'Nobody but this sample has used the service yet.',
      })),
    ]
    return {
      reason: problem ?? (typeof series === 'string' ? `Nothing was counted: ${series}.` : null),
      fields: { source: 'synthetic', metrics, planned: getPlanned(input) },
    }
  },
})
