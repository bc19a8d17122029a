import type { CloudEvent } from '@ropewalk/core/contract/api/events'
import { getQuestionRef } from '@ropewalk/core/short-id'
import { getAheadText } from './question-text.ts'
import { clip, type Paint } from './terminal.ts'

/** Titles of items by their id, as far as events have told them. */
export type ItemTitles = Map<string, string>

const getText = (data: CloudEvent['data'], key: string): string => {
  const value = data[key]
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
}

const tellQuestion = (data: CloudEvent['data']): string => {
  const due = getText(data, 'deadlineAt')
  const policy = getText(data, 'policy')
  const silence =
    due === '' || policy === 'wait'
      ? 'it waits'
      : policy === 'decide'
        ? `${clip(getText(data, 'defaultAnswer'), 60)} is taken ${getAheadText(due)}`
        : `people are told again ${getAheadText(due)}`
  return `${getQuestionRef(getText(data, 'questionId'))} ${clip(getText(data, 'text'), 140)} (${silence})`
}

const tellAnswer = (data: CloudEvent['data']): string => {
  const by =
    data['decidedKind'] === 'person'
      ? 'answered'
      : `${data['decidedKind'] === 'agent' ? 'decided by an agent' : 'taken as the default'}`
  return `${getQuestionRef(getText(data, 'questionId'))} ${by}: ${clip(getText(data, 'answer'), 100)}`
}

const tellReview = (data: CloudEvent['data'], title: string, paint: Paint): string | undefined => {
  const notes = clip(getText(data, 'notes'), 140)
  switch (data['to']) {
    case 'done':
      return `${paint('green', '✓')} ${title}`
    case 'in_review':
      return `${paint('cyan', '?')} ${title}: in review${notes === '' ? '' : `, ${notes}`}`
    case 'in_progress':
      return `${paint('yellow', '↻')} ${title}: to be mended${notes === '' ? '' : `, ${notes}`}`
    default:
      return undefined
  }
}

/** Remembers what an item is called. */
export const noteTitle = (titles: ItemTitles, { type, data }: CloudEvent): void => {
  const changes = type === 'BACKLOG.ITEM_UPDATED' ? data['changes'] : data
  const title =
    typeof changes === 'object' && changes !== null && 'title' in changes ? changes.title : undefined
  if (typeof title === 'string') titles.set(getText(data, 'itemId'), clip(title, 80))
}

/** One line for what happened in a project; undefined for what nobody watches for. */
export const describeProjectEvent = (
  titles: ItemTitles,
  { type, data }: CloudEvent,
  paint: Paint,
): string | undefined => {
  const title = titles.get(getText(data, 'itemId')) ?? 'an item'
  const reason = clip(getText(data, 'reason') || getText(data, 'message'), 160)
  switch (type) {
    case 'CLARIFICATION.QUESTION_ASKED':
      return `${paint('yellow', '?')} ${tellQuestion(data)}`
    case 'CLARIFICATION.ANSWER_PROVIDED':
      return `  ${tellAnswer(data)}`
    case 'CLARIFICATION.QUESTION_ESCALATED':
      return `${paint('yellow', '?')} ${getQuestionRef(getText(data, 'questionId'))} still waits for a person`
    case 'HUMAN.APPROVAL_REQUESTED':
      return `${paint('yellow', '?')} ${getQuestionRef(getText(data, 'questionId'))} asks for leave: ${title}, ${reason}`
    case 'HUMAN.APPROVAL_SUBMITTED':
      return `  ${data['approved'] === true ? 'approved' : 'rejected'}: ${title}${getText(data, 'notes') === '' ? '' : `, ${clip(getText(data, 'notes'), 120)}`}`
    case 'WORK.ITEM_STARTED':
      return `${paint('cyan', '›')} ${title}`
    case 'WORK.ITEM_REVIEWED':
      return tellReview(data, title, paint)
    case 'WORK.ITEM_FAILED':
      return `${paint('red', '✗')} ${title}: ${reason}`
    case 'WORK.ATTEMPT_ENDED':
      return data['outcome'] === 'clarification' ? undefined : `${paint('yellow', '!')} ${title}: ${reason}`
    case 'BACKLOG.ITEM_CANCELLED':
      return `${paint('dim', '-')} ${title}: cancelled, ${reason}`
    case 'PROJECT.STATUS_CHANGED':
      return data['to'] === 'in_progress' || data['to'] === 'awaiting_input'
        ? undefined
        : `  the project is ${getText(data, 'to').replace('_', ' ')}${reason === '' ? '' : `: ${reason}`}`
    case 'REPORT.FINAL_PUBLISHED':
      return `${paint('green', '✓')} the final report`
    default:
      return undefined
  }
}
