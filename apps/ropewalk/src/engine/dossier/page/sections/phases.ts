import type { Change, DossierManifest, Evidence, GateRecord } from '@ropewalk/core/dossier/manifest'
import {
  badge,
  code,
  heading,
  join,
  link,
  list,
  more,
  note,
  quiet,
  table,
  text,
  type Line,
  type Section,
  type Span,
  type View,
} from '../view.ts'
import { command, count, duration, getTone, instant, percent, shortCommit } from '../words.ts'
import { showCommit } from './overview.ts'

/** Phases in time: what ran beside what. */
export const makeTimeline = ({ phases }: DossierManifest): Section => {
  const started = phases.flatMap(({ startedAt }) => (startedAt === null ? [] : [Date.parse(startedAt)]))
  const ended = phases.flatMap(({ completedAt }) => (completedAt === null ? [] : [Date.parse(completedAt)]))
  const begin = Math.min(...started)
  const whole = Math.max(1, Math.max(...ended, ...started) - begin)
  const rows = phases.map((phase) => {
    const from = phase.startedAt === null ? null : Date.parse(phase.startedAt) - begin
    const to = phase.completedAt === null ? null : Date.parse(phase.completedAt) - begin
    const about =
      from === null
        ? 'not started'
        : `after ${duration(from)}, ${to === null ? 'not ended' : `for ${duration(to - from)}`}`
    const again = phase.openings > 0 ? `, opened again ${phase.openings} times` : ''
    return {
      name: [link(`#gate-${phase.phase}`, phase.phase)],
      state: [
        badge(getTone(phase.status), phase.status),
        phase.rounds > 1 || again !== '' ? quiet(` ${count(phase.rounds, 'round')}${again}`) : '',
      ],
      from: (from ?? 0) / whole,
      to: from === null ? 0 : (to ?? whole) / whole,
      about,
    }
  })
  return {
    id: 'phases',
    title: 'Phases in time',
    views: [{ type: 'bars', caption: 'When each phase ran, from the start of the run', rows }],
  }
}

const showRubric = ({ score, passed, optional, waived }: GateRecord['rubrics'][number]): Span =>
  waived
    ? badge('gap', 'waived')
    : score === null && optional
      ? badge('gap', 'not run, optional')
      : badge(passed ? 'good' : 'bad', passed ? 'passed' : 'failed')

const listRubrics = ({ rubrics }: GateRecord): View =>
  table(
    'Rubrics of this round',
    ['Rubric', 'Says', 'Score', 'At least', 'Weight'],
    rubrics.map((one) => ({
      cells: [
        [one.rubric],
        [showRubric(one)],
        [percent(one.score)],
        [percent(one.min)],
        [String(one.weight)],
      ],
    })),
    'This gate has no rubrics; it passes once its work is handed in.',
  )

const showEvidence = (one: Evidence): readonly Line[] => [
  [badge(getTone(one.outcome), one.outcome), ' ', link(one.file, one.guard)],
  [one.artifacts.join(', ')],
  [percent(one.score)],
  one.revision === null ? [quiet('documents')] : showCommit(one.revision, one.isOfAccepted),
  [
    one.tool === `ropewalk-${one.guard}` ? quiet('our own check') : `${one.tool} ${one.toolVersion}`,
    ...(one.command === null ? [] : [' ', code(command(one.command))]),
    ...(one.exitCode === null ? [] : [`, exit code ${one.exitCode}`]),
    ...(one.confined === 'no' ? [' ', badge('gap', 'without a sandbox')] : []),
    ...(one.reasons.length === 0
      ? []
      : [`. ${one.reasons.slice(0, 3).join(' ')}${one.reasons.length > 3 ? ' …' : ''}`]),
  ],
]

const listEvidence = (evidence: readonly Evidence[]): View =>
  more(
    [`${count(evidence.length, 'check')} that the engine ran`],
    [
      table(
        'Checks of this round',
        ['Outcome', 'Over', 'Score', 'Commit', 'Run with'],
        evidence.map((one) => ({ cells: showEvidence(one) })),
      ),
    ],
  )

const showParts = (parts: Change['parts']): string => {
  if (parts === null) return ''
  if (parts.length === 0) return ': nothing in it differs'
  return `: ${parts.slice(0, 12).join(', ')}${parts.length > 12 ? ` and ${parts.length - 12} more` : ''}`
}

const listChanges = ({ changes }: GateRecord): readonly View[] =>
  changes.length === 0
    ? []
    : [
        heading(4, 'What changed since the round before'),
        list(
          changes.map(({ artifact, by, fromVersion, toVersion, commit, parts }) => [
            `${artifact} ${fromVersion === null ? `version ${toVersion}` : `version ${fromVersion} → ${toVersion}`} by ${by}`,
            ...(commit === null ? [] : [', commit ', code(shortCommit(commit))]),
            showParts(parts),
          ]),
        ),
      ]

const makeRound = (manifest: DossierManifest, gate: GateRecord): View[] => {
  const evidence = manifest.evidence.filter(({ packId }) => packId === gate.packId)
  return [
    heading(
      3,
      `Round ${gate.round}: ${gate.passed ? 'passed' : 'failed'} with ${percent(gate.score)}, needed ${percent(gate.passMark)}`,
    ),
    text(
      quiet(`Judged ${instant(gate.at)}.`),
      gate.strategy === null ? '' : ` What followed: ${gate.strategy}.`,
    ),
    ...(gate.passed || gate.reasons.length === 0 ? [] : [note('bad', gate.reasons.join('; '))]),
    ...(gate.waivers.length === 0
      ? []
      : [
          note(
            'gap',
            'It leant on ',
            ...join(
              gate.waivers.map((id) => [
                link(
                  `#waiver-${id}`,
                  `the waiver of ${manifest.waivers.find((waiver) => waiver.id === id)?.rubric ?? id}`,
                ),
              ]),
              ', ',
            ),
            '.',
          ),
        ]),
    listRubrics(gate),
    ...listChanges(gate),
    listEvidence(evidence),
  ]
}

/** Each gate with its rounds: scores, what changed between rounds, and every check with its report. */
export const makeGates = (manifest: DossierManifest): Section => ({
  id: 'gates',
  title: 'Gates',
  views: manifest.phases.map((phase) => {
    const gates = manifest.gates.filter((gate) => gate.phase === phase.phase)
    const summary: Line = [
      badge(getTone(phase.status), phase.status),
      ` ${phase.title} `,
      quiet(`${percent(phase.score)}, ${count(gates.length, 'judgement')}`),
    ]
    const views =
      gates.length === 0
        ? [text('No gate judged it in this run.')]
        : gates.toReversed().flatMap((gate) => makeRound(manifest, gate))
    return more(summary, views, `gate-${phase.phase}`)
  }),
})
