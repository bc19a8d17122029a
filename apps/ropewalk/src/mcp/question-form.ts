import {
  type ElicitInputParams,
  type PrimitiveSchemaDefinition,
  inputResponse,
} from '@modelcontextprotocol/server'
import type { AnyQuestionView } from '@ropewalk/core/contract/api/questions'
import type { FormField } from '@ropewalk/core/contract/project-question'
import { RopewalkError } from '@ropewalk/core/errors'

/** Under which the client sends back what its person said. */
export const ASKED = 'answer'

/** What the person said, as `answer_question` takes it. */
export type PersonAnswer = {
  readonly answer: string
  readonly values?: Readonly<Record<string, string | number | boolean>>
}

type Fields = Record<string, PrimitiveSchemaDefinition>
type Requested = ElicitInputParams['requestedSchema']

const makeField = (field: FormField): PrimitiveSchemaDefinition => {
  const { type, enum: choices, title, description, minimum, maximum, maxLength } = field
  const words = {
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
  }
  if (type === 'boolean') return { type, ...words }
  if (type === 'string') {
    if (choices !== undefined) return { type, ...words, enum: choices.map(String) }
    return { type, ...words, ...(maxLength === undefined ? {} : { maxLength }) }
  }
  // A form at a client has no choice of numbers; the method refuses one that is not among them.
  const told =
    choices === undefined
      ? {}
      : { description: `${description ?? title ?? ''} One of ${choices.join(', ')}.`.trim() }
  return {
    type,
    ...words,
    ...told,
    ...(minimum === undefined ? {} : { minimum }),
    ...(maximum === undefined ? {} : { maximum }),
  }
}

/** The name of the field for words; a form may have one of that name itself. */
const getWordsField = ({ form }: AnyQuestionView): string =>
  form !== null && Object.hasOwn(form.properties, 'answer') ? 'answer_in_words' : 'answer'

const makeRequested = (question: AnyQuestionView): Requested => {
  const words = getWordsField(question)
  const { form } = question
  if (question.kind === 'approval') {
    const properties: Fields = {
      decision: { type: 'string', title: 'Decision', enum: ['approve', 'reject'] },
      why: { type: 'string', title: 'Why', description: 'Needed to reject.', maxLength: 3000 },
    }
    return { type: 'object', properties, required: ['decision'] }
  }
  const properties: Fields = Object.fromEntries(
    Object.entries(form?.properties ?? {}).map(([name, field]) => [name, makeField(field)]),
  )
  properties[words] = {
    type: 'string',
    title: 'Answer',
    description: `If nobody answers: ${question.defaultAnswer}`.slice(0, 400).toWellFormed(),
    maxLength: 4000,
  }
  return { type: 'object', properties, required: form === null ? [words] : [...form.required] }
}

/** What the person at the client is shown for a question: its text and a form with the fields of its answer. */
export const makeQuestionForm = (question: AnyQuestionView): ElicitInputParams => ({
  mode: 'form',
  // Who asks is said, so that a question of an agent is not taken for one of the client.
  message: `${question.askedBy} asks: ${question.text}`,
  requestedSchema: makeRequested(question),
})

const isValue = (value: unknown): value is string | number | boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'

const getText = (content: Readonly<Record<string, unknown>>, name: string): string => {
  const value = content[name]
  return typeof value === 'string' ? value.trim() : ''
}

const readForm = (question: AnyQuestionView, content: Readonly<Record<string, unknown>>): PersonAnswer => {
  if (question.kind === 'approval') {
    const why = getText(content, 'why')
    return { answer: getText(content, 'decision') === 'approve' ? 'approve' : `reject: ${why}` }
  }
  const words = getText(content, getWordsField(question))
  if (question.form === null) return { answer: words }
  const values = Object.fromEntries(
    Object.keys(question.form.properties).flatMap((name) => {
      const value = content[name]
      return isValue(value) ? [[name, value] as const] : []
    }),
  )
  const told = Object.entries(values).map(([name, value]) => `${name}: ${String(value)}`)
  return { answer: words === '' ? told.join('; ') : words, values }
}

/**
 * What the person said, from what the client sent back; undefined where nobody was asked yet. Throws CONFLICT
 * where the person would not say.
 */
export const findPersonAnswer = (
  question: AnyQuestionView,
  responses: Readonly<Record<string, unknown>> | undefined,
): PersonAnswer | undefined => {
  const response = inputResponse(responses, ASKED)
  if (response.kind !== 'elicit') return undefined
  if (response.action === 'accept') return readForm(question, response.content ?? {})
  throw new RopewalkError(
    'CONFLICT',
    response.action === 'decline'
      ? 'The person at this client declined to answer; the question stays open.'
      : 'The person at this client put the question away; it stays open.',
    { details: { reason: 'NOT_ANSWERED', action: response.action } },
  )
}
