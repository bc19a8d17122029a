import type { Parameters } from '../contract/item.ts'
import type { FormField, QuestionForm } from '../contract/project-question.ts'

export type ValueFault = { readonly field: string; readonly expected: string; readonly got: string }

const describeField = ({ type, enum: choices, minimum, maximum, maxLength }: FormField): string => {
  if (choices) return `one of ${choices.map((choice) => JSON.stringify(choice)).join(', ')}`
  const kind = { string: 'text', number: 'a number', integer: 'a whole number', boolean: 'true or false' }[
    type
  ]
  const limits = [
    minimum === undefined ? '' : `at least ${minimum}`,
    maximum === undefined ? '' : `at most ${maximum}`,
    maxLength === undefined ? '' : `of at most ${maxLength} characters`,
  ].filter((limit) => limit !== '')
  return [kind, ...limits].join(', ').replace(', of', ' of')
}

const isOfType = (value: Parameters[string], type: FormField['type']): boolean => {
  if (type === 'integer') return Number.isInteger(value)
  if (type === 'number') return typeof value === 'number' && Number.isFinite(value)
  return typeof value === type
}

const fits = (value: Parameters[string], field: FormField): boolean => {
  if (!isOfType(value, field.type)) return false
  if (field.enum && !field.enum.some((choice) => choice === value)) return false
  if (typeof value === 'number')
    return value >= (field.minimum ?? -Infinity) && value <= (field.maximum ?? Infinity)
  return typeof value !== 'string' || value.length <= (field.maxLength ?? Infinity)
}

/** What of an answer does not fit its form, field by field; `isPartial` asks for no field to be there. */
export const findValueFaults = (
  form: QuestionForm,
  values: Parameters,
  { isPartial = false }: { readonly isPartial?: boolean } = {},
): readonly ValueFault[] => {
  const faults: ValueFault[] = []
  for (const [field, value] of Object.entries(values)) {
    const of = Object.hasOwn(form.properties, field) ? form.properties[field] : undefined
    if (!of) {
      const known = Object.keys(form.properties).join(', ')
      faults.push({ field, expected: `no such field (there are: ${known})`, got: JSON.stringify(value) })
    } else if (!fits(value, of))
      faults.push({ field, expected: describeField(of), got: JSON.stringify(value) })
  }
  if (isPartial) return faults
  for (const field of form.required) {
    const of = Object.hasOwn(form.properties, field) ? form.properties[field] : undefined
    if (of && !Object.hasOwn(values, field))
      faults.push({ field, expected: describeField(of), got: 'nothing' })
  }
  return faults
}

/** Text as a value of a field: `20`, `20 %` and `12,5` are numbers, `yes` is true; undefined where it is none. */
const readText = (said: string, { type, enum: choices }: FormField): Parameters[string] | undefined => {
  if (choices) return choices.find((choice) => String(choice).toLowerCase() === said.toLowerCase())
  if (type === 'string') return said
  if (type === 'boolean') {
    if (/^(?:yes|true|y)$/iu.test(said)) return true
    return /^(?:no|false|n)$/iu.test(said) ? false : undefined
  }
  // A comma before three digits may part thousands; before one or two it is a decimal one.
  const digits = /^(-?\d+(?:\.\d+|,\d{1,2})?)\s*%?$/u.exec(said)?.[1]
  return digits === undefined ? undefined : Number(digits.replace(',', '.'))
}

/** A one-line answer as the values of a form with one field; undefined where it cannot be read as that. */
export const readAnswer = (form: QuestionForm, answer: string): Parameters | undefined => {
  const [entry, ...others] = Object.entries(form.properties)
  if (!entry || others.length > 0) return undefined
  const value = readText(answer.trim(), entry[1])
  return value === undefined ? undefined : { [entry[0]]: value }
}
