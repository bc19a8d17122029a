import type { z } from 'zod'
import type { DOCUMENTS } from '@ropewalk/core/contract/documents'

type Given<N extends keyof typeof DOCUMENTS> = z.input<(typeof DOCUMENTS)[N]>

const cites = ['PRD#/requirements/0']

/** The commit that `runGuard` of the support file judges. */
export const COMMIT = 'a'.repeat(40)
export const OTHER_COMMIT = 'b'.repeat(40)

const MEASURED = {
  tool: 'ropewalk',
  toolVersion: '1.0.0',
  argv: null,
  revision: COMMIT,
  outcome: 'done' as const,
  reason: null,
}

const result = (number: number, outcome: 'pass' | 'fail' | 'skipped' = 'pass') => ({
  test: `US-00${number} REQ-00${number} answers`,
  file: 'test/stories.test.js',
  outcome,
  stories: [`US-00${number}`],
  requirements: [`REQ-00${number}`],
  duration_ms: 3,
  message: outcome === 'fail' ? 'expected 201, was 500' : null,
})

export const RESULTS = {
  ...MEASURED,
  results: [result(1), result(2)],
  passed: 2,
  failed: 0,
  skipped: 0,
  pass_rate: 1,
} satisfies Given<'AcceptanceTestResults'>

export const HALF = {
  ...RESULTS,
  results: [result(1), result(2, 'fail')],
  passed: 1,
  failed: 1,
  pass_rate: 0.5,
} satisfies Given<'AcceptanceTestResults'>

export const PROGRESS = {
  ...MEASURED,
  done: ['US-001', 'US-002'],
  remaining: [],
  next: null,
} satisfies Given<'StoryProgress'>

export const HALF_WAY = {
  ...PROGRESS,
  done: ['US-001'],
  remaining: [{ id: 'US-002', reason: 'its test fails' }],
  next: 'US-002',
} satisfies Given<'StoryProgress'>

export const IMPLEMENTED = {
  ...MEASURED,
  stories: [1, 2].map((number) => ({
    id: `US-00${number}`,
    requirements: [`REQ-00${number}`],
    status: 'done' as const,
    tests: [{ name: `US-00${number} REQ-00${number} answers`, file: 'test/stories.test.js' }],
    reason: null,
  })),
} satisfies Given<'ImplementedStories'>

export const STYLE_GUIDE = {
  summary: 'Ink on paper.',
  name: 'Ink',
  voice: { tone: 'Plain.', do: ['Say it once.'], avoid: ['Praise.'], cites },
  colors: [
    { name: 'color-ink', value: '#1A1A1A', use: 'Text.' },
    { name: 'color-paper', value: '#fffdf8', use: 'Behind it.' },
    { name: 'color-link', value: '#0b57d0', use: 'Links.' },
  ],
  pairs: [
    { foreground: 'color-ink', background: 'color-paper', use: 'Text.', is_large_text: false },
    { foreground: 'color-link', background: 'color-paper', use: 'Links.', is_large_text: false },
  ],
  typography: { font_stack: 'Georgia, serif', mono_stack: null, base_px: 16, line_height: 1.5, scale: 1.25 },
  principles: [{ text: 'One column.', cites }],
} satisfies Given<'StyleGuide'>

const breakpoint = (name: string, width: number) => ({ name, min_width_px: width, layout: 'One column.' })

export const DESIGN_SYSTEM = {
  summary: 'Tokens and two parts.',
  tokens: [
    { name: 'color-ink', kind: 'color', value: '#1a1a1a', use: 'Text.' },
    { name: 'color-paper', kind: 'color', value: '#fffdf8', use: 'Behind it.' },
    { name: 'color-link', kind: 'color', value: '#0b57d0', use: 'Links.' },
    { name: 'space-1', kind: 'space', value: '0.5rem', use: 'Between lines.' },
  ],
  breakpoints: [breakpoint('phone', 0), breakpoint('tablet', 768), breakpoint('desk', 1280)],
  components: [
    {
      name: 'Form',
      purpose: 'Takes a link.',
      tokens: ['color-ink', 'space-1'],
      states: ['idle'],
      accessibility: 'Has a label.',
      cites,
    },
  ],
} satisfies Given<'DesignSystem'>

export const MOTION = {
  summary: 'Almost none.',
  reduced_motion: 'All motion stops.',
  motions: [
    {
      name: 'appear',
      trigger: 'A link is kept.',
      property: 'opacity',
      duration_ms: 150,
      easing: 'ease-out',
      purpose: 'Shows that it worked.',
      cites,
    },
  ],
} satisfies Given<'MotionSpec'>

export const STYLE = `:root { --color-ink: #1a1a1a; --color-paper: #FFFDF8; --color-link: rgb(11 87 208); }
/* color: tomato; an older idea */
body { color: var(--color-ink); background: var(--color-paper) url("tomato.png"); transition: opacity 150ms; }
a:hover, a[title="red"] { color: var(--color-link) }
@media (prefers-reduced-motion: reduce) { * { transition: none !important } }
`

