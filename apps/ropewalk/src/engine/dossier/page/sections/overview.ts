import type { DossierManifest } from '@ropewalk/core/dossier/manifest'
import { badge, code, link, list, note, quiet, type Line, type Section, type View } from '../view.ts'
import { count, duration, instant, shortCommit, usd, VERDICTS, VERDICT_TONES } from '../words.ts'

const getTime = ({ run }: DossierManifest): number | null =>
  run.startedAt === null || run.endedAt === null ? null : Date.parse(run.endedAt) - Date.parse(run.startedAt)

const getEstimate = ({ cost }: DossierManifest): string => {
  const { lowMicros, highMicros } = cost.estimate
  return lowMicros === highMicros
    ? `estimated ${usd(highMicros)}`
    : `estimated ${usd(lowMicros)} to ${usd(highMicros)}`
}

const makeTiles = (manifest: DossierManifest): View => {
  const { requirements, gaps, phases, cost } = manifest
  const proved = requirements.filter(({ verdict }) => verdict !== 'unverified').length
  const passed = phases.filter(({ status }) => status === 'passed').length
  const time = getTime(manifest)
  const whole = (part: number, all: number) => (all > 0 && part === all ? 'good' : 'bad')
  return {
    type: 'tiles',
    items: [
      {
        name: 'Requirements',
        value: `${proved} of ${requirements.length}`,
        tone: whole(proved, requirements.length),
        about: 'with passing tests that the engine ran',
      },
      {
        name: 'Known gaps',
        value: String(gaps.length),
        tone: gaps.length === 0 ? 'good' : 'gap',
        about: gaps.length === 0 ? 'nothing is known to be missing' : 'named below, with reasons',
      },
      {
        name: 'Phases',
        value: `${passed} of ${phases.length}`,
        tone: whole(passed, phases.length),
        about: `passed their gates, in ${count(
          phases.reduce((sum, { rounds }) => sum + rounds, 0),
          'round',
        )}`,
      },
      { name: 'Price', value: usd(cost.spentMicros), tone: 'plain', about: getEstimate(manifest) },
      ...(time === null
        ? []
        : [{ name: 'Time', value: duration(time), tone: 'plain' as const, about: 'from start to end' }]),
    ],
  }
}

/** What stands above everything: what it is, the verdict, and the figures behind it. */
export const makeHead = (
  manifest: DossierManifest,
): { readonly verdict: Line; readonly views: readonly View[] } => {
  const { run } = manifest
  const verdict = [
    badge(VERDICT_TONES[run.verdict], VERDICTS[run.verdict]),
    ...(run.simulated ? [' ', badge('plain', 'simulated')] : []),
  ]
  const idea: View = {
    type: 'facts',
    items: [
      {
        name: 'The idea',
        line: [run.idea.length > 600 ? `${run.idea.slice(0, 600).toWellFormed()} …` : run.idea],
      },
      {
        name: 'Accepted code',
        line: [
          ...(run.commit === null ? ['none'] : ['commit ', code(run.commit)]),
          ...(run.repo === null
            ? []
            : [`, on top of ${run.repo.name} at `, code(run.repo.commit.slice(0, 7))]),
        ],
      },
      {
        name: 'Run',
        line: [
          code(run.id),
          run.startedAt === null ? '' : `, started ${instant(run.startedAt)}`,
          `, playbook ${run.playbook.name}, ${run.models.join(', ')}`,
          run.forkOf === null ? '' : `, forked from ${run.forkOf}`,
        ],
      },
    ],
  }
  const failed = run.failure === null ? [] : [note('bad', `The run ${run.status}: ${run.failure}`)]
  return { verdict, views: [...failed, idea, makeTiles(manifest)] }
}

/** Where the anchors of gaps and remarks lead, in words: two links of one text would be told apart by nobody. */
const SOURCES: readonly (readonly [string, string])[] = [
  ['#question-', 'See the question'],
  ['#waiver-', 'See the waiver'],
  ['#gate-', 'See the gate'],
  ['#questions', 'See the questions'],
  ['#reviews', 'See the reviews'],
  ['#security', 'See Security'],
  ['#measured', 'See Measured'],
]

const showSource = (source: string | null, index: number): Line => {
  if (source === null) return []
  const words = SOURCES.find(([beginning]) => source.startsWith(beginning))?.[1] ?? 'See the report'
  return [' ', { type: 'link', to: source, text: words, hidden: ` (${index + 1})` }]
}

/** What keeps the run from being verified at all: gates that did not pass, requirements that nothing proves. */
const listUnproved = ({ phases, requirements, run }: DossierManifest): View[] => {
  if (run.verdict !== 'unverified') return []
  const stopped = phases.filter(({ status }) => status !== 'passed')
  const lacking = requirements.filter(({ verdict }) => verdict === 'unverified')
  return [
    ...stopped
      .filter(({ status }) => status !== 'pending')
      .map(({ phase, title, status }) =>
        note('bad', `${title} ended as ${status}. `, link(`#gate-${phase}`, `See the gate of ${phase}`)),
      ),
    ...(stopped.some(({ status }) => status === 'pending')
      ? [
          note(
            'bad',
            `Never begun: ${stopped.flatMap(({ status, title }) => (status === 'pending' ? [title] : [])).join(', ')}.`,
          ),
        ]
      : []),
    ...lacking.map(({ id, title, reasons }) =>
      note('bad', link(`#${id}`, id), ` ${title} is not verified. ${reasons.slice(0, 3).join(' ')}`),
    ),
    ...(requirements.length === 0
      ? [note('bad', 'There are no requirements, so nothing can be verified.')]
      : []),
  ]
}

/** What is known to be missing, each with its reason and where it comes from; then what is good to know. */
export const makeMissing = (manifest: DossierManifest): Section => {
  const { gaps, remarks } = manifest
  const missing: View[] = [
    ...listUnproved(manifest),
    ...gaps.map(({ text, reason, source }, index) =>
      note('gap', text, text.includes(reason) ? '' : ` Why: ${reason}`, ...showSource(source, index)),
    ),
  ]
  const nothing =
    'Nothing: every check of the playbook ran, no gate leant on a waiver, and what ran was confined.'
  const known: View[] =
    remarks.length === 0
      ? []
      : [
          { type: 'heading', level: 3, text: 'Good to know', id: null },
          { type: 'text', line: [quiet('None of this takes anything from the verdict.')] },
          list(remarks.map(({ text, source }, index) => [text, ...showSource(source, gaps.length + index)])),
        ]
  return {
    id: 'missing',
    title: 'What is known to be missing',
    views: [...(missing.length === 0 ? [note('good', nothing)] : missing), ...known],
  }
}

/** How to run what was made, and how to check this folder. */
export const makeHow = ({ how }: DossierManifest): Section => ({
  id: 'run-it',
  title: 'Run it, check it',
  views: [{ type: 'code', language: 'sh', text: how.join('\n') }],
})

/** A line about a commit: which one, and whether it is the accepted one. */
export const showCommit = (revision: string | null, isOfAccepted: boolean | null): Line =>
  revision === null
    ? [quiet('no code')]
    : isOfAccepted === true
      ? [code(shortCommit(revision)), ' ', badge('good', 'accepted')]
      : [code(shortCommit(revision)), ' ', badge('plain', 'earlier')]
