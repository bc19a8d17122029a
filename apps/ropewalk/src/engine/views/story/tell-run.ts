import { getElapsedMs } from '@ropewalk/core/decision'
import type { RunEventType } from '@ropewalk/core/run/events'
import { untold, type StoryState, type Tellers, type Told } from './story-state.ts'
import { getCountText, getMicrosText, getTimeText, quote, withoutStop } from './words.ts'

const MODES = {
  human: 'every question waits for a person',
  hybrid: 'questions wait for a person until their deadline, then take their default',
  autonomous: 'every question takes its default',
} as const

const VERDICTS = {
  verified: 'verified',
  gaps: 'verified with gaps',
  unverified: 'not verified',
} as const

const tellRun = (text: string, details: readonly string[] = []): Told => ({
  kind: 'run',
  phase: null,
  text,
  details,
})

/** What a run came to, in time and money. */
const getSum = (state: StoryState, at: string): string =>
  `It took ${getTimeText(getElapsedMs(state.plannedAt ?? at, at))}, ${getCountText(state.tokens)} tokens and ${getMicrosText(state.micros)}.`

/** Beginning, standing still and end of a run. */
export const runTellers: Tellers<Extract<RunEventType, `run.${string}`>> = {
  'run.planned': (state, data, { at, by }) => {
    state.plannedAt = at
    return tellRun(`${by.id} asked for ${quote(data.title)}.`, [
      `Run ${data.runId}, planned on ${at.slice(0, 10)} at ${at.slice(11, 19)} UTC.`,
      ...(data.forkOf === null ? [] : [`It is a fork of run ${data.forkOf}, which stays as it is.`]),
      `Phases: ${data.phases.join(', ')}.`,
      `It may spend ${getMicrosText(data.capMicros)}; ${MODES[data.mode]}.`,
      `Playbook ${data.playbookHash.slice(0, 12)}, plan ${data.planHash.slice(0, 12)}.`,
    ])
  },
  'run.started': () => tellRun('The run began.'),
  'run.paused': (_state, { reason, pausedBy, message }) =>
    tellRun(
      reason === 'budget' ? 'The run stood still for want of money.' : `${pausedBy} paused the run.`,
      message === '' ? [] : [message],
    ),
  'run.resumed': (_state, { resumedBy, from }) =>
    tellRun(
      from === 'failed' ? `${resumedBy} had the failed run tried again.` : `${resumedBy} had the run go on.`,
    ),
  'run.awaiting_human': (_state, { openQuestions }) =>
    tellRun(`The run waited for ${openQuestions} ${openQuestions === 1 ? 'decision' : 'decisions'}.`),
  'run.human_done': () => tellRun('Everything asked was decided; the run went on.'),
  'run.closing': untold,
  'run.succeeded': (state, { verdict }, { at }) =>
    tellRun(`The run ended, and its result is ${VERDICTS[verdict]}.`, [getSum(state, at)]),
  'run.failed': (state, { code, message, phase }, { at }) =>
    tellRun(`The run failed${phase === null ? '' : ` in ${phase}`}: ${withoutStop(message)} (${code}).`, [
      getSum(state, at),
    ]),
  'run.cancelled': (state, { cancelledBy }, { at }) =>
    tellRun(`${cancelledBy} ended the run.`, [getSum(state, at)]),
  'run.closed': (_state, { spentMicros, returnedMicros }) =>
    tellRun(
      `The books were closed: ${getMicrosText(spentMicros)} spent, ${getMicrosText(returnedMicros)} given back.`,
    ),
}

export const dossierTellers: Tellers<'dossier.published'> = {
  'dossier.published': (_state, { verdict, artifacts, digest, keyId }) =>
    tellRun(`The dossier was made and signed: ${VERDICTS[verdict]}.`, [
      `It holds ${getCountText(artifacts)} artifacts, has the digest ${digest.slice(0, 12)} and is signed by key ${keyId.slice(0, 12)}.`,
    ]),
}