const step = (title: string, command: string[] | null) => ({
  title,
  text: `${title}.`,
  command,
  expect: 'It answers 200.',
  owner: 'maintainer',
})

const change = { kind: 'added' as const, text: 'Links are shortened.', cites }

export const NOTES = {
  version: '1.0.0',
  title: 'First',
  summary: 'Links are kept.',
  changes: [change],
  known_gaps: [],
  how_to_run: 'npm start',
} satisfies Given<'ReleaseNotes'>

export const CHANGELOG = { releases: [{ version: '1.0.0', changes: [change] }] } satisfies Given<'Changelog'>

export const DEPLOYMENT = {
  version: '1.0.0',
  summary: 'Beside the old one.',
  strategy: 'canary',
  prerequisites: ['Node 24.'],
  steps: [
    step('Test it', ['npm', 'test']),
    step('Start it', ['node', 'src/links.js']),
    step('Look', ['curl', 'http://localhost:8080/healthz']),
  ],
  canary: {
    steps: [
      { share: 0.1, min_requests: 100 },
      { share: 1, min_requests: 500 },
    ],
    max_error_rate: 0.01,
    max_p95_ms: 200,
    abort_when: ['One request of a hundred fails.'],
  },
  health_checks: [{ path: '/healthz', expect_status: 200, purpose: 'It lives.' }],
  configuration: [{ variable: 'PORT', purpose: 'Where it listens.', is_secret: false }],
  cites,
} satisfies Given<'DeploymentPlan'>

const trigger = (threshold: string) => ({ text: 'Errors.', threshold, cites })

export const ROLLBACK = {
  version: '1.0.0',
  summary: 'Start the old one.',
  triggers: [trigger('More than 1 % of requests fail.'), trigger('p95 over 200 ms for 5 minutes.')],
  steps: [step('Stop it', null), step('Go back', ['git', 'checkout', 'v0.9.0'])],
  data: { text: 'The file stays.', can_lose_data: false },
  max_minutes: 10,
  verification: ['GET /healthz answers 200.'],
  cites,
} satisfies Given<'RollbackPlan'>

export const DOCUMENTATION = {
  title: 'Link shortener',
  summary: 'How to use it.',
  sections: [
    {
      title: 'Start',
      kind: 'getting-started',
      text: 'Run npm start.',
      examples: [{ language: 'sh', code: 'npm start', explains: 'Starts it.' }],
      requirements: ['REQ-001', 'REQ-002'],
      cites,
    },
  ],
} satisfies Given<'Documentation'>

const panel = (metric: string, change: object = {}) => ({
  title: metric,
  metric,
  expression: `rate(${metric}[5m])`,
  unit: '1/s',
  emitted_by: 'The service.',
  is_available_now: false,
  ...change,
})

const board = (name: string, ...metrics: string[]) => ({
  name,
  purpose: `Shows ${name}.`,
  panels: metrics.map((metric) => panel(metric)),
  cites,
})

export const BUSINESS_METRICS = {
  summary: 'One to look at.',
  north_star: 'Links kept',
  metrics: [
    {
      name: 'Links kept',
      definition: 'Links that were followed again.',
      formula: 'count(link.followed)',
      event: 'link.followed',
      unit: 'links',
      target: 100,
      direction: 'up',
      review: 'weekly',
      cites: ['Idea#/text'],
    },
  ],
} satisfies Given<'BusinessMetrics'>

export const DASHBOARDS = {
  summary: 'Four boards.',
  dashboards: [
    board('Errors', 'http_error_rate', 'links_total'),
    board('Speed', 'max_p95_ms'),
    board('Use', 'link.followed'),
    board('Goal', 'links_kept_total'),
  ],
  alerts: [
    {
      name: 'Errors',
      expression: 'http_error_rate > 0.01',
      for_minutes: 5,
      severity: 'page',
      action: 'Roll back.',
      cites,
    },
  ],
} satisfies Given<'MonitoringDashboard'>

const WORDS = 'opened pasted kept copied followed lost expired deleted shared printed'.split(' ')

export const FEEDBACK = {
  summary: 'Twenty people write letters for two weeks.',
  channels: [
    {
      name: 'Form',
      kind: 'form',
      purpose: 'Short words.',
      owner: 'maintainer',
      answer_within_hours: 48,
      cites,
    },
    {
      name: 'Calls',
      kind: 'interview',
      purpose: 'Long words.',
      owner: 'maintainer',
      answer_within_hours: 72,
      cites,
    },
  ],
  planned_testers: 24,
  recruiting: 'Ask in two clubs of letter writers.',
  planned_events: ['link', 'letter'].flatMap((thing) =>
    WORDS.map((word) => ({
      name: `${thing}.${word}`,
      when: `A ${thing} is ${word}.`,
      answers: `How often a ${thing} is ${word}.`,
      has_personal_data: false,
      cites,
    })),
  ),
  questions: ['Was a link ever wrong?', 'What was missing?', 'Have users told others?'],
  stop_when: ['Five testers have reported the same fault.'],
} satisfies Given<'FeedbackPlan'>
