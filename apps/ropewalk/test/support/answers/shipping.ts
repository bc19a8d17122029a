import { COLOURS } from './code-style.ts'
import { REQUIREMENTS } from './product.ts'

/** What the scripted model says of the finished link shortener: from quality assurance to beta. */
const CHANGES = REQUIREMENTS.map((requirement, index) => ({
  kind: 'added',
  text: requirement.statement,
  cites: [`PRD#/requirements/${String(index)}`],
}))

/** The report on a matrix that shows these tests. */
export const makeTestReport = ({ passed, failed }: { readonly passed: number; readonly failed: number }) => ({
  summary: `Of the tests that name a requirement, ${String(passed)} tests passed and ${String(failed)} tests failed.`,
  passed,
  failed,
  observations: REQUIREMENTS.map(({ id }, index) => ({
    text: `The row of ${id} shows what its tests came to.`,
    cites: [`RTM#/rows/${String(index)}`],
  })),
})

/** Five tests of the build, one of the implementer of a story and six of the tester of all. */
export const QA = { TestReport: makeTestReport({ passed: 12, failed: 0 }) } as const

export const AESTHETIC = {
  StyleGuide: {
    summary: 'Paper and ink, one blue.',
    name: 'Link shortener',
    voice: {
      tone: 'Like a caption under a picture.',
      do: ['Say what happened.'],
      avoid: ['Exclamation marks.'],
      cites: ['Personas#/personas/0'],
    },
    colors: Object.entries(COLOURS).map(([name, value]) => ({ name, value, use: `Where ${name} is said.` })),
    pairs: [
      { foreground: 'color-text', background: 'color-page', use: 'Reading.', is_large_text: false },
      { foreground: 'color-on-accent', background: 'color-accent', use: 'Buttons.', is_large_text: false },
    ],
    typography: {
      font_stack: 'system-ui, sans-serif',
      mono_stack: null,
      base_px: 16,
      line_height: 1.5,
      scale: 1.25,
    },
    principles: [{ text: 'The field comes first.', cites: ['UXFlows#/screens/0'] }],
  },
  DesignSystem: {
    summary: 'Seven tokens, three widths.',
    tokens: [
      ...Object.entries(COLOURS).map(([name, value]) => ({ name, kind: 'color', value, use: `As ${name}.` })),
      { name: 'space-m', kind: 'space', value: '1rem', use: 'Between things.' },
      { name: 'radius-m', kind: 'radius', value: '0.25rem', use: 'Corners.' },
    ],
    breakpoints: [
      { name: 'phone', min_width_px: 0, layout: 'One column.' },
      { name: 'tablet', min_width_px: 768, layout: 'Field and button side by side.' },
      { name: 'desk', min_width_px: 1280, layout: 'A wider column.' },
    ],
    components: [
      {
        name: 'Form',
        purpose: 'Takes an address.',
        tokens: ['color-accent', 'color-on-accent', 'space-m', 'radius-m'],
        states: ['hover', 'focus'],
        accessibility: 'The field has a label, and the answer is a status.',
        cites: ['StyleGuide#/principles/0'],
      },
    ],
  },
  MotionSpec: {
    summary: 'One change of opacity.',
    reduced_motion: 'Nothing moves: transitions are off.',
    motions: [
      {
        name: 'Hover',
        trigger: 'The pointer is over the button.',
        property: 'opacity',
        duration_ms: 150,
        easing: 'ease-out',
        purpose: 'Shows what can be pressed.',
        cites: ['StyleGuide#/principles/0'],
      },
    ],
  },
} as const

const step = (title: string, command: readonly string[] | null, expect: string) => ({
  title,
  text: `${title} on the machine.`,
  command,
  expect,
  owner: 'Who runs the service',
})

