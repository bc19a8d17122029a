import { type Refused, refuse } from '../decision.ts'
import type { Parameters } from '../contract/item.ts'
import type { QuestionForm } from '../contract/project-question.ts'
import { Name } from '../text.ts'
import { findValueFaults, readAnswer } from './check-values.ts'

/** What of a question says which values its answer may have. */
export type Answerable = { readonly form: QuestionForm | null; readonly fields: readonly string[] }

/** Apart from the values themselves, whose names are anybody's and may look like a refusal's. */
export type ReadValues = { readonly values: Parameters }

/** An answer as it was given: in words, and field by field where somebody filled the form. */
export type GivenAnswer = { readonly answer: string; readonly values: Parameters | null }

const readWithoutForm = (
  fields: readonly string[],
  { answer, values }: GivenAnswer,
): ReadValues | Refused => {
  if (values === null) {
    const [field, ...others] = fields
    // Asked for one thing by its name, the answer is that thing.
    return field !== undefined && others.length === 0 && Name.safeParse(field).success
      ? { values: { [field]: answer } }
      : { values: {} }
  }
  const strange = Object.keys(values).find((name) => !fields.includes(name))
  return strange === undefined
    ? { values }
    : refuse(
        'INVALID_ARGUMENT',
        `The question asks for ${fields.join(', ') || 'no field'}; the answer sets ${strange}.`,
        { field: strange },
      )
}

/**
 * The values of an answer, checked by the question's form, whoever the question belongs to. Words alone fill a form
 * of one field where they can be read as it. Refused with INVALID_ARGUMENT, whose details say of each fault the
 * `field`, what was `expected` and what it `got`.
 */
export const readValues = ({ form, fields }: Answerable, given: GivenAnswer): ReadValues | Refused => {
  if (form === null) return readWithoutForm(fields, given)
  const values = given.values ?? readAnswer(form, given.answer) ?? {}
  const faults = findValueFaults(form, values)
  if (faults.length === 0) return { values }
  const named = faults.map(({ field, expected, got }) => `${field}: expected ${expected}, got ${got}`)
  return refuse('INVALID_ARGUMENT', `The answer does not fit the question's form. ${named.join('; ')}.`, {
    faults,
  })
}
