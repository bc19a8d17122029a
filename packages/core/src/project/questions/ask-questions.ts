import { addMs } from '../../decision.ts'
import type { ProjectQuestionDraft } from '../../contract/project-question.ts'
import { type ItemId, QuestionId } from '../../ids.ts'
import { getAsking } from '../../question/asking.ts'
import { clipList, clipText } from '../../clip.ts'
import { addEffect, makeId } from '../../draft.ts'
import { addEvent, type Draft } from '../draft.ts'
import { expectItem, expectProject, expectProjectQuestion } from '../patch.ts'
import type { ProjectQuestion } from '../state.ts'
import { findParameterFault, setParameters } from './set-parameters.ts'

/** Tells people of an open question, and sets the timer at whose end its policy acts. */
export const announceQuestion = (draft: Draft, questionId: string): void => {
  const { id, version, deadlineAt } = expectProjectQuestion(draft.state, questionId)
  addEffect(draft, { kind: 'notify-question', ref: { questionId: id, version } })
  if (deadlineAt !== null)
    addEffect(draft, { kind: 'question-deadline', fireAt: deadlineAt, ref: { questionId: id, version } })
}

export const closeQuestion = (draft: Draft, { id }: ProjectQuestion, reason: string): void => {
  addEvent(draft, 'CLARIFICATION.QUESTION_CLOSED', { questionId: id, reason: clipText(reason, 200, 400) })
}

/** Decides a question by its default, which becomes an assumption of the project. */
export const assumeDefault = (draft: Draft, questionId: string, reason: string): void => {
  const question = expectProjectQuestion(draft.state, questionId)
  const { parameters } = expectProject(draft.state)
  // Nobody is there to refuse to: a default that would not fit is told, and not set.
  const fits = findParameterFault(parameters, question.defaultValues) === undefined
  if (fits) setParameters(draft, question.defaultValues, 'policy')
  addEvent(draft, 'CLARIFICATION.ANSWER_PROVIDED', {
    questionId: question.id,
    itemIds: question.itemIds.slice(0, MAX_ITEMS),
    answer: question.defaultAnswer,
    values: fits && Object.keys(question.defaultValues).length > 0 ? question.defaultValues : null,
    status: 'assumed',
    decidedBy: 'policy',
    decidedKind: 'policy',
    version: question.version + 1,
  })
  closeQuestion(draft, question, reason)
}

const findOpenOn = (draft: Draft, field: string): ProjectQuestion | undefined =>
  [...draft.state.questions.values()].find(
    (of) => of.status === 'open' && of.kind === 'question' && of.fields.includes(field),
  )

/** Open questions that ask for everything a draft asks for, so that it need not be asked again. */
const findCovering = (draft: Draft, { fields }: ProjectQuestionDraft): readonly ProjectQuestion[] => {
  const found = fields.map((field) => findOpenOn(draft, field))
  return found.length > 0 && found.every((of) => of !== undefined) ? [...new Set(found)] : []
}

const MAX_ITEMS = 50

/** Has items wait for a question that others have asked. One about the whole project holds everybody anyway. */
const join = (draft: Draft, question: ProjectQuestion, itemIds: readonly ItemId[]): void => {
  if (question.itemIds.length === 0) return
  for (const itemId of itemIds) {
    const item = expectItem(draft.state, itemId)
    if (expectProjectQuestion(draft.state, question.id).itemIds.includes(itemId)) continue
    addEvent(draft, 'BACKLOG.ITEM_BLOCKED', {
      itemId,
      from: item.status,
      cause: 'question',
      reason: clipText(`Waits for an answer: ${question.text}`, 400, 800),
      joins: question.id,
    })
  }
}

/**
 * Puts a question about some items, or about the project where none is named. What is asked already is not asked
 * twice: the items wait for that answer. Gives back the question they wait for, or that was assumed.
 */
export const askQuestion = (
  draft: Draft,
  asked: ProjectQuestionDraft,
  { itemIds, askedBy }: { readonly itemIds: readonly ItemId[]; readonly askedBy: string },
): readonly QuestionId[] => {
  const covering = findCovering(draft, asked)
  if (covering.length > 0) {
    for (const question of covering) join(draft, question, itemIds)
    return covering.map(({ id }) => id)
  }
  const project = expectProject(draft.state)
  const asking = getAsking(project.mode, asked)
  const hasDeadline = asking === 'decide' || asking === 'escalate'
  const questionId = QuestionId.parse(makeId(draft))
  addEvent(draft, 'CLARIFICATION.QUESTION_ASKED', {
    questionId,
    kind: 'question',
    itemIds: itemIds.slice(0, MAX_ITEMS),
    askedBy: clipText(askedBy, 120, 240),
    text: clipText(asked.text, 2000, 1500),
    fields: clipList(asked.fields, { count: 20, maxChars: 200, maxBytes: 500 }),
    form: asked.form,
    defaultAnswer: clipText(asked.defaultAnswer, 2000, 800),
    defaultValues: asked.defaultValues,
    impact: clipText(asked.impact, 1000, 500),
    risk: asked.risk,
    policy: asking === 'assume' ? 'decide' : asking,
    deadlineAt: hasDeadline ? addMs(draft.stamp.at, asked.deadlineMs ?? project.questionDeadlineMs) : null,
  })
  if (asking === 'assume') assumeDefault(draft, questionId, 'Decided by policy when it was asked.')
  else announceQuestion(draft, questionId)
  return [questionId]
}
