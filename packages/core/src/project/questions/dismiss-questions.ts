import { clipText } from '../../clip.ts'
import { getActor } from '../../draft.ts'
import { addEvent, type Draft } from '../draft.ts'
import type { ProjectQuestion } from '../state.ts'
import { recordVote } from './approvals.ts'
import { closeQuestion } from './ask-questions.ts'

/** Ends a question that nobody waits for any more. It closes by an assumption that sets nothing (row X-29). */
const dismiss = (draft: Draft, question: ProjectQuestion, reason: string): void => {
  if (question.kind === 'approval') {
    recordVote(draft, question, { approved: false, notes: clipText(reason, 1000, 1600), decided: true })
    return
  }
  const { kind } = draft.stamp.by
  addEvent(draft, 'CLARIFICATION.ANSWER_PROVIDED', {
    questionId: question.id,
    itemIds: question.itemIds.slice(0, 50),
    answer: clipText(`No longer needed: ${reason}`, 2000, 2400),
    values: null,
    status: 'assumed',
    decidedBy: getActor(draft),
    decidedKind: kind === 'engine' ? 'policy' : kind,
    version: question.version + 1,
  })
  closeQuestion(draft, question, 'No longer needed.')
}

/** Ends the open questions that are about these items and no others, as far as they were loaded. */
export const dismissQuestions = (draft: Draft, itemIds: readonly string[], reason: string): void => {
  const gone = (id: string): boolean => {
    const status = draft.state.items.get(id)?.status
    return itemIds.includes(id) || status === 'cancelled' || status === 'failed' || status === 'done'
  }
  for (const question of [...draft.state.questions.values()])
    if (
      question.status === 'open' &&
      question.itemIds.some((id) => itemIds.includes(id)) &&
      question.itemIds.every(gone)
    )
      dismiss(draft, question, reason)
}

/** Ends every open question of the project. */
export const dismissAll = (draft: Draft, reason: string): void => {
  for (const question of [...draft.state.questions.values()])
    if (question.status === 'open') dismiss(draft, question, reason)
}
