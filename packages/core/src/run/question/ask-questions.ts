import { addMs, type Refused } from '../../decision.ts'
import { QuestionId } from '../../ids.ts'
import { getAsking } from '../../question/asking.ts'
import { findQuestionFault } from '../../question/check-form.ts'
import type { RunCommandOf } from '../commands.ts'
import { clipList, clipText } from '../../clip.ts'
import { addEffect, makeId } from '../../draft.ts'
import { addEvent, type Draft } from '../draft.ts'
import { expectPhase, expectPlan, expectQuestion, expectRun } from '../patch.ts'
import { getDefinition } from '../plan/find-in-plan.ts'
import type { Task } from '../state.ts'

type Asked = RunCommandOf<'CompleteTask'>['questions'][number]

/** Decides a question by its default answer; the policy stands by it, and it counts as an assumption. */
export const assumeDefault = (draft: Draft, questionId: string): void => {
  const question = expectQuestion(draft.state, questionId)
  addEvent(draft, 'CLARIFICATION.ANSWER_PROVIDED', {
    questionId: question.id,
    phase: question.phase,
    answer: question.defaultAnswer,
    ...(question.defaultValues === null ? {} : { values: question.defaultValues }),
    status: 'assumed',
    decidedBy: 'policy',
    decidedKind: 'policy',
    version: question.version + 1,
  })
}

/** Sets the timer at whose end a question takes its default. */
export const armDeadline = (draft: Draft, questionId: string): void => {
  const { deadlineAt, version, status } = expectQuestion(draft.state, questionId)
  if (deadlineAt === null || status !== 'open') return
  const fireAt = deadlineAt > draft.stamp.at ? deadlineAt : draft.stamp.at
  addEffect(draft, { kind: 'question-deadline', fireAt, ref: { questionId, version } })
}

/** Has people told that an open question waits for them; what was decided at once tells nobody. */
export const announceQuestion = (draft: Draft, questionId: string): void => {
  const { version, status } = expectQuestion(draft.state, questionId)
  if (status === 'open') addEffect(draft, { kind: 'notify-question', ref: { questionId, version } })
}

/** What of a draft goes into the event only where the asker said it; with a form the words have to be shorter. */
const makeOptional = ({ fields, form, defaultValues, risk }: Asked) => ({
  ...(fields === undefined || fields.length === 0
    ? {}
    : { fields: clipList(fields, { count: 20, maxChars: 200, maxBytes: 500 }) }),
  ...(form === undefined || form === null ? {} : { form }),
  ...(defaultValues === undefined || Object.keys(defaultValues).length === 0 ? {} : { defaultValues }),
  ...(risk === undefined ? {} : { risk }),
})

/** Why one of a task's questions cannot be asked as it is; undefined when all can. */
export const findAskedFault = (questions: readonly Asked[]): Refused | undefined => {
  for (const { text, form = null, defaultValues = {} } of questions) {
    const fault = findQuestionFault({ text, form, defaultValues })
    if (fault) return fault
  }
  return undefined
}

const clipWords = ({ text, decisionImpact, defaultAnswer, form, defaultValues }: Asked) => {
  const [ofText, ofImpact, ofDefault] =
    form || defaultValues ? ([1800, 900, 1600] as const) : ([2400, 1400, 2400] as const)
  return {
    text: clipText(text, 2000, ofText),
    decisionImpact: clipText(decisionImpact, 1000, ofImpact),
    defaultAnswer: clipText(defaultAnswer, 2000, ofDefault),
  }
}

/**
 * Puts a task's questions. What the mode of the run does not ask people is assumed at once, and so is, in any run,
 * what goes beyond the phase's limit; else each waits for a person as its policy says.
 */
export const askQuestions = (draft: Draft, task: Task, questions: readonly Asked[]): void => {
  const { policies } = expectPlan(draft.state)
  const { max_questions: once } = getDefinition(expectPlan(draft.state), task.phase).clarification
  const { strategy, round } = expectPhase(draft.state, task.phase)
  // A round about grounding asks again what the rounds before it left to assumptions.
  const most = strategy === 'rerun-qav' ? once * round : once
  for (const asked of questions) {
    const questionId = QuestionId.parse(makeId(draft))
    const isOver = expectPhase(draft.state, task.phase).questionIds.length >= most
    const { risk = null, policy = null } = asked
    const asking = isOver ? 'assume' : getAsking(expectRun(draft.state).mode, { risk, policy })
    const hasDeadline = asking === 'decide' || asking === 'escalate'
    addEvent(draft, 'CLARIFICATION.QUESTION_ASKED', {
      questionId,
      kind: 'question',
      phase: task.phase,
      taskId: task.id,
      askedBy: task.agent,
      ...clipWords(asked),
      category: asked.category,
      priority: asked.priority,
      deadlineAt: hasDeadline ? addMs(draft.stamp.at, policies.question_deadline_ms) : null,
      ...makeOptional(asked),
      policy: asking === 'assume' ? 'decide' : asking,
    })
    if (asking === 'assume') assumeDefault(draft, questionId)
    else armDeadline(draft, questionId)
    announceQuestion(draft, questionId)
  }
}
