import type { PackReport } from '@ropewalk/core/contract/evidence-pack'
import { getElapsedMs } from '@ropewalk/core/decision'
import type { FixStrategy } from '@ropewalk/core/contract/task-spec'
import type { RunEventOf, RunEventType } from '@ropewalk/core/run/events'
import { getKnownPhase, untold, type StoryState, type Tellers } from './story-state.ts'
import {
  getCountText,
  getListText,
  getMicrosText,
  getPercentText,
  getTimeText,
  shorten,
  withoutStop,
} from './words.ts'

const STRATEGIES: Readonly<Record<FixStrategy, string>> = {
  'rerun-qav': 'the documents are mended and judged again',
  'add-missing-agents': 'the agents whose work is missing are asked again',
  'rerun-security': 'what the security checks found is mended',
  'stricter-validation': 'the same is mended again, held to more',
  'reduce-scope': 'time is nearly out, so only the weightiest is mended',
  'manual-intervention': 'a person has to see to it',
}

/** `a, then b beside c`. */
const getStagesText = (stages: readonly (readonly string[])[]): string =>
  stages.map((stage) => getListText(stage)).join(', then ')

const getUse = ({ tokens, micros }: { tokens: number; micros: number }): string =>
  tokens === 0 && micros === 0 ? '' : `, ${getCountText(tokens)} tokens and ${getMicrosText(micros)}`

/** What each kind of outcome was found by, and why where it was not a pass. */
const listFindings = (reports: readonly PackReport[]): string[] => {
  const passed = [...new Set(reports.filter(({ pass }) => pass).map(({ guard }) => guard))]
  const others = reports.filter(({ pass }) => !pass)
  return [
    ...(passed.length === 0 ? [] : [`Passed: ${getListText(passed)}.`]),
    ...others.map(({ guard, outcome, artifacts, reasons }) => {
      const word = outcome === 'not-run' ? 'could not run' : outcome === 'error' ? 'broke down' : 'failed'
      const why = reasons.length === 0 ? '' : `: ${shorten(withoutStop(reasons.slice(0, 3).join('; ')), 500)}`
      return `${guard} ${word} on ${getListText(artifacts)}${why}.`
    }),
  ]
}

const tellStart = (
  state: StoryState,
  { phase, round, stages, fixes }: RunEventOf<'phase.started'>['data'],
  at: string,
) => {
  const known = getKnownPhase(state, phase)
  known.round = round
  known.reports = []
  if (round === 1) known.startedAt = at
  if (round === 1) return { kind: 'phase', phase, text: `${phase} began: ${getStagesText(stages)}.` } as const
  return {
    kind: 'mend',
    phase,
    text: `${phase} was mended in round ${round} by ${getStagesText(stages)}.`,
    details: fixes.map(
      ({ artifact, reasons }) => `${artifact}: ${shorten(withoutStop(reasons.join('; ')), 500)}.`,
    ),
  } as const
}

const tellEnd = (state: StoryState, { phase, status }: RunEventOf<'phase.completed'>['data'], at: string) => {
  const known = getKnownPhase(state, phase)
  const took = getTimeText(getElapsedMs(known.startedAt ?? at, at))
  const rounds = known.round === 1 ? '' : `, ${known.round} rounds`
  const word = { success: 'was done', failed: 'failed', timeout: 'ran out of time', cancelled: 'was ended' }
  const text = `${phase} ${word[status]} after ${took}${rounds}${getUse(known)}.`
  known.reports = []
  return { kind: status === 'success' ? 'phase' : 'trouble', phase, text } as const
}

const tellInherited = (state: StoryState, { phase, from }: RunEventOf<'phase.inherited'>['data']) => {
  const { given } = getKnownPhase(state, phase)
  const edited = given.filter(({ isEdited }) => isEdited).map(({ name }) => name)
  const kept = given.filter(({ isEdited }) => !isEdited).map(({ name }) => name)
  return {
    kind: 'phase',
    phase,
    text: `${phase} was taken over from run ${from}.`,
    details: [
      ...(kept.length === 0 ? [] : [`As it was: ${getListText(kept)}.`]),
      ...(edited.length === 0 ? [] : [`Changed by hand: ${getListText(edited)}.`]),
    ],
  } as const
}

/** Beginning, gate and end of phases. What checks say is told with the gate that they feed. */
export const phaseTellers: Tellers<
  Extract<RunEventType, `phase.${string}` | `guard.${string}` | `evidence.${string}`>
> = {
  'phase.started': (state, data, { at }) => tellStart(state, data, at),
  'phase.clock_set': untold,
  'phase.clock_stopped': untold,
  'phase.progress': untold,
  'phase.stalled': (_state, { phase, reason }) => ({
    kind: 'trouble',
    phase,
    text: `${phase} made no progress: ${withoutStop(reason)}.`,
  }),
  'phase.ready': (state, { phase }) => {
    getKnownPhase(state, phase).reports = []
    return undefined
  },
  'phase.gate.passed': (state, { phase, score, round, reasons }) => ({
    kind: 'gate',
    phase,
    text: `The gate of ${phase} passed with ${getPercentText(score)}${round === 1 ? '' : ` in round ${round}`}.`,
    details: [
      ...listFindings(getKnownPhase(state, phase).reports),
      ...reasons.map((reason) => shorten(reason, 400)),
    ],
  }),
  'phase.gate.failed': (state, data) => ({
    kind: 'gate',
    phase: data.phase,
    text: `The gate of ${data.phase} did not pass (${getPercentText(data.score)}, round ${data.attemptNumber} of ${data.maxAttempts}).`,
    details: [
      ...listFindings(getKnownPhase(state, data.phase).reports),
      ...data.reasons.map((reason) => shorten(reason, 400)),
      data.attemptNumber < data.maxAttempts
        ? `What follows: ${STRATEGIES[data.autoFixStrategy]}.`
        : 'No round is left.',
    ],
  }),
  'phase.error': (_state, { phase, error, code }) => ({
    kind: 'trouble',
    phase,
    text: `${phase} met an error: ${withoutStop(error)} (${code}).`,
  }),
  'phase.completed': (state, data, { at }) => tellEnd(state, data, at),
  'phase.reopened': (state, { phase, reason, stages }) => {
    getKnownPhase(state, phase).round = 1
    return {
      kind: 'mend',
      phase,
      text: `${phase} was re-opened: ${withoutStop(reason)}.`,
      details:
        stages === undefined ? [] : [`Only ${getStagesText(stages)} work again before its gate judges.`],
    }
  },
  'phase.iterated': (_state, { phase, iteration, stages }) => ({
    kind: 'phase',
    phase,
    text: `${phase} went over its work once more (pass ${iteration + 1}): ${getStagesText(stages)}.`,
  }),
  'phase.inherited': tellInherited,
  'evidence.packed': untold,
  'guard.reported': (state, { phase, report }) => {
    getKnownPhase(state, phase).reports.push(report)
    return undefined
  },
}
