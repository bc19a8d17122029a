import type { DocumentOf } from '../contract/documents.ts'
import type { Latency } from '../contract/documents/shared.ts'
import {
  type Block,
  entry,
  fields,
  list,
  noteNotRun,
  paragraph,
  part,
  percent,
  section,
  table,
  title,
} from './blocks.ts'

/** What was measured by which program at which commit, and the reason where it was not. */
export const renderMeasured = (measured: {
  readonly tool: string
  readonly toolVersion: string
  readonly argv: readonly string[] | null
  readonly revision: string | null
  readonly outcome: 'done' | 'not-run'
  readonly reason: string | null
}): Block[] => [
  ...(measured.outcome === 'done' ? [] : [noteNotRun(measured.reason)]),
  fields({
    Tool: `${measured.tool} ${measured.toolVersion}`,
    Command: measured.argv === null ? null : measured.argv.join(' '),
    Revision: measured.revision,
    Remark: measured.outcome === 'done' ? measured.reason : null,
  }),
]

const number = (value: number): string => String(Math.round(value * 100) / 100)
const ms = (value: number | null): string => (value === null ? '–' : `${number(value)} ms`)
const latency = (one: Latency | null): string[] =>
  one === null ? ['–', '–', '–'] : [ms(one.p50), ms(one.p95), ms(one.max)]
const LATENCY = ['Middle', '95 of 100 within', 'Slowest']

const counted = (counts: {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}): string =>
  `${String(counts.passed)} passed, ${String(counts.failed)} failed, ${String(counts.skipped)} skipped`

export const renderTestSuite = (suite: DocumentOf<'TestSuite'>): Block[] => [
  title('Tests'),
  ...renderMeasured(suite),
  paragraph(`${counted(suite)}, in ${ms(suite.duration_ms)}.`),
  table(
    ['Test', 'File', 'Requirements', 'Outcome'],
    suite.tests.map((one) => [one.name, one.file, one.requirements.join(', ') || 'none', one.outcome]),
  ),
]

type Covered = DocumentOf<'CoverageReport'>['lines']

const getCovered = (one: Covered | null): string =>
  one === null ? 'not measured' : `${number(one.percent)} % (${String(one.covered)} of ${String(one.total)})`

export const renderCoverage = (report: DocumentOf<'CoverageReport'>): Block[] => [
  title('Coverage'),
  ...renderMeasured(report),
  fields({
    Lines: getCovered(report.lines),
    Branches: getCovered(report.branches),
    Functions: getCovered(report.functions),
  }),
  table(
    ['File', 'Lines', 'Not covered'],
    report.files.map((one) => [one.path, getCovered(one.lines), one.uncovered_lines.join(', ') || '–']),
  ),
]

export const renderAcceptance = (results: DocumentOf<'AcceptanceTestResults'>): Block[] => [
  title('Acceptance tests'),
  ...renderMeasured(results),
  paragraph(`${counted(results)}: ${percent(results.pass_rate)}.`),
  table(
    ['Test', 'File', 'Stories', 'Requirements', 'Outcome', 'Message'],
    results.results.map((one) => [
      one.test,
      one.file,
      one.stories.join(', '),
      one.requirements.join(', '),
      one.outcome,
      one.message ?? '–',
    ]),
  ),
]

export const renderE2E = (report: DocumentOf<'E2EReport'>): Block[] => [
  title('End-to-end tests'),
  ...renderMeasured(report),
  paragraph(`${counted(report)}: ${percent(report.pass_rate)}.`),
  section('Scenarios'),
  ...report.scenarios.flatMap((one) => [
    entry(`${one.name}: ${one.outcome}`),
    paragraph(`Requirements: ${one.requirements.join(', ') || 'none'}. Took ${ms(one.duration_ms)}.`),
    list(
      one.steps.map((step) => `${step.text}: ${step.outcome}`),
      true,
    ),
    ...(one.message === null ? [] : [paragraph(one.message)]),
  ]),
]

export const renderPerf = (report: DocumentOf<'PerfReport'>): Block[] => [
  title('Performance'),
  ...renderMeasured(report),
  fields({
    'Ready after': ms(report.start_ms),
    Memory: report.memory_mb === null ? null : `${number(report.memory_mb)} MB`,
  }),
  table(
    ['Route', 'Requests', 'Errors', 'Bytes', ...LATENCY],
    report.routes.map((one) => [
      `${one.method} ${one.path}`,
      String(one.requests),
      String(one.errors),
      String(one.bytes),
      ...latency(one.latency_ms),
    ]),
  ),
]

export const renderLoad = (report: DocumentOf<'LoadReport'>): Block[] => [
  title('Load'),
  ...renderMeasured(report),
  fields({ 'CPU cores': report.cpu_cores }),
  table(
    ['Route', 'Connections', 'For', 'Requests', 'Refused or lost', 'A second', ...LATENCY],
    report.stages.map((one) => [
      `${one.method} ${one.path}`,
      String(one.connections),
      `${number(one.duration_s)} s`,
      String(one.requests),
      `${String(one.errors)} errors, ${String(one.timeouts)} timeouts, ${String(one.non_2xx)} other than 2xx`,
      number(one.throughput_rps),
      ...latency(one.latency_ms),
    ]),
  ),
]

