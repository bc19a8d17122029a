import { describe, expect, test } from 'vitest'
import type { DocumentName } from '@ropewalk/core/contract/documents'
import { runGuard } from '../support.ts'
import { COMMIT, COMMIT_BEFORE } from './support.ts'

const MEASURED = {
  tool: 'tool',
  toolVersion: '1',
  argv: null,
  revision: COMMIT,
  outcome: 'done',
  reason: null,
}
const LATENCY = { mean: 5, p50: 4, p95: 9, p99: 10, max: 12 }
const SIDE = { revision: COMMIT, requests: 100, errors: 0, latency_ms: LATENCY }

/** A good document of each kind with the guard that judges it. */
const GOOD = {
  E2EReport: ['measurements', {
    ...MEASURED,
    scenarios: [{ name: 'starts', requirements: [], outcome: 'pass', steps: [], duration_ms: 1, message: null }],
    passed: 1, failed: 0, skipped: 0, pass_rate: 1,
  }],
  PerfReport: ['measurements', {
    ...MEASURED,
    routes: [{ method: 'GET', path: '/', requests: 100, errors: 0, latency_ms: LATENCY, bytes: 10 }],
    start_ms: 100, memory_mb: 60,
  }],
  LoadReport: ['measurements', {
    ...MEASURED,
    stages: [{
      method: 'GET', path: '/', connections: 10, duration_s: 2, requests: 1000, errors: 0, timeouts: 0, non_2xx: 0,
      throughput_rps: 500, latency_ms: LATENCY,
    }],
    cpu_cores: 2,
  }],
  A11yAudit: ['measurements', {
    ...MEASURED, standard: 'WCAG 2.2 AA', browser: 'Chromium 150',
    pages: [{ path: '/', passes: 10, violations: [], incomplete: [] }], violations: 0,
  }],
  CompatibilityMatrix: ['measurements', {
    ...MEASURED,
    cells: [
      { kind: 'runtime', name: 'Node.js', version: 'v24', check: 'starts', outcome: 'pass', reason: null },
      { kind: 'runtime', name: 'Node.js', version: 'v22', check: 'starts', outcome: 'not-run', reason: 'not here' },
    ],
  }],
  DeploymentReport: ['deployment-health', {
    ...MEASURED, target: 'here', started_at: '2026-01-31T12:00:00.000Z', start_ms: 100, command: ['node', 'main.js'],
    checks: [{ name: 'starts', path: null, expected: 'an answer', seen: 'one', outcome: 'pass', duration_ms: 1 }],
    health_score: 1,
  }],
  CanaryResults: ['canary', {
    ...MEASURED,
    steps: [
      { share: 0.5, canary: SIDE, baseline: { ...SIDE, revision: COMMIT_BEFORE }, verdict: 'continue', reasons: [] },
      { share: 1, canary: SIDE, baseline: null, verdict: 'continue', reasons: [] },
    ],
    requests: 200, errors: 0, error_rate: 0, verdict: 'promote',
  }],
  BetaMetrics: ['beta-metrics', {
    ...MEASURED, source: 'synthetic',
    metrics: [
      ...['requests answered', 'time to start', 'memory in use'].map((name) => ({ name, unit: 'x', value: 1, sample: 10, reason: null })),
      { name: 'share of errors', unit: 'share', value: 0, sample: 10, reason: null },
      { name: 'active users', unit: 'users', value: null, sample: 0, reason: 'nobody yet' },
    ],
    planned: { channels: 2, testers: 20, events: 20, dashboards: 4 },
  }],
} as const // prettier-ignore
type Name = keyof typeof GOOD

const judge = (name: Name, change: Readonly<Record<string, unknown>> = {}, settings = {}) => {
  const [guard, document] = GOOD[name]
  return runGuard(guard, {
    judged: { [name satisfies DocumentName]: { ...document, ...change } },
    dir: '/',
    settings,
  })
}

