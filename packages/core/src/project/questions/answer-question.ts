import { type Refused, refuse } from '../../decision.ts'
import type { Parameters } from '../../contract/item.ts'
import type { ItemId } from '../../ids.ts'
import { findValueFaults } from '../../question/check-values.ts'
import { readValues } from '../../question/read-values.ts'
import { getJsonBytes } from '../../clip.ts'
import type { ProjectCommandOf } from '../commands.ts'
import { addEffect, answered, getActor, type Outcome } from '../../draft.ts'
import { addEvent, type Draft, isRefused } from '../draft.ts'
import { expectProject, isParent } from '../patch.ts'
import type { Item, ProjectQuestion } from '../state.ts'
import { letGo, listOpenTasks } from '../work/let-go.ts'
import { submitApproval } from './submit-approval.ts'
import { assumeDefault, closeQuestion } from './ask-questions.ts'
import { findParameterFault, setParameters } from './set-parameters.ts'

type Answer = ProjectCommandOf<'AnswerProjectQuestion'>

/** An answer is part of one ledger entry, which holds 8 KB, beside the values it sets. */
const MAX_ANSWER_BYTES = 3000

export const findQuestion = (draft: Draft, id: string): ProjectQuestion | Refused =>
  draft.state.questions.get(id) ??
  refuse('NOT_FOUND', `The project has no question ${id}.`, { questionId: id })

export const refuseDecided = ({ id, decidedBy, decidedKind, decidedAt, version }: ProjectQuestion): Refused =>
  refuse(
    'ALREADY_DECIDED',
    `The question was decided by ${decidedBy ?? 'nobody'}. To replace the answer, say change.`,
    {
      questionId: id,
      decidedBy,
      decidedKind,
      decidedAt,
      version,
    },
  )

const isLeaf = (item: Item): boolean => !item.isDeleted && !isParent(item) && item.runRef === null

/**
 * Sets parameters and answers which items were begun without them. What was given out and not begun is let go, so
 * that it is given out anew with them; what is under way or done is left alone, for people to decide.
 */
export const applyParameters = (
  draft: Draft,
  values: Parameters,
  concerns: (item: Item) => boolean,
): readonly ItemId[] => {
  const before = expectProject(draft.state).parameters
  const changed = Object.keys(values).filter((name) => before[name] !== values[name])
  setParameters(draft, values)
  if (changed.length === 0) return []
  const stale: ItemId[] = []
  for (const item of draft.state.items.values()) {
    if (!isLeaf(item)) continue
    const isBegun = listOpenTasks(draft, item.id).some(({ status }) => status === 'running')
    if (item.status === 'ready' && !isBegun)
      letGo(draft, item, 'Parameters have changed since it was given out.')
    else if (
      (isBegun || ['in_progress', 'in_review', 'done'].includes(item.status)) &&
      (concerns(item) || item.needs.some((name) => changed.includes(name)))
    )
      stale.push(item.id)
  }
  return stale
}

const concernsOf =
  ({ itemIds }: ProjectQuestion) =>
  ({ id }: Item): boolean =>
    itemIds.length === 0 || itemIds.includes(id)

/** An answer that is taken: its parameters, the answer itself, and the end of the question. */
const takeAnswer = (
  draft: Draft,
  question: ProjectQuestion,
  answer: string,
  values: Parameters,
): readonly ItemId[] => {
  const { kind } = draft.stamp.by
  const stale = applyParameters(draft, values, concernsOf(question))
  addEvent(draft, 'CLARIFICATION.ANSWER_PROVIDED', {
    questionId: question.id,
    itemIds: question.itemIds.slice(0, 50),
    answer,
    values: Object.keys(values).length > 0 ? values : null,
    status: 'accepted',
    decidedBy: getActor(draft),
    decidedKind: kind === 'engine' ? 'policy' : kind,
    version: question.version + 1,
  })
  closeQuestion(draft, question, question.decidedKind === null ? 'Answered.' : 'The answer was changed.')
  draft.decided = question.id
  return stale
}

