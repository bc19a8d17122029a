import { refuse, type Refused } from '../../decision.ts'
import { readValues } from '../../question/read-values.ts'
import type { RunCommandOf } from '../commands.ts'
import { getJsonBytes } from '../../clip.ts'
import { answered, getActor, type Outcome } from '../../draft.ts'
import { addEvent, type Draft } from '../draft.ts'
import { expectPhase, expectRun } from '../patch.ts'
import { advancePhase, isUnderWay } from '../phase/advance-phase.ts'
import { reopenDependents, reopenPhase } from '../phase/reopen-phase.ts'
import { startReadyPhases } from '../phase/start-phase.ts'
import { isRefused } from '../task/fence.ts'
import { applyApproval, findApprovalRefusal } from '../gate/approval.ts'
import type { Question } from '../state.ts'
import { announceQuestion, assumeDefault } from './ask-questions.ts'

/** An answer is part of one ledger entry, which holds 8 KB. */
const MAX_ANSWER_BYTES = 6000

const findQuestion = (draft: Draft, id: string): Question | Refused => {
  const { status } = expectRun(draft.state)
  if (status === 'succeeded' || status === 'cancelled')
    return refuse('RUN_ALREADY_FINISHED', `The run is ${status}; its questions rest.`, { status })
  const question = draft.state.questions.get(id)
  if (!question) return refuse('NOT_FOUND', `The run has no question ${id}.`, { questionId: id })
  return question.status === 'closed'
    ? refuse('CONFLICT', `The question ${id} was closed.`, { questionId: id })
    : question
}

const refuseDecided = ({ id, decidedBy, decidedKind, decidedAt, version }: Question): Refused =>
  refuse('ALREADY_DECIDED', `The question was decided by ${decidedBy}. To replace the answer, say change.`, {
    questionId: id,
    decidedBy,
    decidedKind,
    decidedAt,
    version,
  })

/** Whether work has been given out since a question was put, and so perhaps upon its answer. */
const isBuiltUpon = (draft: Draft, { phase, createdAt }: Question): boolean => {
  const { status, lastTaskAt } = expectPhase(draft.state, phase)
  return status !== 'pending' && lastTaskAt !== null && lastTaskAt >= createdAt
}

const redoPhase = (draft: Draft, question: Question): void => {
  const reason = `An answer was changed by ${getActor(draft)}.`
  reopenPhase(draft, question.phase, reason)
  reopenDependents(draft, question.phase, reason)
  if (isUnderWay(draft)) startReadyPhases(draft)
}

/** A person's word on what a gate has passed. It stands: what it let go on, or had mended, is under way. */
const decideApproval = (
  draft: Draft,
  { answer, values }: RunCommandOf<'AnswerQuestion'>,
  question: Question,
): Outcome => {
  if (values !== undefined && values !== null)
    return refuse('INVALID_ARGUMENT', 'An approval has no form: answer "approve", or "reject: " and why.')
  if (question.status !== 'open') return refuseDecided(question)
  if (draft.stamp.by.kind !== 'person') return refuse('FORBIDDEN', 'Only a person approves or rejects.')
  const refusal = findApprovalRefusal(draft, question, answer)
  if (refusal) return refusal
  addEvent(draft, 'CLARIFICATION.ANSWER_PROVIDED', {
    questionId: question.id,
    phase: question.phase,
    answer,
    status: 'accepted',
    decidedBy: getActor(draft),
    decidedKind: 'person',
    version: question.version + 1,
  })
  applyApproval(draft, question.phase, answer)
  return answered({ questionId: question.id, version: question.version + 1, reopened: false })
}

/** A person's (or an agent's) answer. Changing one that was decided re-opens what was built upon it. */
export const answerQuestion = (draft: Draft, command: RunCommandOf<'AnswerQuestion'>): Outcome => {
  const question = findQuestion(draft, command.questionId)
  if ('code' in question) return question
  const { kind } = draft.stamp.by
  const isOpen = question.status === 'open'
  if (!isOpen && command.change !== true) return refuseDecided(question)
  if (!isOpen && kind !== 'person') return refuse('FORBIDDEN', 'Only a person changes a decided answer.')
  if (getJsonBytes({ answer: command.answer, values: command.values ?? null }) > MAX_ANSWER_BYTES)
    return refuse('PAYLOAD_TOO_LARGE', `An answer has at most ${MAX_ANSWER_BYTES} bytes, with its values.`)
  if (question.kind === 'approval') return decideApproval(draft, command, question)
  const read = readValues(
    { form: question.form, fields: question.fields ?? [] },
    { answer: command.answer, values: command.values ?? null },
  )
  if (isRefused(read)) return read
  const { values } = read
  const builtUpon = !isOpen && isBuiltUpon(draft, question)
  addEvent(draft, 'CLARIFICATION.ANSWER_PROVIDED', {
    questionId: question.id,
    phase: question.phase,
    answer: command.answer,
    ...(Object.keys(values).length > 0 ? { values } : {}),
    status: 'accepted',
    decidedBy: getActor(draft),
    decidedKind: kind === 'engine' ? 'policy' : kind,
    version: question.version + 1,
  })
  if (builtUpon) redoPhase(draft, question)
  else advancePhase(draft, question.phase)
  return answered({ questionId: question.id, version: question.version + 1, reopened: builtUpon })
}

/** Tells people again of a question that no policy may decide; it stays open, and has no deadline any more. */
const escalate = (draft: Draft, { id, phase, version }: Question): void => {
  addEvent(draft, 'CLARIFICATION.QUESTION_ESCALATED', { questionId: id, phase, version: version + 1 })
  announceQuestion(draft, id)
}

/** The deadline of a question: whoever comes first, a person or this, decides, unless it asks for a person. */
export const decideQuestionByPolicy = (
  draft: Draft,
  command: RunCommandOf<'DecideQuestionByPolicy'>,
): Outcome => {
  const question = findQuestion(draft, command.questionId)
  if ('code' in question) return question
  if (question.status !== 'open') return refuseDecided(question)
  const { deadlineAt, version } = question
  if (version !== command.version || deadlineAt === null || draft.stamp.at < deadlineAt)
    return refuse('CONFLICT', 'The deadline of this question is another one.', { deadlineAt, version })
  if (question.kind === 'approval') {
    const refusal = findApprovalRefusal(draft, question, question.defaultAnswer)
    if (refusal) return refusal
  }
  if (question.kind === 'question' && question.policy === 'escalate') {
    escalate(draft, question)
    return answered({ questionId: question.id, version: version + 1 })
  }
  assumeDefault(draft, question.id)
  if (question.kind === 'approval') applyApproval(draft, question.phase, question.defaultAnswer)
  else advancePhase(draft, question.phase)
  return answered({ questionId: question.id, version: version + 1 })
}
