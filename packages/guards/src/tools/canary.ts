import { z } from 'zod'
import type { DocumentOf } from '@ropewalk/core/contract/documents'
import { findStep, type Driven } from '../service/drive-service.ts'
import { getLatency } from '../service/latency.ts'
import { DRIVE_SETTINGS, findInput, makeServiceTool } from '../service/make-service-tool.ts'
import { listOperations, listReadable, makeCreations } from '../service/operations.ts'
import type { Series } from '../service/report.ts'
import { findVersionBefore, isError } from '../service/series.ts'

const Settings = z.strictObject({
  ...DRIVE_SETTINGS,
  /**
   * The steps, where no DeploymentPlan names them: which share of the requests the new version gets, and how
   * many at least. Counted in requests rather than minutes.
   */
  steps: z
    .array(z.strictObject({ share: z.number().gt(0).max(1), min_requests: z.int().min(1).max(100_000) }))
    .min(1)
    .max(10)
    .default([
      { share: 0.1, min_requests: 50 },
      { share: 0.5, min_requests: 100 },
      { share: 1, min_requests: 100 },
    ]),
  /** In one step, to both versions together; a plan that asks for more is not met, and the step aborts. */
  max_step_requests: z.int().min(10).max(1_000_000).default(5000),
  /** Share of errors of the new version above which a step ends the canary; a plan may ask for less. */
  max_error_rate: z.number().min(0).max(1).default(0.01),
  /**
   * How many times slower than the old version the new one may be… The medians are compared, and from a hundred
   * answers of each on the 95th percentiles too: of fewer, those are the noise of a busy machine.
   */
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

/** What the plan of the deployment asks of the canary, else the settings. */
type Limits = {
  readonly steps: readonly { readonly share: number; readonly min_requests: number }[]
  readonly maxErrorRate: number
  readonly maxP95Ms: number
}

const getLimits = (settings: Settings, plan: DocumentOf<'DeploymentPlan'> | undefined): Limits => ({
  steps: plan?.canary.steps ?? settings.steps,
  maxErrorRate: Math.min(settings.max_error_rate, plan?.canary.max_error_rate ?? 1),
  maxP95Ms: plan?.canary.max_p95_ms ?? Number.POSITIVE_INFINITY,
})

/** Of fewer answers the 95th percentile is one or two chance ones. */
const MIN_FOR_TAIL = 100

const listSlowness = (canary: Side, baseline: Side | null, settings: Settings): string[] => {
  const [before, after] = [baseline?.latency_ms ?? null, canary.latency_ms]
  if (before === null || after === null) return []
  const isSlower = (old: number, now: number) => now > old * settings.max_slowdown + settings.slack_ms
  const hasTail = Math.min(canary.requests, baseline?.requests ?? 0) >= MIN_FOR_TAIL
  return [
    ...(isSlower(before.p50, after.p50) ? [`The median went from ${before.p50} ms to ${after.p50} ms.`] : []),
    ...(hasTail && isSlower(before.p95, after.p95)
      ? [`The 95th percentile went from ${before.p95} ms to ${after.p95} ms.`]
      : []),
  ]
}

const listReasons = (
  canary: Side,
  baseline: Side | null,
  { settings, limits, needed }: { settings: Settings; limits: Limits; needed: number },
): string[] => {
  const rate = canary.requests === 0 ? 1 : canary.errors / canary.requests
  const normal = baseline === null || baseline.requests === 0 ? 0 : baseline.errors / baseline.requests
  const p95 = canary.latency_ms?.p95 ?? 0
  return [
    ...(canary.requests < needed
      ? [`The new version got ${canary.requests} of the ${needed} requests that this step asks for.`]
      : []),
    ...(canary.requests > 0 && rate > limits.maxErrorRate
      ? [
          `${canary.errors} of ${canary.requests} requests to the new version failed` +
            (baseline === null ? '.' : `; to the old one ${baseline.errors} of ${baseline.requests}.`),
        ]
      : []),
    ...(rate <= limits.maxErrorRate && baseline !== null && rate > normal + limits.maxErrorRate
      ? ['The new version fails more often than the old one.']
      : []),
    ...(canary.requests >= MIN_FOR_TAIL && p95 > limits.maxP95Ms
      ? [`The 95th percentile is ${p95} ms, and the plan allows ${limits.maxP95Ms} ms.`]
      : []),
    ...listSlowness(canary, baseline, settings),
  ]
}

/** Rounds that give the new version as many requests as the step asks for, within what one step may send. */
const getRounds = (
  step: Limits['steps'][number],
  { settings, routes, hasBaseline }: { settings: Settings; routes: number; hasBaseline: boolean },
): number => {
  const perRound = getTurns(step.share, hasBaseline).filter((turn) => turn === 'after').length * routes
  const most = Math.floor(settings.max_step_requests / (SPREAD * routes))
  return Math.max(1, Math.min(Math.ceil(step.min_requests / perRound), most))
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
    const before = findVersionBefore(input, commit)
    const hasBaseline = before !== null
    const limits = getLimits(settings, findInput(input, 'DeploymentPlan'))
    const driven = await drive({
      withBefore: hasBaseline,
      steps: [
        ...makeCreations(operations, 'after'),
        ...(hasBaseline ? makeCreations(operations, 'before') : []),
        ...limits.steps.map(
          (step, index) =>
            ({
              type: 'series',
              id: `step-${index}`,
              services: getTurns(step.share, hasBaseline),
              requests: routes.map(({ method, path }) => ({ method, path })),
              rounds: getRounds(step, { settings, routes: routes.length, hasBaseline }),
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
    for (const [index, { share, min_requests: needed }] of limits.steps.entries()) {
      const series = findStep(driven.report, `step-${index}`, 'series')
      if (typeof series === 'string') {
        reason ??= `The step with a share of ${share} was not made: ${series}.`
        break
      }
      const canary = getSide(series, 'after', commit, isDeclared)
      const baseline =
        baselineProblem === null ? getSide(series, 'before', before?.commit ?? null, isDeclared) : null
      const reasons = listReasons(canary, baseline, { settings, limits, needed })
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
      steps.length === limits.steps.length && steps.every(({ verdict }) => verdict === 'continue')
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
