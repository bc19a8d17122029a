import { MEASURED, REVISION } from './making.ts'

/** What the phases from qa to beta hand in for the same recipe box. */
const LATENCY = { mean: 4, p50: 3, p95: 9, p99: 12, max: 20 } as const

export const QA = {
  E2EReport: {
    ...MEASURED,
    scenarios: [
      {
        name: 'Add a recipe',
        requirements: ['REQ-001'],
        outcome: 'pass',
        steps: [{ text: 'POST /recipes answers 201.', outcome: 'pass' }],
        duration_ms: 12,
        message: null,
      },
    ],
    passed: 1,
    failed: 0,
    skipped: 0,
    pass_rate: 1,
  },
  PerfReport: {
    ...MEASURED,
    routes: [{ method: 'GET', path: '/recipes', requests: 100, errors: 0, latency_ms: LATENCY, bytes: 900 }],
    start_ms: 80,
    memory_mb: 50,
  },
  LoadReport: {
    ...MEASURED,
    stages: [
      {
        method: 'GET',
        path: '/recipes',
        connections: 10,
        duration_s: 3,
        requests: 9000,
        errors: 0,
        timeouts: 0,
        non_2xx: 0,
        throughput_rps: 3000,
        latency_ms: LATENCY,
      },
    ],
    cpu_cores: 2,
  },
  A11yAudit: {
    ...MEASURED,
    standard: 'WCAG 2.2 AA',
    browser: 'Chromium 140',
    pages: [
      {
        path: '/',
        passes: 20,
        violations: [
          {
            rule: 'label',
            impact: 'serious',
            help: 'Fields have names.',
            wcag: ['1.3.1'],
            nodes: ['<input id="q">'],
          },
        ],
        incomplete: [],
      },
    ],
    violations: 1,
  },
  CompatibilityMatrix: {
    ...MEASURED,
    cells: [
      {
        kind: 'browser',
        name: 'Firefox',
        version: null,
        check: 'The page loads.',
        outcome: 'not-run',
        reason: 'It is not here.',
      },
    ],
  },
  TestReport: {
    summary: 'One of one passed.',
    passed: 1,
    failed: 0,
    observations: [{ text: 'No test tries an empty title.', cites: ['RTM#/rows/0'] }],
  },
} as const

export const AESTHETIC = {
  StyleGuide: {
    summary: 'Warm and plain.',
    name: 'Recipe box',
    voice: {
      tone: 'Like a note on the fridge.',
      do: ['Use short words.'],
      avoid: ['Exclamation marks.'],
      cites: ['Personas#/personas/0'],
    },
    colors: [
      { name: 'color-text', value: '#1a1a1a', use: 'Text.' },
      { name: 'color-page', value: '#fffdf7', use: 'Page.' },
    ],
    pairs: [{ foreground: 'color-text', background: 'color-page', use: 'Reading.', is_large_text: false }],
    typography: {
      font_stack: 'system-ui, sans-serif',
      mono_stack: null,
      base_px: 16,
      line_height: 1.5,
      scale: 1.25,
    },
    principles: [{ text: 'The list comes first.', cites: ['UXFlows#/screens/0'] }],
  },
  DesignSystem: {
    summary: 'Few tokens.',
    tokens: [{ name: 'space-m', kind: 'space', value: '1rem', use: 'Between things.' }],
    breakpoints: [{ name: 'phone', min_width_px: 0, layout: 'One column.' }],
    components: [
      {
        name: 'Card',
        purpose: 'Shows a recipe.',
        tokens: ['space-m'],
        states: ['hover'],
        accessibility: 'Can be reached by keyboard.',
        cites: ['StyleGuide#/principles/0'],
      },
    ],
  },
  MotionSpec: {
    summary: 'Hardly any.',
    reduced_motion: 'Nothing moves.',
    motions: [
      {
        name: 'Appear',
        trigger: 'A recipe is added.',
        property: 'opacity',
        duration_ms: 150,
        easing: 'ease-out',
        purpose: 'Shows what is new.',
        cites: ['StyleGuide#/principles/0'],
      },
    ],
  },
  VisualAssets: {
    ...MEASURED,
    browser: 'Chromium 140',
    before_revision: REVISION,
    shots: [
      {
        page: '/',
        moment: 'after',
        width_px: 360,
        height_px: 800,
        artifact: 'Screenshot-after-360',
        digest: 'a'.repeat(64),
        overflow_px: 0,
        console_errors: [],
        missing_resources: [],
      },
    ],
    changes: [{ page: '/', width_px: 360, changed_share: 0.2 }],
    stylesheets: ['src/page.css'],
  },
} as const

const STEP = {
  title: 'Start it',
  text: 'On the machine.',
  command: ['node', 'src/main.js'],
  expect: 'GET /healthz answers 200.',
  owner: 'Who runs the service',
} as const

