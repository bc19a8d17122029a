import { z } from 'zod'
import type { DocumentOf } from '@ropewalk/core/contract/documents'
import type { RequirementCheck } from '@ropewalk/core/contract/guard-report'
import { findDocument } from '../documents.ts'
import type { GuardInput } from '../guard.ts'
import { makeGuard } from '../make-guard.ts'
import { judgeMeasured, judgeParts, unless, type Part } from './measured.ts'

const Settings = z.strictObject({
  /** E2EReport: share of scenarios that pass; a skipped one proves nothing. */
  min_pass_rate: z.number().min(0).max(1).default(0.95),
  /** PerfReport and LoadReport: of the 95th percentile of every route. */
  max_response_time_ms: z.number().positive().default(1000),
  /** PerfReport and LoadReport: share of requests without an answer, or with one from 400 up. */
  max_error_rate: z.number().min(0).max(1).default(0.01),
  /** LoadReport: of the slowest route. */
  min_throughput_rps: z.number().min(0).default(100),
  /** A11yAudit: the level its rules must reach, and how many violations it may have. */
  wcag_level: z.enum(['A', 'AA']).default('AA'),
  max_violations: z.int().min(0).default(0),
  /** CompatibilityMatrix: checks that may fail; what could not be tried is told and does not count. */
  max_incompatible: z.int().min(0).default(0),
})
type Settings = z.infer<typeof Settings>

const MAX_TOLD = 10

const judgeScenarios = (report: DocumentOf<'E2EReport'>, { min_pass_rate: min }: Settings): Part => {
  const { scenarios } = report
  const count = (outcome: string) => scenarios.filter((one) => one.outcome === outcome).length
  const total = report.passed + report.failed + report.skipped
  const failures = scenarios.filter(({ outcome }) => outcome === 'fail')
  // A list that was cut at its limit is shorter than its totals; only failures are sure to stand in it.
  const isWhole = scenarios.length === total
  const passed = isWhole ? count('pass') : total - report.failed - report.skipped
  const rate = total === 0 ? 0 : passed / total
  const told = failures
    .slice(0, MAX_TOLD)
    .map(({ name, message }) => `"${name}" failed: ${message ?? 'no message'}`)
  const isEnough = rate + 1e-9 >= min
  return {
    score: rate,
    problems: [
      ...unless(total > 0, 'E2EReport holds no scenario.'),
      ...unless(
        !isWhole || (count('pass') === report.passed && count('fail') === report.failed),
        'The totals of E2EReport are not those of its scenarios.',
      ),
      ...unless(
        scenarios.length === Math.min(total, 500),
        'E2EReport tells of more scenarios than it holds.',
      ),
      ...unless(
        Math.abs(rate - report.pass_rate) < 0.001,
        'The pass rate of E2EReport is not what its totals give.',
      ),
      ...unless(isEnough, `${passed} of ${total} scenarios pass, and the share must be ${min}.`),
      ...(isEnough ? [] : told),
    ],
    metrics: { scenarios: total, scenarios_failed: report.failed, pass_rate: rate },
  }
}

const isOrdered = ({ p50, p95, p99, max }: DocumentOf<'PerfReport'>['routes'][number]['latency_ms']) =>
  p50 <= p95 && p95 <= p99 && p99 <= max

const judgeRoutes = ({ routes }: DocumentOf<'PerfReport'>, settings: Settings): Part => {
  const judged = routes.map((route) => {
    const where = `${route.method} ${route.path}`
    const rate = route.requests === 0 ? 1 : route.errors / route.requests
    return [
      ...unless(isOrdered(route.latency_ms), `The percentiles of ${where} are out of order.`),
      ...unless(
        rate <= settings.max_error_rate,
        `${route.errors} of ${route.requests} requests to ${where} failed.`,
      ),
      ...unless(
        route.latency_ms.p95 <= settings.max_response_time_ms,
        `The 95th percentile of ${where} is ${route.latency_ms.p95} ms, above ${settings.max_response_time_ms} ms.`,
      ),
    ]
  })
  return {
    score:
      routes.length === 0 ? 0 : judged.filter((problems) => problems.length === 0).length / routes.length,
    problems: [...unless(routes.length > 0, 'PerfReport measured no route.'), ...judged.flat()],
    metrics: {
      routes: routes.length,
      slowest_p95_ms: Math.max(0, ...routes.map(({ latency_ms: latency }) => latency.p95)),
    },
  }
}

