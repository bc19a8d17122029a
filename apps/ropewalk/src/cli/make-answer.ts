import type { AnswerRequest, AnyQuestionView } from '@ropewalk/core/contract/api/questions'
import { Parameters } from '@ropewalk/core/contract/item'
import type { QuestionForm } from '@ropewalk/core/contract/project-question'
import { findValueFaults, readAnswer } from '@ropewalk/core/question/check-values'
import { getQuestionRef } from '@ropewalk/core/short-id'
import { parse as parseYaml } from 'yaml'
import { clip } from './terminal.ts'
import { EXIT, makeTrouble } from './trouble.ts'

/** An answer as it was given on the command line; `document` is the text of `--file`. */
export type GivenAnswer = {
  readonly words: readonly string[]
  readonly text?: string | undefined
  readonly choice?: string | undefined
  readonly document?: string | undefined
  readonly set?: readonly string[] | undefined
}

type Made = Pick<AnswerRequest, 'answer' | 'values'>

/** `--choice default` takes what holds if nobody answers. */
const DEFAULT = 'default'

const getForm = ({ form }: AnyQuestionView): QuestionForm | null => form

/** How this question can be answered, as commands to copy. */
export const getExample = (question: AnyQuestionView): string => {
  const command = `./ropewalk answer ${getQuestionRef(question.id)}`
  const form = getForm(question)
  const fields = Object.entries(form?.properties ?? {})
  const [first, ...others] = fields
  if (first === undefined) return `${command} --text "…"`
  const [name, { enum: choices, type }] = first
  if (others.length > 0) return `${command} ${fields.map(([field]) => `--set ${field}=…`).join(' ')}`
  const choice = choices?.[0] ?? (type === 'boolean' ? 'yes' : undefined)
  return choice === undefined
    ? `${command} --set ${name}=…`
    : `${command} --choice ${JSON.stringify(String(choice))}`
}

const refuse = (question: AnyQuestionView, why: string) =>
  makeTrouble({
    code: 'INVALID_ARGUMENT',
    what: `this is no answer to ${getQuestionRef(question.id)}: ${clip(question.text, 100)}`,
    why,
    next: `${getExample(question)}, or --choice ${DEFAULT} to take: ${clip(question.defaultAnswer, 80)}`,
    exit: EXIT.usage,
  })

/** A text as the value of one field of the form; refused, with what the field takes, where it is none. */
const readField = (
  question: AnyQuestionView,
  form: QuestionForm,
  field: string,
  said: string,
): Parameters => {
  const of = Object.hasOwn(form.properties, field) ? form.properties[field] : undefined
  if (of === undefined)
    throw refuse(question, `it has no field ${field}; there are: ${Object.keys(form.properties).join(', ')}`)
  const one: QuestionForm = { ...form, properties: { [field]: of }, required: [field] }
  const values = readAnswer(one, said) ?? { [field]: said }
  const [fault] = findValueFaults(one, values)
  if (fault !== undefined) throw refuse(question, `${field}: expected ${fault.expected}, got ${fault.got}`)
  return values
}

const toWords = (values: Parameters): string =>
  Object.entries(values)
    .map(([field, value]) => `${field}: ${String(value)}`)
    .join(', ')

/** Values checked against the form before they are sent, so that a mistake costs no round. */
const checkValues = (question: AnyQuestionView, form: QuestionForm, values: Parameters): Made => {
  const faults = findValueFaults(form, values)
  if (faults.length > 0)
    throw refuse(
      question,
      faults.map(({ field, expected, got }) => `${field}: expected ${expected}, got ${got}`).join('; '),
    )
  return { answer: toWords(values), values }
}

const readSet = (question: AnyQuestionView, pairs: readonly string[]): Made => {
  const form = getForm(question)
  if (form === null) throw refuse(question, 'it has no form with fields; it is answered in words')
  const values: Parameters = {}
  for (const pair of pairs) {
    const [field = '', ...rest] = pair.split('=')
    if (rest.length === 0) throw refuse(question, `--set takes field=value, got ${JSON.stringify(pair)}`)
    Object.assign(values, readField(question, form, field.trim(), rest.join('=').trim()))
  }
  return checkValues(question, form, values)
}

const readChoice = (question: AnyQuestionView, choice: string): Made => {
  const form = getForm(question)
  const fields = Object.entries(form?.properties ?? {})
  if (form !== null && fields.length === 1) {
    const [field = ''] = fields[0] ?? []
    const takes = form.properties[field]?.enum?.map(String) ?? []
    if (choice !== DEFAULT || takes.includes(DEFAULT)) {
      const values = readField(question, form, field, choice)
      return { answer: String(values[field]), values }
    }
  }
  if (choice === DEFAULT) {
    const hasValues = Object.keys(question.defaultValues).length > 0
    return {
      answer: question.defaultAnswer,
      ...(hasValues ? { values: question.defaultValues } : {}),
    }
  }
  throw refuse(
    question,
    form === null ? 'it gives no choices to pick from' : 'it has several fields, each of which wants a value',
  )
}

const readText = (question: AnyQuestionView, text: string): Made => {
  const said = text.trim()
  if (said === '') throw refuse(question, 'the answer is empty')
  const form = getForm(question)
  const fields = Object.keys(form?.properties ?? {})
  if (form === null || fields.length === 0) return { answer: said }
  if (fields.length > 1)
    throw refuse(question, `it asks for several things, each by its name: ${fields.join(', ')}`)
  // Where the form need not be filled, words of the person's own are an answer too.
  if (form.required.length === 0 && readAnswer(form, said) === undefined) return { answer: said }
  return { answer: said, values: readField(question, form, fields[0] ?? '', said) }
}

/** A document is a mapping of fields to values where the question has a form, else the words of the answer. */
const readDocument = (question: AnyQuestionView, document: string): Made => {
  const form = getForm(question)
  if (form === null) return readText(question, document)
  let read: unknown
  try {
    read = parseYaml(document)
  } catch (error) {
    throw refuse(question, `the file is neither JSON nor YAML (${clip(String(error), 120)})`)
  }
  if (typeof read !== 'object' || read === null) return readText(question, document)
  const parsed = Parameters.safeParse(read)
  if (!parsed.success)
    throw refuse(
      question,
      `the file is no mapping of fields to plain values (${parsed.error.issues[0]?.message ?? ''})`,
    )
  return checkValues(question, form, parsed.data)
}

/** Whether anything was given at all; without it the question is put to the person, or the command is wrong. */
export const isGiven = ({ words, text, choice, document, set }: GivenAnswer): boolean =>
  words.length > 0 || [text, choice, document, set].some((each) => each !== undefined)

/**
 * The body of an answer from what stands on the command line, coerced and checked by the question's form. Throws
 * INVALID_ARGUMENT, naming the field and what it takes.
 */
export const makeAnswer = (question: AnyQuestionView, given: GivenAnswer): Made => {
  const text = given.words.length > 0 ? given.words.join(' ') : undefined
  const ways = [text, given.text, given.choice, given.document, given.set].filter((way) => way !== undefined)
  if (ways.length !== 1)
    throw refuse(question, ways.length === 0 ? 'nothing was said' : 'it was said in two ways at once')
  if (given.set !== undefined) return readSet(question, given.set)
  if (given.choice !== undefined) return readChoice(question, given.choice)
  if (given.document !== undefined) return readDocument(question, given.document)
  return readText(question, given.text ?? text ?? '')
}