export const RELEASE = {
  Documentation: {
    title: 'Recipe box',
    summary: 'How to use it.',
    sections: [
      {
        title: 'Start',
        kind: 'getting-started',
        text: 'Start it and open the page.',
        examples: [{ language: 'sh', code: 'PORT=8080 node src/main.js', explains: 'Starts it.' }],
        requirements: ['REQ-001'],
        cites: ['RepoManifest#/start'],
      },
    ],
  },
  Changelog: {
    releases: [
      {
        version: '0.1.0',
        changes: [{ kind: 'added', text: 'Recipes are kept.', cites: ['PRD#/requirements/0'] }],
      },
    ],
  },
  DeploymentPlan: {
    version: '0.1.0',
    summary: 'On one machine.',
    strategy: 'canary',
    prerequisites: ['Node.js 24 is there.'],
    steps: [STEP],
    canary: {
      steps: [{ share: 0.1, min_requests: 100 }],
      max_error_rate: 0.01,
      max_p95_ms: 500,
      abort_when: ['More than 1 of 100 requests fail.'],
    },
    health_checks: [{ path: '/healthz', expect_status: 200, purpose: 'It is up.' }],
    configuration: [{ variable: 'PORT', purpose: 'Where it listens.', is_secret: false }],
    cites: ['InfrastructureSpec#/resources/0'],
  },
  RollbackPlan: {
    version: '0.1.0',
    summary: 'Start the version before.',
    triggers: [{ text: 'Errors', threshold: 'More than 1 of 100.', cites: ['DeploymentPlan#/canary'] }],
    steps: [{ ...STEP, command: null }],
    data: { text: 'The file stays.', can_lose_data: false },
    max_minutes: 5,
    verification: ['GET /healthz answers 200.'],
    cites: ['DeploymentPlan#/steps/0'],
  },
  ReleaseNotes: {
    version: '0.1.0',
    title: 'First box',
    summary: 'Recipes are kept.',
    changes: [{ kind: 'added', text: 'Recipes are kept.', cites: ['PRD#/requirements/0'] }],
    known_gaps: ['One copy of the file.'],
    how_to_run: 'PORT=8080 node src/main.js',
  },
} as const

export const BETA = {
  DeploymentReport: {
    ...MEASURED,
    target: 'this machine',
    started_at: '2026-11-20T12:00:00.000Z',
    start_ms: 90,
    command: ['node', 'src/main.js'],
    checks: [
      { name: 'Health', path: '/healthz', expected: '200', seen: '200', outcome: 'pass', duration_ms: 2 },
    ],
    health_score: 1,
  },
  CanaryResults: {
    ...MEASURED,
    steps: [
      {
        share: 0.1,
        canary: { revision: REVISION, requests: 100, errors: 0, latency_ms: LATENCY },
        baseline: null,
        verdict: 'continue',
        reasons: [],
      },
    ],
    requests: 100,
    errors: 0,
    error_rate: 0,
    verdict: 'promote',
  },
  MonitoringDashboard: {
    summary: 'Four boards.',
    dashboards: [
      {
        name: 'Traffic',
        purpose: 'Is it used?',
        panels: [
          {
            title: 'Requests',
            metric: 'http_requests_total',
            expression: 'rate(http_requests_total[5m])',
            unit: '1/s',
            emitted_by: 'Nothing yet.',
            is_available_now: false,
          },
        ],
        cites: ['NFRs#/requirements/0'],
      },
    ],
    alerts: [
      {
        name: 'Down',
        expression: 'up == 0',
        for_minutes: 5,
        severity: 'page',
        action: 'Start it again.',
        cites: ['RollbackPlan#/triggers/0'],
      },
    ],
  },
  FeedbackPlan: {
    summary: 'Ask the family.',
    channels: [
      {
        name: 'Table',
        kind: 'interview',
        purpose: 'Hear what is missing.',
        owner: 'Ada',
        answer_within_hours: 24,
        cites: ['Personas#/personas/0'],
      },
    ],
    planned_testers: 20,
    recruiting: 'Family and friends.',
    planned_events: [
      {
        name: 'recipe.added',
        when: 'A recipe is saved.',
        answers: 'Is it used?',
        has_personal_data: false,
        cites: ['BusinessMetrics#/metrics/0'],
      },
    ],
    questions: ['What did you look for and not find?'],
    stop_when: ['A recipe is lost.'],
  },
  BetaMetrics: {
    ...MEASURED,
    source: 'synthetic',
    metrics: [
      { name: 'Requests', unit: 'requests', value: 100, sample: 100, reason: null },
      { name: 'Testers', unit: 'people', value: null, sample: 0, reason: 'Nobody was asked yet.' },
    ],
    planned: { channels: 1, testers: 20, events: 1, dashboards: 1 },
  },
} as const