const judgeStages = ({ stages }: DocumentOf<'LoadReport'>, settings: Settings): Part => {
  const judged = stages.map((stage) => {
    const where = `${stage.method} ${stage.path}`
    const given = stage.duration_s === 0 ? 0 : stage.requests / stage.duration_s
    const sent = Math.max(stage.requests, stage.errors)
    return [
      ...unless(
        Math.abs(given - stage.throughput_rps) <= Math.max(1, given * 0.05),
        `The throughput of ${where} is not what its requests and its time give (${given.toFixed(1)} a second).`,
      ),
      ...unless(
        given >= settings.min_throughput_rps,
        `${where} bears ${given.toFixed(1)} requests a second, less than ${settings.min_throughput_rps}.`,
      ),
      ...unless(
        sent > 0 && stage.errors / sent <= settings.max_error_rate,
        `${stage.errors} of ${sent} requests to ${where} failed under load.`,
      ),
      ...unless(
        stage.latency_ms.p95 <= settings.max_response_time_ms,
        `Under load the 95th percentile of ${where} is ${stage.latency_ms.p95} ms.`,
      ),
    ]
  })
  return {
    score:
      stages.length === 0 ? 0 : judged.filter((problems) => problems.length === 0).length / stages.length,
    problems: [...unless(stages.length > 0, 'LoadReport loaded no route.'), ...judged.flat()],
    metrics: {
      least_rps: stages.length === 0 ? 0 : Math.min(...stages.map((stage) => stage.throughput_rps)),
    },
  }
}

const judgePages = ({ pages, violations, standard }: DocumentOf<'A11yAudit'>, settings: Settings): Part => {
  const found = pages.flatMap(({ path, violations: list }) => list.map((one) => ({ path, ...one })))
  const isEnough = found.length <= settings.max_violations
  return {
    score: pages.length === 0 ? 0 : Math.max(0, 1 - found.length / 10),
    problems: [
      ...unless(pages.length > 0, 'A11yAudit judged no page.'),
      ...unless(violations === found.length, 'The count of A11yAudit is not that of its violations.'),
      ...unless(
        settings.wcag_level === 'A' || standard.endsWith('AA'),
        `A11yAudit holds to ${standard}, and level ${settings.wcag_level} is asked for.`,
      ),
      ...unless(
        pages.every(({ passes, violations: list }) => passes + list.length > 0),
        'A page of A11yAudit met no rule at all.',
      ),
      ...(isEnough
        ? []
        : found
            .slice(0, MAX_TOLD)
            .map(
              ({ path, rule, impact, help, nodes }) =>
                `${path}: ${rule} (${impact}): ${help}. ${nodes[0] ?? ''}`,
            )),
    ],
    metrics: { pages: pages.length, violations: found.length },
  }
}

const judgeCells = ({ cells }: DocumentOf<'CompatibilityMatrix'>, settings: Settings): Part => {
  const tried = cells.filter(({ outcome }) => outcome !== 'not-run')
  const failed = tried.filter(({ outcome }) => outcome === 'fail')
  const isEnough = failed.length <= settings.max_incompatible
  return {
    score: tried.length === 0 ? 0 : 1 - failed.length / tried.length,
    problems: [
      ...unless(tried.length > 0, 'CompatibilityMatrix tried nothing.'),
      ...(isEnough
        ? []
        : failed
            .slice(0, MAX_TOLD)
            .map(({ name, check, reason }) => `${name}: "${check}" fails: ${reason ?? 'no reason'}`)),
    ],
    metrics: { tried: tried.length, incompatible: failed.length, not_tried: cells.length - tried.length },
  }
}

/** What the calls of the API proved of requirements; the tests of the suite speak for themselves elsewhere. */
const listChecks = (input: GuardInput): RequirementCheck[] => {
  if (!input.judged.some(({ artifact }) => artifact.name === 'E2EReport')) return []
  const scenarios = findDocument(input, 'E2EReport')?.scenarios ?? []
  return scenarios
    .filter(({ steps }) => steps.length > 0)
    .flatMap(({ name, requirements, outcome }) =>
      requirements.map((requirementId) => ({ requirementId, test: name, file: 'E2EReport', outcome })),
    )
    .slice(0, 2000)
}

/**
 * Judges what was measured on the running service against limits. Totals are counted anew, a report of another
 * commit fails, and what was not measured is not-run.
 */
export const guard = makeGuard({
  name: 'measurements',
  version: '1.0.0',
  settings: Settings,
  judge: (input, settings) => {
    const parts = [
      judgeMeasured(input, 'E2EReport', (report) => judgeScenarios(report, settings)),
      judgeMeasured(input, 'PerfReport', (report) => judgeRoutes(report, settings)),
      judgeMeasured(input, 'LoadReport', (report) => judgeStages(report, settings)),
      judgeMeasured(input, 'A11yAudit', (report) => judgePages(report, settings)),
      judgeMeasured(input, 'CompatibilityMatrix', (report) => judgeCells(report, settings)),
    ]
    const known = 'E2EReport, PerfReport, LoadReport, A11yAudit and CompatibilityMatrix'
    const judgement = judgeParts(input, parts, known)
    const isForeign = parts.some((part) => part?.isCritical === true)
    return isForeign ? judgement : { ...judgement, requirements: listChecks(input) }
  },
})
