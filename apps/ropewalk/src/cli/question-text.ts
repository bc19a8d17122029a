import type { AnyQuestionView, ProjectQuestionView } from '@ropewalk/core/contract/api/questions'
import type { FormField } from '@ropewalk/core/contract/project-question'
import { getQuestionRef } from '@ropewalk/core/short-id'
import { layOutQuestion } from './ask.ts'
import { clean, wrap, type Paint } from './terminal.ts'

const NEVER = 'nobody decides it for you: it waits for as long as it takes'

/** An instant that lies ahead, in words: `in 40 s`, `in 12 min`, `in 3 h`, `in 5 days`. */
export const getAheadText = (at: string, nowMs = Date.now()): string => {
  const seconds = Math.round((Date.parse(at) - nowMs) / 1000)
  if (seconds <= 0) return 'now'
  if (seconds < 120) return `in ${seconds} s`
  if (seconds < 7200) return `in ${Math.round(seconds / 60)} min`
  return seconds < 172_800 ? `in ${Math.round(seconds / 3600)} h` : `in ${Math.round(seconds / 86_400)} days`
}

/** An instant that has passed, in words. */
export const getAgoText = (at: string, nowMs = Date.now()): string => {
  const seconds = Math.max(0, Math.round((nowMs - Date.parse(at)) / 1000))
  if (seconds < 120) return `${seconds} s ago`
  if (seconds < 7200) return `${Math.round(seconds / 60)} min ago`
  return seconds < 172_800
    ? `${Math.round(seconds / 3600)} h ago`
    : `${Math.round(seconds / 86_400)} days ago`
}

/** What a field of a form takes. */
export const getFieldText = ({ type, enum: choices, minimum, maximum }: FormField): string => {
  if (choices !== undefined) return choices.map(String).join(' | ')
  const kind = { string: 'text', number: 'a number', integer: 'a whole number', boolean: 'yes or no' }[type]
  return [
    kind,
    ...(minimum === undefined ? [] : [`from ${minimum}`]),
    ...(maximum === undefined ? [] : [`to ${maximum}`]),
  ].join(' ')
}

const getSilence = (question: ProjectQuestionView): string => {
  if (question.kind === 'approval')
    return `wants ${question.quorum === 1 ? 'a yes or a no' : `${question.quorum} persons to say yes`}`
  const value = clean(question.defaultAnswer).trim().replace(/[.]$/u, '')
  if (question.status !== 'open' || question.deadlineAt === null || question.policy === 'wait')
    return `default: ${value}${question.status === 'open' ? `; ${NEVER}` : ''}`
  const when = getAheadText(question.deadlineAt)
  return question.policy === 'decide'
    ? `default: ${value}, taken ${when} if nobody answers`
    : `default: ${value}; people are told again ${when}`
}

/** A question or approval of a project laid out, without the words that stand before it. */
const layOutProjectQuestion = (
  of: { readonly paint: Paint; readonly columns: number | undefined },
  question: ProjectQuestionView,
): string => {
  const width = Math.min(of.columns ?? 100, 100) - 1
  const fields = Object.entries(question.form?.properties ?? {}).map(([name, field]) =>
    wrap(
      `${name}: ${getFieldText(field)}${field.description === undefined ? '' : ` (${field.description})`}`,
      width,
      '      ',
    ),
  )
  return [
    '',
    of.paint('bold', wrap(`? ${question.text}`, width, '  ')),
    wrap(`asked by ${question.askedBy}, ${question.risk} risk. ${question.impact}`, width, '    '),
    ...fields,
    wrap(getSilence(question), width, '    '),
  ].join('\n')
}

/** A question laid out, whoever it belongs to: why it matters, what it takes, and what happens in silence. */
export const layOutAnyQuestion = (
  of: { readonly paint: Paint; readonly columns: number | undefined },
  question: AnyQuestionView,
): string => (question.owner === 'run' ? layOutQuestion(of, question) : layOutProjectQuestion(of, question))

/** The command that decides a question. */
export const getDecisionCommand = ({ id, kind }: Pick<AnyQuestionView, 'id' | 'kind'>): string =>
  kind === 'approval' ? `./ropewalk approve ${getQuestionRef(id)}` : `./ropewalk answer ${getQuestionRef(id)}`