/** An approval answered as a question is: "approve", or "reject: " and why. */
const answerApproval = (draft: Draft, command: Answer): Outcome => {
  const said = command.answer.trim()
  const { workspaceId, projectId, questionId } = command
  const vote = { type: 'SubmitApproval', workspaceId, projectId, questionId } as const
  if (/^approved?[.!]?$/iu.test(said)) return submitApproval(draft, { ...vote, approved: true, notes: '' })
  const notes = /^reject(?:ed)?\s*:\s*(\S[\s\S]*)$/iu.exec(said)?.[1]
  return notes === undefined
    ? refuse('INVALID_ARGUMENT', 'An approval is answered by "approve", or by "reject: " and why.')
    : submitApproval(draft, { ...vote, approved: false, notes })
}

/**
 * An answer to a question. It must fit the form; its values become parameters of the project. A decided answer is
 * replaced only by a person who says so: nothing is re-opened by that, and items that were begun with the old one
 * are named as `stale`.
 */
export const answerProjectQuestion = (draft: Draft, command: Answer): Outcome => {
  const question = findQuestion(draft, command.questionId)
  if (isRefused(question)) return question
  const isOpen = question.status === 'open'
  if (question.kind === 'approval') return isOpen ? answerApproval(draft, command) : refuseDecided(question)
  if (!isOpen && command.change !== true) return refuseDecided(question)
  if (!isOpen && draft.stamp.by.kind !== 'person')
    return refuse('FORBIDDEN', 'Only a person changes a decided answer.')
  if (getJsonBytes(command.answer) > MAX_ANSWER_BYTES)
    return refuse('PAYLOAD_TOO_LARGE', `An answer has at most ${MAX_ANSWER_BYTES} bytes.`)
  const read = readValues(question, command)
  if (isRefused(read)) return read
  const { values } = read
  const fault = findParameterFault(expectProject(draft.state).parameters, values)
  if (fault) return fault
  const stale = takeAnswer(draft, question, command.answer, values)
  return answered({ questionId: question.id, version: question.version + 1, values, stale })
}

/** The deadline of a question: its default is taken, or people are told again. */
export const decideProjectQuestionByPolicy = (
  draft: Draft,
  command: ProjectCommandOf<'DecideProjectQuestionByPolicy'>,
): Outcome => {
  const question = findQuestion(draft, command.questionId)
  if (isRefused(question)) return question
  if (question.status !== 'open') return refuseDecided(question)
  const { id, deadlineAt, version, policy } = question
  if (version !== command.version || deadlineAt === null || draft.stamp.at < deadlineAt)
    return refuse('CONFLICT', 'The deadline of this question is another one.', { deadlineAt, version })
  if (policy === 'decide' && question.kind === 'question') {
    assumeDefault(draft, id, 'Nobody answered before the deadline.')
    draft.decided = id
  } else {
    addEvent(draft, 'CLARIFICATION.QUESTION_ESCALATED', { questionId: id, version: version + 1 })
    addEffect(draft, { kind: 'notify-question', ref: { questionId: id, version: version + 1 } })
  }
  return answered({ questionId: id, version: version + 1 })
}

/** A person sets facts of the project. Open questions that ask for nothing else are answered by that. */
export const setProjectParameters = (
  draft: Draft,
  { parameters }: ProjectCommandOf<'SetParameters'>,
): Outcome => {
  const fault = findParameterFault(expectProject(draft.state).parameters, parameters)
  if (fault) return fault
  const stale = applyParameters(draft, parameters, () => false)
  const all = expectProject(draft.state).parameters
  const answeredIds: string[] = []
  for (const question of draft.state.questions.values()) {
    const { form, status } = question
    if (status !== 'open' || form === null || form.required.length === 0) continue
    const values = Object.fromEntries(
      Object.entries(all).filter(([name]) => Object.hasOwn(form.properties, name)),
    )
    if (
      !form.required.some((name) => Object.hasOwn(parameters, name)) ||
      findValueFaults(form, values).length > 0
    )
      continue
    takeAnswer(draft, question, 'Set as parameters of the project.', values)
    answeredIds.push(question.id)
  }
  return answered({ parameters: all, answered: answeredIds, stale })
}
