import type { CloudEvent } from '@ropewalk/core/contract/api/events'
import { getQuestionRef } from '@ropewalk/core/short-id'
import { getAheadText } from './question-text.ts'
import { clip, type Paint } from './terminal.ts'

/** Titles of items and texts of questions by their id, as far as events have told them. */
export type ItemTitles = Map<string, string>

const getText = (data: CloudEvent['data'], key: string): string => {
  const value = data[key]
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
}

const tellQuestion = (data: CloudEvent['data']): Told | undefined => {
  const due = getText(data, 'deadlineAt')
  const policy = getText(data, 'policy')
  // Its default is taken as it is asked: nobody has to look.
  if (due === '' && policy === 'decide') return undefined
  const value = clip(getText(data, 'defaultAnswer'), 60).replace(/[.]$/u, '')
  const silence =
    due === '' || policy === 'wait'
      ? 'it waits'
      : policy === 'decide'
        ? `${value} is taken ${getAheadText(due)}`
        : `people are told again ${getAheadText(due)}`
  return [
    '?',
    `${getQuestionRef(getText(data, 'questionId'))} ${clip(getText(data, 'text'), 140)} (${silence})`,
  ]
}

const tellAnswer = (titles: ItemTitles, data: CloudEvent['data']): Told => {
  const id = getText(data, 'questionId')
  const answer = clip(getText(data, 'answer'), 100)
  if (data['decidedKind'] === 'person') return [' ', `${getQuestionRef(id)} answered: ${answer}`]
  const by = data['decidedKind'] === 'agent' ? 'decided by an agent' : 'assumed'
  return [' ', join(`${by}: ${answer}`, titles.get(id) ?? '', ' ')]
}

const STYLES = {
  '?': 'yellow',
  '!': 'yellow',
  '↻': 'yellow',
  '›': 'cyan',
  '✓': 'green',
  '✗': 'red',
  '-': 'dim',
  ' ': 'dim',
} as const

/** A line: its mark, and its words. */
type Told = readonly [mark: keyof typeof STYLES, words: string]

/** Words, and after them what more there is to say. */
const join = (words: string, more: string, between = ', '): string =>
  more === '' ? words : `${words}${between}${more}`

const tellReview = (data: CloudEvent['data'], title: string): Told | undefined => {
  const notes = clip(getText(data, 'notes'), 140)
  switch (data['to']) {
    case 'done':
      return ['✓', title]
    case 'in_review':
      return ['?', join(`${title}: in review`, notes)]
    case 'in_progress':
      return ['↻', join(`${title}: to be mended`, notes)]
    default:
      return undefined
  }
}

const tellStatus = (data: CloudEvent['data'], reason: string): Told | undefined => {
  const to = getText(data, 'to')
  if (to === 'in_progress' || to === 'awaiting_input') return undefined
  return [' ', join(`the project is ${to.replace('_', ' ')}`, reason, ': ')]
}

const tellVote = (data: CloudEvent['data'], title: string): Told => [
  ' ',
  join(`${data['approved'] === true ? 'approved' : 'rejected'}: ${title}`, clip(getText(data, 'notes'), 120)),
]

/** Remembers what an item is called, and what a question asks. */
export const noteTitle = (titles: ItemTitles, { type, data }: CloudEvent): void => {
  if (type === 'CLARIFICATION.QUESTION_ASKED')
    titles.set(getText(data, 'questionId'), `(${clip(getText(data, 'text'), 100)})`)
  const changes = type === 'BACKLOG.ITEM_UPDATED' ? data['changes'] : data
  const title =
    typeof changes === 'object' && changes !== null && 'title' in changes ? changes.title : undefined
  if (typeof title === 'string') titles.set(getText(data, 'itemId'), clip(title, 80))
}

const tellEvent = (titles: ItemTitles, { type, data }: CloudEvent): Told | undefined => {
  const title = titles.get(getText(data, 'itemId')) ?? 'an item'
  const reason = clip(getText(data, 'reason') || getText(data, 'message'), 160)
  const ref = getQuestionRef(getText(data, 'questionId'))
  switch (type) {
    case 'CLARIFICATION.QUESTION_ASKED':
      return tellQuestion(data)
    case 'CLARIFICATION.ANSWER_PROVIDED':
      return tellAnswer(titles, data)
    case 'CLARIFICATION.QUESTION_ESCALATED':
      return ['?', `${ref} still waits for a person`]
    case 'HUMAN.APPROVAL_REQUESTED':
      return ['?', `${ref} asks for leave: ${title}, ${reason}`]
    case 'HUMAN.APPROVAL_SUBMITTED':
      return tellVote(data, title)
    case 'WORK.ITEM_STARTED':
      return ['›', title]
    case 'WORK.ITEM_REVIEWED':
      return tellReview(data, title)
    case 'WORK.ITEM_FAILED':
      return ['✗', `${title}: ${reason}`]
    case 'WORK.ATTEMPT_ENDED':
      return data['outcome'] === 'clarification' ? undefined : ['!', `${title}: ${reason}`]
    case 'BACKLOG.ITEM_CANCELLED':
      return ['-', `${title}: cancelled, ${reason}`]
    case 'PROJECT.STATUS_CHANGED':
      return tellStatus(data, reason)
    case 'REPORT.FINAL_PUBLISHED':
      return ['✓', 'the final report']
    default:
      return undefined
  }
}

/** What lines are made with: `width` is the most characters of one. */
export type LineParts = { readonly titles: ItemTitles; readonly paint: Paint; readonly width: number }

/** One line for what happened in a project; undefined for what nobody watches for. */
export const describeProjectEvent = (
  { titles, paint, width }: LineParts,
  event: CloudEvent,
): string | undefined => {
  const told = tellEvent(titles, event)
  if (told === undefined) return undefined
  const [mark, words] = told
  return `${paint(STYLES[mark], mark)} ${clip(words, width - 2)}`
}