export const renderAccessibility = (audit: DocumentOf<'A11yAudit'>): Block[] => [
  title('Accessibility'),
  ...renderMeasured(audit),
  fields({ Standard: audit.standard, Browser: audit.browser, Violations: audit.violations }),
  section('Pages'),
  ...audit.pages.flatMap((page) => [
    entry(`${page.path}: ${String(page.passes)} rules kept, ${String(page.violations.length)} broken`),
    ...page.violations.flatMap((one) => [
      paragraph(`${one.impact}: ${one.help} (${[one.rule, ...one.wcag].join(', ')})`),
      list(one.nodes),
    ]),
    ...(page.incomplete.length === 0
      ? []
      : [list(page.incomplete.map((one) => `For a person to look at: ${one.help} (${one.rule})`))]),
  ]),
]

export const renderCompatibility = (matrix: DocumentOf<'CompatibilityMatrix'>): Block[] => [
  title('Compatibility'),
  ...renderMeasured(matrix),
  table(
    ['Kind', 'With', 'Check', 'Outcome', 'Why'],
    matrix.cells.map((one) => [
      one.kind,
      one.version === null ? one.name : `${one.name} ${one.version}`,
      one.check,
      one.outcome,
      one.reason ?? '–',
    ]),
  ),
]

export const renderVisuals = (assets: DocumentOf<'VisualAssets'>): Block[] => [
  title('Screenshots'),
  ...renderMeasured(assets),
  fields({ Browser: assets.browser, 'Revision before': assets.before_revision }),
  table(
    ['Page', 'Moment', 'Size', 'Picture', 'Sticks out by'],
    assets.shots.map((one) => [
      one.page,
      one.moment,
      `${String(one.width_px)} × ${String(one.height_px)}`,
      `${one.artifact} (${one.digest})`,
      `${String(one.overflow_px)} px`,
    ]),
  ),
  ...part(
    'Faults on pages',
    list(
      assets.shots.flatMap((one) =>
        [...one.console_errors, ...one.missing_resources].map(
          (fault) => `${one.page} at ${String(one.width_px)} px, ${one.moment}: ${fault}`,
        ),
      ),
    ),
  ),
  ...part(
    'What changed',
    list(
      assets.changes.map(
        (one) => `${one.page} at ${String(one.width_px)} px: ${percent(one.changed_share)} of the picture`,
      ),
    ),
  ),
  fields({ Stylesheets: assets.stylesheets.join(', ') }),
]

export const renderDeployment = (report: DocumentOf<'DeploymentReport'>): Block[] => [
  title('Deployment'),
  ...renderMeasured(report),
  fields({
    Target: report.target,
    'Started with': report.command?.join(' ') ?? null,
    'Started at': report.started_at,
    'Ready after': ms(report.start_ms),
    Health: percent(report.health_score),
  }),
  table(
    ['Check', 'Path', 'Expected', 'Seen', 'Outcome', 'Took'],
    report.checks.map((one) => [
      one.name,
      one.path ?? '–',
      one.expected,
      one.seen,
      one.outcome,
      ms(one.duration_ms),
    ]),
  ),
]

const VERDICTS = { promote: 'promoted', 'roll-back': 'rolled back', none: 'undecided' } as const
type Side = DocumentOf<'CanaryResults'>['steps'][number]['canary']

const getSide = (side: Side | null): string =>
  side === null ? 'none' : `${String(side.errors)} errors in ${String(side.requests)} requests`

export const renderCanary = (results: DocumentOf<'CanaryResults'>): Block[] => [
  title(`Canary: ${VERDICTS[results.verdict]}`),
  ...renderMeasured(results),
  paragraph(
    `${String(results.errors)} errors in ${String(results.requests)} requests: ${percent(results.error_rate)}. Counted in requests, not in minutes.`,
  ),
  table(
    ['Share', 'New version', 'Version before', ...LATENCY, 'Verdict'],
    results.steps.map((one) => [
      percent(one.share),
      getSide(one.canary),
      getSide(one.baseline),
      ...latency(one.canary.latency_ms),
      [one.verdict, ...one.reasons].join(': '),
    ]),
  ),
]

const SOURCES = {
  synthetic: 'Requests of our own, made by a program: no person has used it yet.',
  people: 'Requests of people.',
  none: 'Nothing was counted.',
} as const

export const renderBeta = (metrics: DocumentOf<'BetaMetrics'>): Block[] => [
  title('Beta metrics'),
  ...renderMeasured(metrics),
  paragraph(SOURCES[metrics.source]),
  table(
    ['Metric', 'Value', 'Counted over', 'Why not'],
    metrics.metrics.map((one) => [
      one.name,
      one.value === null ? 'unknown' : `${number(one.value)} ${one.unit}`,
      String(one.sample),
      one.reason ?? '–',
    ]),
  ),
  paragraph(
    `Planned: ${String(metrics.planned.channels)} channels, ${String(metrics.planned.testers)} testers, ${String(metrics.planned.events)} events, ${String(metrics.planned.dashboards)} dashboards.`,
  ),
]