describe.each(Object.keys(GOOD) as Name[])('%s', (name) => {
  test('passes where everything is within its limits', async () => {
    expect(await judge(name)).toMatchObject({ outcome: 'pass', score: 1, reasons: [] })
  })

  test('fails as the report of another commit, whatever it says', async () => {
    const findings = await judge(name, { revision: COMMIT_BEFORE })
    expect(findings).toMatchObject({ outcome: 'fail', score: 0, severity: 'critical' })
    expect(findings.reasons.join()).toMatch(/is about the commit b{40}, and a{40} is judged/u)
    expect((await judge(name, { revision: null })).outcome).toBe('fail')
  })

  test('is not-run where nothing was measured, and fails where the measurement broke off', async () => {
    const reason = 'There is no sandbox.'
    expect(await judge(name, { outcome: 'not-run', reason })).toMatchObject({ outcome: 'not-run', score: 0 })
    expect(await judge(name, { reason: 'The service ended.' })).toMatchObject({ outcome: 'fail' })
  })

  test('cannot be judged without the commit', async () => {
    const [guard, document] = GOOD[name]
    const findings = await runGuard(guard, { judged: { [name]: document } })
    expect(findings).toMatchObject({ outcome: 'error', reasons: [expect.stringContaining('SourceCode')] })
  })
})

const scenario = {
  name: 'calls',
  requirements: ['REQ-001'],
  steps: [],
  duration_ms: 1,
  message: 'wrong',
  outcome: 'fail',
}
const route = GOOD.PerfReport[1].routes[0]
const stage = GOOD.LoadReport[1].stages[0]
const step = GOOD.CanaryResults[1].steps[1]

/** Documents that lie about themselves or exceed a limit, with what is said of them. */
const BAD: readonly (readonly [string, Name, Readonly<Record<string, unknown>>, RegExp])[] = [
  ['totals that are not those of the scenarios', 'E2EReport', { passed: 5, pass_rate: 1 }, /totals|more scenarios/u],
  ['a pass rate of its own', 'E2EReport', { scenarios: [scenario], passed: 0, failed: 1, pass_rate: 1 }, /pass rate.*not what/u],
  ['scenarios that fail', 'E2EReport', { scenarios: [scenario], passed: 0, failed: 1, pass_rate: 0 }, /"calls" failed: wrong/u],
  ['no scenario at all', 'E2EReport', { scenarios: [], passed: 0 }, /no scenario/u],
  ['no route at all', 'PerfReport', { routes: [] }, /measured no route/u],
  ['a route that failed', 'PerfReport', { routes: [{ ...route, errors: 2 }] }, /2 of 100 requests to GET \/ failed/u],
  ['percentiles out of order', 'PerfReport', { routes: [{ ...route, latency_ms: { ...LATENCY, p95: 1 } }] }, /out of order/u],
  ['a slow route', 'PerfReport', { routes: [{ ...route, latency_ms: { ...LATENCY, p95: 1500, p99: 1600, max: 2000 } }] }, /1500 ms, above 1000/u],
  ['a throughput of its own', 'LoadReport', { stages: [{ ...stage, throughput_rps: 5000 }] }, /not what its requests/u],
  ['too little throughput', 'LoadReport', { stages: [{ ...stage, requests: 100, throughput_rps: 50 }] }, /bears 50\.0/u],
  ['errors under load', 'LoadReport', { stages: [{ ...stage, errors: 20 }] }, /failed under load/u],
  ['no page at all', 'A11yAudit', { pages: [] }, /judged no page/u],
  ['a page that met no rule', 'A11yAudit', { pages: [{ path: '/', passes: 0, violations: [], incomplete: [] }] }, /met no rule/u],
  ['a lower level', 'A11yAudit', { standard: 'WCAG 2.0 A' }, /level AA is asked for/u],
  ['a check that fails', 'CompatibilityMatrix', { cells: [{ ...GOOD.CompatibilityMatrix[1].cells[0], outcome: 'fail', reason: 'it ended' }] }, /it ended/u],
  ['nothing tried', 'CompatibilityMatrix', { cells: [GOOD.CompatibilityMatrix[1].cells[1]] }, /tried nothing/u],
  ['a health of its own', 'DeploymentReport', { checks: [{ ...GOOD.DeploymentReport[1].checks[0], outcome: 'fail' }] }, /says 1; its checks give 0\.000/u],
  ['no start', 'DeploymentReport', { start_ms: null }, /did not start/u],
  ['totals that are not those of the steps', 'CanaryResults', { requests: 900 }, /totals of CanaryResults/u],
  ['a step with errors', 'CanaryResults', { steps: [{ ...step, canary: { ...SIDE, errors: 5 } }], requests: 100, errors: 5, error_rate: 0.05 }, /5\.00 % of the requests/u],
  ['a step about another commit', 'CanaryResults', { steps: [{ ...step, canary: { ...SIDE, revision: COMMIT_BEFORE } }], requests: 100 }, /another commit/u],
  ['too few requests', 'CanaryResults', { steps: [{ ...step, canary: { ...SIDE, requests: 10 } }], requests: 10 }, /10 requests, fewer than 100/u],
  ['a roll-back', 'CanaryResults', { verdict: 'roll-back' }, /verdict is roll-back/u],
  ['a canary that never got everything', 'CanaryResults', { steps: [{ ...step, share: 0.5 }], requests: 100 }, /never got all/u],
  ['users that nobody counted', 'BetaMetrics', { source: 'people' }, /come from people/u],
  ['a value without a sample', 'BetaMetrics', { metrics: GOOD.BetaMetrics[1].metrics.map((one) => ({ ...one, sample: 0 })) }, /no sample/u],
  ['too few testers planned', 'BetaMetrics', { planned: { channels: 2, testers: 3, events: 20, dashboards: 4 } }, /3 testers are planned/u],
] // prettier-ignore