export const RELEASE = {
  Documentation: {
    title: 'Link shortener',
    summary: 'How to run it and how to use it.',
    sections: [
      {
        title: 'Begin',
        kind: 'getting-started',
        text: 'Start the service and send it an address.',
        examples: [{ language: 'sh', code: 'PORT=8080 node src/main.js', explains: 'Starts the service.' }],
        requirements: REQUIREMENTS.map(({ id }) => id),
        cites: ['RepoManifest#/start'],
      },
    ],
  },
  Changelog: { releases: [{ version: '0.1.0', changes: CHANGES }] },
  DeploymentPlan: {
    version: '0.1.0',
    summary: 'One process on one machine, with a share of the requests first.',
    strategy: 'canary',
    prerequisites: ['Node.js 24 is on the machine.'],
    steps: [
      step('Run the tests', ['npm', 'test'], 'The command ends with 0.'),
      step('Start the service', ['node', 'src/main.js'], 'GET /healthz answers 200.'),
    ],
    canary: {
      steps: [
        { share: 0.1, min_requests: 100 },
        { share: 1, min_requests: 100 },
      ],
      max_error_rate: 0.01,
      max_p95_ms: 500,
      abort_when: ['More than 1 of 100 requests fail.'],
    },
    health_checks: [{ path: '/healthz', expect_status: 200, purpose: 'The process answers.' }],
    configuration: [{ variable: 'PORT', purpose: 'Where the service listens.', is_secret: false }],
    cites: ['InfrastructureSpec#/resources/0'],
  },
  RollbackPlan: {
    version: '0.1.0',
    summary: 'Start the version before.',
    triggers: [
      {
        text: 'Requests fail.',
        threshold: 'More than 1 of 100 requests.',
        cites: ['DeploymentPlan#/canary/max_error_rate'],
      },
      {
        text: 'Answers are slow.',
        threshold: 'The 95th percentile is above 500 ms.',
        cites: ['DeploymentPlan#/canary/max_p95_ms'],
      },
    ],
    steps: [
      step('Stop the new version', null, 'The port is free.'),
      step('Start the version before', ['node', 'src/main.js'], 'GET /healthz answers 200.'),
    ],
    data: { text: 'Links in memory end with the process.', can_lose_data: true },
    max_minutes: 5,
    verification: ['GET /healthz answers 200.'],
    cites: ['DeploymentPlan#/steps/0'],
  },
  ReleaseNotes: {
    version: '0.1.0',
    title: 'Link shortener 0.1.0',
    summary: 'The first release stores links, redirects from their codes and counts the redirects.',
    changes: CHANGES,
    known_gaps: ['Links and counts are lost when the process ends.'],
    how_to_run: 'Run node src/main.js with the port in PORT.',
  },
} as const

const BOARDS = [
  ['Traffic', 'requests'],
  ['Errors', 'error_rate'],
  ['Speed', 'answer_ms'],
  ['Use', 'link.followed'],
] as const

const EVENTS = ['created', 'followed', 'refused', 'listed', 'shown'].flatMap((act) =>
  ['link', 'page', 'code', 'address'].map((thing) => ({ name: `${thing}.${act}`, act, thing })),
)

export const BETA = {
  MonitoringDashboard: {
    summary: 'Four boards, of which the last waits for events.',
    dashboards: BOARDS.map(([name, metric]) => ({
      name,
      purpose: `Shows ${metric}.`,
      panels: [
        {
          title: metric,
          metric,
          expression: `sum(${metric})`,
          unit: 'count',
          emitted_by: 'The reports of the canary; later the service itself.',
          is_available_now: false,
        },
      ],
      cites: ['BusinessMetrics#/metrics/0'],
    })),
    alerts: [
      {
        name: 'Requests fail',
        expression: 'sum(error_rate) > 0.01',
        for_minutes: 5,
        severity: 'page',
        action: 'Follow the rollback plan.',
        cites: ['RollbackPlan#/triggers/0'],
      },
    ],
  },
  FeedbackPlan: {
    summary: 'Ask editors, and count what they do.',
    channels: [
      ['Form', 'form', 'Faults and wishes.'],
      ['Talks', 'interview', 'What editors do with counts.'],
    ].map(([name, kind, purpose]) => ({
      name,
      kind,
      purpose,
      owner: 'Product',
      answer_within_hours: 48,
      cites: ['Personas#/personas/0'],
    })),
    planned_testers: 20,
    recruiting: 'Editors of local papers are asked by mail.',
    planned_events: EVENTS.map(({ name, act, thing }) => ({
      name,
      when: `A ${thing} is ${act}.`,
      answers: `How often is a ${thing} ${act}?`,
      has_personal_data: false,
      cites: ['BusinessMetrics#/metrics/0'],
    })),
    questions: ['What did you print?', 'Which count did you need?', 'What was missing?'],
    stop_when: ['A count is wrong.'],
  },
} as const
