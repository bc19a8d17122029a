import { z } from 'zod'
import { findStep, type Driven } from '../service/drive-service.ts'
import { getLatency } from '../service/latency.ts'
import { DRIVE_SETTINGS, makeServiceTool } from '../service/make-service-tool.ts'
import { listOperations, listReadable, makeCreations } from '../service/operations.ts'
import type { Series } from '../service/report.ts'
import { isError } from '../service/series.ts'

const Settings = z.strictObject({
  ...DRIVE_SETTINGS,
  /** Counted in requests rather than minutes, over all steps and both versions. */
  requests: z.int().min(10).max(100_000).default(300),
  /** Of the requests of a step that the new version gets, step by step. */
  shares: z.array(z.number().gt(0).max(1)).min(1).max(10).default([0.1, 0.5, 1]),
  /** Share of errors of the new version above which a step ends the canary. */
  max_error_rate: z.number().min(0).max(1).default(0.01),
  /** How many times slower than the old version the 95th percentile of the new one may be… */
  max_slowdown: z.number().min(1).max(100).default(2),
  /** …beyond this many milliseconds, below which the noise of a machine is larger than any difference. */
  slack_ms: z.number().min(0).max(60_000).default(25),
  max_routes: z.int().min(1).max(20).default(4),
})
type Settings = z.infer<typeof Settings>

/** Rounds in which each share can be met with whole requests. */
const SPREAD = 10

type Side = {
  readonly revision: string | null
  readonly requests: number
  readonly errors: number
  readonly latency_ms: ReturnType<typeof getLatency> | null
}

const getSide = (series: Series, service: string, revision: string | null, isDeclared: boolean): Side => {
  const parts = series.parts.filter((part) => part.service === service)
  const statuses = parts.flatMap((part) => part.statuses)
  const ms = parts.flatMap((part) => part.ms)
  return {
    revision,
    requests: statuses.length,
    errors: statuses.filter((status) => isError(status, isDeclared)).length,
    latency_ms: ms.length === 0 ? null : getLatency(ms),
  }
}

const listReasons = (canary: Side, baseline: Side | null, settings: Settings): string[] => {
  const rate = canary.requests === 0 ? 1 : canary.errors / canary.requests
  const normal = baseline === null || baseline.requests === 0 ? 0 : baseline.errors / baseline.requests
  const before = baseline?.latency_ms?.p95
  const after = canary.latency_ms?.p95 ?? 0
  return [
    ...(canary.requests === 0 ? ['The new version got no request.'] : []),
    ...(canary.requests > 0 && rate > settings.max_error_rate
      ? [
          `${canary.errors} of ${canary.requests} requests to the new version failed` +
            (baseline === null ? '.' : `; to the old one ${baseline.errors} of ${baseline.requests}.`),
        ]
      : []),
    ...(rate <= settings.max_error_rate && baseline !== null && rate > normal + settings.max_error_rate
      ? ['The new version fails more often than the old one.']
      : []),
    ...(before !== undefined && after > before * settings.max_slowdown + settings.slack_ms
      ? [`The 95th percentile went from ${before} ms to ${after} ms.`]
      : []),
  ]
}

/** Which service gets which of ten requests: the new one as many as its share, the old one the others. */
const getTurns = (share: number, hasBaseline: boolean): string[] => {
  const ofCanary = Math.max(1, Math.round(share * SPREAD))
  return Array.from({ length: SPREAD }, (_, turn) => (turn < ofCanary || !hasBaseline ? 'after' : 'before'))
}

const getBaselineProblem = ({ report }: Driven): string | null => {
  const facts = report?.services.find(({ name }) => name === 'before')
  if (facts === undefined) return 'There is no version before this one to compare with.'
  if (facts.problem === null) return null
  return `The version before ${facts.problem}`
}

/** The new version beside the old one under the same requests, its share of them growing step by step. */
export const tool = makeServiceTool({
  name: 'canary',
  version: '1.0.0',
  settings: Settings,
  unmeasured: { steps: [], requests: 0, errors: 0, error_rate: 0, verdict: 'none' },
  measure: async ({ input, settings, openapi, commit, drive }) => {
    const operations = listOperations(openapi)
    const routes = listReadable(operations, settings.max_routes)
    const hasBefore = input.before !== null
    const perTurn = settings.shares.length * SPREAD * routes.length
    const rounds = Math.max(1, Math.ceil(settings.requests / perTurn))
    const driven = await drive({
      withBefore: true,
      steps: [
        ...makeCreations(operations, 'after'),
        ...(hasBefore ? makeCreations(operations, 'before') : []),
        ...settings.shares.map(
          (share, index) =>
            ({
              type: 'series',
              id: `step-${index}`,
              services: getTurns(share, hasBefore),
              requests: routes.map(({ method, path }) => ({ method, path })),
              rounds,
            }) as const,
        ),
      ],
    })
    const baselineProblem = getBaselineProblem(driven)
    const isDeclared = openapi !== undefined
    const steps: Readonly<Record<string, unknown>>[] = []
    let requests = 0
    let errors = 0
    let reason = driven.problem
    for (const [index, share] of settings.shares.entries()) {
      const series = findStep(driven.report, `step-${index}`, 'series')
      if (typeof series === 'string') {
        reason ??= `The step with a share of ${share} was not made: ${series}.`
        break
      }
      const canary = getSide(series, 'after', commit, isDeclared)
      const baseline =
        baselineProblem === null ? getSide(series, 'before', input.before?.commit ?? null, isDeclared) : null
      const reasons = listReasons(canary, baseline, settings)
      const isOver = reasons.length > 0
      requests += canary.requests
      errors += canary.errors
      steps.push({
        share,
        canary,
        baseline,
        verdict: isOver ? 'abort' : 'continue',
        reasons: baselineProblem === null ? reasons : [...reasons, baselineProblem],
      })
      // What came after would not have been sent to anybody.
      if (isOver) break
    }
    const isHealthy =
      steps.length === settings.shares.length && steps.every(({ verdict }) => verdict === 'continue')
    return {
      reason,
      fields: {
        steps,
        requests,
        errors,
        error_rate: requests === 0 ? 1 : errors / requests,
        verdict: isHealthy && reason === null ? 'promote' : 'roll-back',
      },
    }
  },
})