test.each(BAD)('%s fails: %s', async (_, name, change, said) => {
  const findings = await judge(name, change)
  expect(findings.outcome).toBe('fail')
  expect(findings.score).toBeLessThan(1)
  expect(findings.reasons.join('\n')).toMatch(said)
})

test('several documents are judged together: one that fails decides, then one that was not run', async () => {
  const { E2EReport, PerfReport } = { E2EReport: GOOD.E2EReport[1], PerfReport: GOOD.PerfReport[1] }
  const notRun = { ...PerfReport, outcome: 'not-run', reason: 'no sandbox' }
  const both = await runGuard('measurements', { judged: { E2EReport, PerfReport }, dir: '/' })
  expect(both).toMatchObject({ outcome: 'pass', metrics: { pass_rate: 1, slowest_p95_ms: 9 } })
  const gap = await runGuard('measurements', { judged: { E2EReport, PerfReport: notRun }, dir: '/' })
  expect(gap).toMatchObject({ outcome: 'not-run', reasons: ['PerfReport: no sandbox'] })
  const failed = { ...E2EReport, scenarios: [scenario], passed: 0, failed: 1, pass_rate: 0 }
  const worse = await runGuard('measurements', {
    judged: { E2EReport: failed, PerfReport: notRun },
    dir: '/',
  })
  expect(worse.outcome).toBe('fail')
  expect(await runGuard('measurements', { judged: { Idea: { text: 'x' } }, dir: '/' })).toMatchObject({
    outcome: 'error',
  })
})

test('planned figures are held against the plans', async () => {
  const [guard, document] = GOOD.BetaMetrics
  const findings = await runGuard(guard, {
    judged: { BetaMetrics: document },
    others: {
      FeedbackPlan: {
        summary: 'a plan', recruiting: 'by mail', planned_testers: 25, questions: ['what is missing?'], stop_when: ['done'],
        channels: [1, 2].map((number) => ({ name: `c${number}`, kind: 'email', purpose: 'hear', owner: 'me', answer_within_hours: 24, cites: ['PRD#/title'] })),
        planned_events: Array.from({ length: 20 }, (_, index) => ({ name: `note.e${index}`, when: 'always', answers: 'use', has_personal_data: false, cites: ['PRD#/title'] })),
      },
    },
    dir: '/',
  }) // prettier-ignore
  expect(findings.reasons.join()).toMatch(/counts 20 planned testers, and the plans name 25/u)
})
