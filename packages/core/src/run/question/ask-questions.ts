import { addMs } from '../../decision.ts'
import { QuestionId } from '../../ids.ts'
import type { RunCommandOf } from '../commands.ts'
import { clipText } from '../clip.ts'
import { addEffect, addEvent, type Draft, makeId } from '../draft.ts'
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

/**
 * Puts a task's questions. An autonomous run assumes their defaults at once, and so does any run for what
 * goes beyond the phase's limit; else each waits for a person until its deadline.
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
    const isAssumed = isOver || expectRun(draft.state).mode === 'autonomous'
    addEvent(draft, 'CLARIFICATION.QUESTION_ASKED', {
      questionId,
      kind: 'question',
      phase: task.phase,
      taskId: task.id,
      askedBy: task.agent,
      text: clipText(asked.text, 2000, 2400),
      category: asked.category,
      priority: asked.priority,
      decisionImpact: clipText(asked.decisionImpact, 1000, 1400),
      defaultAnswer: clipText(asked.defaultAnswer, 2000, 2400),
      deadlineAt: isAssumed ? null : addMs(draft.stamp.at, policies.question_deadline_ms),
    })
    if (isAssumed) assumeDefault(draft, questionId)
    else armDeadline(draft, questionId)
    announceQuestion(draft, questionId)
  }
}
