import type { Evolvers } from '../evolver.ts'
import { withEntry } from '../../layered-map.ts'
import { expectQuestion, expectRun, patchPhase, patchRun } from '../patch.ts'
import type { Question, RunState } from '../state.ts'

/** Moves the counts of open questions of phase and run by `by`. */
const countOpen = (state: RunState, phase: string, by: number): RunState =>
  patchRun(
    patchPhase(state, phase, ({ openQuestions }) => ({ openQuestions: openQuestions + by })),
    { openQuestions: expectRun(state).openQuestions + by },
  )

const keep = (state: RunState, question: Question): RunState => ({
  ...state,
  questions: withEntry(state.questions, question.id, question),
})

/** Questions: asked, told again, answered (perhaps again), closed. */
export const questionEvolvers: Evolvers<
  | 'CLARIFICATION.QUESTION_ASKED'
  | 'CLARIFICATION.QUESTION_ESCALATED'
  | 'CLARIFICATION.ANSWER_PROVIDED'
  | 'CLARIFICATION.QUESTION_CLOSED'
> = {
  'CLARIFICATION.QUESTION_ASKED': (state, data, at) => {
    const { questionId, ...asked } = data
    const question: Question = {
      ...asked,
      fields: data.fields ?? null,
      form: data.form ?? null,
      defaultValues: data.defaultValues ?? null,
      risk: data.risk ?? null,
      policy: data.policy ?? null,
      id: questionId,
      runId: expectRun(state).id,
      status: 'open',
      version: 1,
      escalatedAt: null,
      answer: null,
      values: null,
      decidedBy: null,
      decidedKind: null,
      createdAt: at,
      decidedAt: null,
    }
    const named = patchPhase(keep(state, question), data.phase, (phase) =>
      data.kind === 'approval'
        ? { approvalId: questionId }
        : { questionIds: [...phase.questionIds, questionId] },
    )
    return countOpen(named, data.phase, 1)
  },
  'CLARIFICATION.QUESTION_ESCALATED': (state, { questionId, version }, at) =>
    keep(state, { ...expectQuestion(state, questionId), version, deadlineAt: null, escalatedAt: at }),
  'CLARIFICATION.ANSWER_PROVIDED': (state, data, at) => {
    const question = expectQuestion(state, data.questionId)
    const { answer, status, decidedBy, decidedKind, version } = data
    const decided = keep(state, {
      ...question,
      answer,
      values: data.values ?? null,
      status,
      decidedBy,
      decidedKind,
      version,
      decidedAt: at,
    })
    const change = (status === 'assumed' ? 1 : 0) - (question.status === 'assumed' ? 1 : 0)
    const counted =
      question.kind === 'approval'
        ? patchPhase(decided, data.phase, { approvalId: null })
        : patchPhase(decided, data.phase, (phase) => ({ assumptions: phase.assumptions + change }))
    return question.status === 'open' ? countOpen(counted, data.phase, -1) : counted
  },
  'CLARIFICATION.QUESTION_CLOSED': (state, data, at) => {
    const question = expectQuestion(state, data.questionId)
    const kept = keep(state, { ...question, status: 'closed', decidedAt: at })
    const closed = question.kind === 'approval' ? patchPhase(kept, data.phase, { approvalId: null }) : kept
    return question.status === 'open' ? countOpen(closed, data.phase, -1) : closed
  },
}
