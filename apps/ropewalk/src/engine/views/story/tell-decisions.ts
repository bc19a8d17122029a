import type { RunEventOf, RunEventType } from '@ropewalk/core/run/events'
import { getKnownPhase, untold, type StoryState, type Tellers, type Told } from './story-state.ts'
import { getMicrosText, quote, shorten, withoutStop } from './words.ts'

const tellAnswer = (state: StoryState, data: RunEventOf<'CLARIFICATION.ANSWER_PROVIDED'>['data']): Told => {
  const question = state.questions.get(data.questionId)
  const isChange = question?.isDecided ?? false
  if (question !== undefined) question.isDecided = true
  const text =
    data.decidedKind === 'policy'
      ? `No person decided, so policy took the default: ${quote(data.answer)}.`
      : `${data.decidedBy} ${isChange ? 'changed the answer to' : 'answered'} ${quote(data.answer)}.`
  return {
    kind: 'decision',
    phase: data.phase,
    text,
    details: question === undefined ? [] : [`The question was ${quote(question.text, 200)}.`],
  }
}

const tellSilence = ({ deadlineAt, policy }: RunEventOf<'CLARIFICATION.QUESTION_ASKED'>['data']): string => {
  if (deadlineAt === null) return '; it waits for a person'
  const time = `${deadlineAt.slice(11, 19)} UTC`
  return policy === 'escalate'
    ? `; at ${time} people are told again if nobody decides`
    : `; taken at ${time} if nobody decides`
}

const getRubric = (state: StoryState, waiverId: string): string => state.waivers.get(waiverId) ?? 'a rubric'

/** What was asked of people, what they decided, and what they let pass. */
export const decisionTellers: Tellers<
  Extract<RunEventType, `CLARIFICATION.${string}` | `waiver.${string}` | 'signal.received'>
> = {
  'CLARIFICATION.QUESTION_ASKED': (state, data) => {
    state.questions.set(data.questionId, { text: shorten(data.text, 200), isDecided: false })
    return {
      kind: 'question',
      phase: data.phase,
      text: `${data.askedBy} asked: ${quote(data.text)}`,
      details: [data.decisionImpact, `Default: ${shorten(data.defaultAnswer, 300)}${tellSilence(data)}.`],
    }
  },
  'CLARIFICATION.QUESTION_ESCALATED': (state, { questionId, phase }) => ({
    kind: 'question',
    phase,
    text: 'The deadline passed with no answer, and people were told again; the question waits for one of them.',
    details: [quote(state.questions.get(questionId)?.text ?? questionId, 200)],
  }),
  'CLARIFICATION.ANSWER_PROVIDED': tellAnswer,
  'CLARIFICATION.QUESTION_CLOSED': (state, { questionId, phase, reason }) => ({
    kind: 'question',
    phase,
    text: `A question was closed: ${withoutStop(reason)}.`,
    details: [quote(state.questions.get(questionId)?.text ?? questionId, 200)],
  }),
  'waiver.requested': (state, data) => {
    state.waivers.set(data.waiverId, data.rubric)
    return {
      kind: 'waiver',
      phase: data.phase,
      text: data.declared
        ? `The playbook waives ${data.rubric} of ${data.phase}; ${data.owner} answers for it.`
        : `${data.requestedBy} asked to waive ${data.rubric} of ${data.phase}; ${data.owner} answers for it.`,
      details: [
        `Why: ${shorten(data.justification, 400)}`,
        `In its place: ${shorten(data.compensatingControl, 400)}`,
      ],
    }
  },
  'waiver.approved': (state, { waiverId, phase, by, votes, quorum }) => ({
    kind: 'waiver',
    phase,
    text: `${by} approved the waiver of ${getRubric(state, waiverId)} (${votes} of ${quorum}).`,
  }),
  'waiver.activated': (state, { waiverId, phase, by, expiresAt, selfApproved }) => ({
    kind: 'waiver',
    phase,
    text: `The waiver of ${getRubric(state, waiverId)} came into force until ${expiresAt.slice(0, 10)}, by ${by}${selfApproved ? ', who had asked for it' : ''}.`,
  }),
  'waiver.rejected': (state, { waiverId, phase, by, reason }) => ({
    kind: 'waiver',
    phase,
    text: `${by} rejected the waiver of ${getRubric(state, waiverId)}${reason === '' ? '' : `: ${withoutStop(reason)}`}.`,
  }),
  'waiver.expired': (state, { waiverId, phase }) => ({
    kind: 'waiver',
    phase,
    text: `The waiver of ${getRubric(state, waiverId)} ran out.`,
  }),
  'waiver.revoked': (state, { waiverId, phase, by, reason }) => ({
    kind: 'waiver',
    phase,
    text: `${by} took back the waiver of ${getRubric(state, waiverId)}: ${withoutStop(reason)}.`,
  }),
  'signal.received': (_state, { signal, target, targetId, status, by }) =>
    // What a signal to the whole run did is told by the run itself.
    target === 'run' && status === 'acknowledged'
      ? undefined
      : {
          kind: 'decision',
          phase: target === 'phase' ? targetId : null,
          text: `${by} sent ${signal} to the ${target}${target === 'run' ? '' : ` ${targetId}`}${status === 'ignored' ? '; it changed nothing' : ''}.`,
        },
}

const charge = (state: StoryState, phase: string, tokens: number, micros: number): void => {
  const known = getKnownPhase(state, phase)
  known.tokens += tokens
  known.micros += micros
  state.tokens += tokens
  state.micros += micros
}

const tellSettled = (state: StoryState, data: RunEventOf<'budget.settled'>['data']): Told | undefined => {
  const { reservationId, phase, tokens, micros, model, assumed, late } = data
  const before = state.assumed.get(reservationId)
  charge(state, phase, tokens - (before?.tokens ?? 0), micros - (before?.micros ?? 0))
  if (assumed) {
    state.assumed.set(reservationId, { tokens, micros })
    return {
      kind: 'money',
      phase,
      text: `Nobody told what a call had cost, so ${getMicrosText(micros)} was charged in full.`,
    }
  }
  state.assumed.delete(reservationId)
  return late
    ? {
        kind: 'money',
        phase,
        text: `The price of a call of ${model} came late: ${getMicrosText(micros)} instead of ${getMicrosText(before?.micros ?? 0)}.`,
      }
    : undefined
}

/** Money. What calls cost is told with the work and the phase they were made for. */
export const moneyTellers: Tellers<Extract<RunEventType, `budget.${string}`>> = {
  'budget.reserved': untold,
  'budget.settled': tellSettled,
  'budget.limit.reached': (state, { taskId, unit, message }) => {
    const task = state.tasks.get(taskId)
    return {
      kind: 'money',
      phase: task?.phase ?? null,
      text: `${task?.agent ?? 'An agent'} met the limit of ${unit === 'usd' ? 'money' : unit}: ${withoutStop(message)}.`,
    }
  },
  'budget.topped_up': (_state, { micros, capMicros, by }) => ({
    kind: 'money',
    phase: null,
    text: `${by} added ${getMicrosText(micros)}; the run may now spend ${getMicrosText(capMicros)} in all.`,
  }),
}
