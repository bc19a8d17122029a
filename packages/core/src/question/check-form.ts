import { type Refused, refuse } from '../decision.ts'
import type { Parameters } from '../contract/item.ts'
import type { QuestionForm } from '../contract/project-question.ts'
import { clipText, getJsonBytes } from '../clip.ts'
import { findValueFaults } from './check-values.ts'

/** A form with its defaults is part of one ledger entry, which holds 8 KB. */
const MAX_FORM_BYTES = 1300

/** Why a question cannot be asked as it is; undefined when it can. */
export const findQuestionFault = ({
  text,
  form,
  defaultValues,
}: {
  readonly text: string
  readonly form: QuestionForm | null
  readonly defaultValues: Parameters
}): Refused | undefined => {
  const about = `The question "${clipText(text, 80)}"`
  const bytes = getJsonBytes({ form, defaultValues })
  if (bytes > MAX_FORM_BYTES)
    return refuse(
      'PAYLOAD_TOO_LARGE',
      `${about} has a form of ${bytes} bytes with its defaults; at most ${MAX_FORM_BYTES} fit.`,
    )
  if (form === null) return undefined
  const strange = form.required.find((name) => !Object.hasOwn(form.properties, name))
  if (strange !== undefined)
    return refuse('INVALID_ARGUMENT', `${about} requires ${strange}, which its form does not have.`)
  const [fault] = findValueFaults(form, defaultValues, { isPartial: true })
  return fault
    ? refuse(
        'INVALID_ARGUMENT',
        `${about} has a default for ${fault.field} that is ${fault.got}; expected ${fault.expected}.`,
      )
    : undefined
}
