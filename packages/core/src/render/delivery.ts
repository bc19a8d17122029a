import type { DocumentOf } from '../contract/documents.ts'
import {
  type Block,
  code,
  entry,
  fields,
  list,
  note,
  paragraph,
  part,
  percent,
  restsOn,
  said,
  section,
  table,
  title,
  yesNo,
} from './blocks.ts'

const KINDS = { added: 'Added', changed: 'Changed', fixed: 'Fixed', removed: 'Removed' } as const
type Change = { readonly kind: keyof typeof KINDS; readonly text: string; readonly cites: readonly string[] }

const renderChanges = (changes: readonly Change[]): Block[] =>
  (Object.keys(KINDS) as Change['kind'][]).flatMap((kind) => {
    const own = changes.filter((change) => change.kind === kind)
    return own.length === 0 ? [] : [entry(KINDS[kind]), list(own.map(said))]
  })

/** What is new, what is missing, and how to start it. */
export const renderReleaseNotes = (notes: DocumentOf<'ReleaseNotes'>): Block[] => [
  title(`${notes.title} (${notes.version})`),
  paragraph(notes.summary),
  ...part('Changes', ...renderChanges(notes.changes)),
  ...part('Known gaps', list(notes.known_gaps)),
  ...part('How to run it', paragraph(notes.how_to_run)),
]

export const renderChangelog = ({ releases }: DocumentOf<'Changelog'>): Block[] => [
  title('Changelog'),
  ...releases.flatMap(({ version, changes }) => [section(version), ...renderChanges(changes)]),
]

/** Passed and failed as the document states them, and what was observed of each requirement. */
export const renderTestReport = (report: DocumentOf<'TestReport'>): Block[] => [
  title('Test report'),
  paragraph(report.summary),
  note(
    report.failed > 0 ? 'bad' : 'info',
    `${String(report.passed)} passed, ${String(report.failed)} failed.`,
  ),
  ...part('Observations', list(report.observations.map(said))),
]

/** A step of a plan; its command is an argv, shown one word a line so that no quoting is needed. */
const renderSteps = (steps: DocumentOf<'RollbackPlan'>['steps']): Block[] =>
  steps.flatMap((step, index) => [
    entry(`${String(index + 1)}: ${step.title}`),
    paragraph(step.text),
    ...(step.command === null ? [] : [code('json', JSON.stringify(step.command))]),
    fields({ 'Worked when': step.expect, 'Done by': step.owner }),
  ])

/** How the release gets out, step by step, and what stops it. */
export const renderDeploymentPlan = (plan: DocumentOf<'DeploymentPlan'>): Block[] => [
  title(`Deployment of ${plan.version}`),
  paragraph(`${plan.summary}${restsOn(plan.cites)}`),
  fields({ Strategy: plan.strategy }),
  ...part('Before', list(plan.prerequisites)),
  ...part('Steps', ...renderSteps(plan.steps)),
  ...part(
    'Canary, counted in requests',
    table(
      ['Share of requests', 'At least so many requests'],
      plan.canary.steps.map(({ share, min_requests }) => [percent(share), String(min_requests)]),
    ),
    fields({
      'Errors at most': percent(plan.canary.max_error_rate),
      '95 of 100 answers within': `${String(plan.canary.max_p95_ms)} ms`,
    }),
    list(plan.canary.abort_when.map((one) => `Stop when: ${one}`)),
  ),
  ...part(
    'Health checks',
    table(
      ['Path', 'Answers', 'Why'],
      plan.health_checks.map((one) => [one.path, String(one.expect_status), one.purpose]),
    ),
  ),
  ...part(
    'Configuration',
    table(
      ['Variable', 'For', 'Secret'],
      plan.configuration.map((one) => [one.variable, one.purpose, yesNo(one.is_secret)]),
    ),
  ),
]

/** How to go back, when, and what that costs. */
export const renderRollbackPlan = (plan: DocumentOf<'RollbackPlan'>): Block[] => [
  title(`Rollback of ${plan.version}`),
  paragraph(`${plan.summary}${restsOn(plan.cites)}`),
  fields({ 'Takes at most': `${String(plan.max_minutes)} minutes` }),
  ...part(
    'Go back when',
    table(
      ['What', 'Threshold', 'Rests on'],
      plan.triggers.map(({ text, threshold, cites }) => [text, threshold, cites.join(', ')]),
    ),
  ),
  ...part('Steps', ...renderSteps(plan.steps)),
  ...part(
    'Data',
    note(
      plan.data.can_lose_data ? 'bad' : 'info',
      plan.data.can_lose_data ? 'Data can be lost.' : 'No data is lost.',
    ),
    paragraph(plan.data.text),
  ),
  ...part('It worked when', list(plan.verification)),
]
