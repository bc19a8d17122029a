import type { FormField, ProjectQuestionDraft, Risk } from '../contract/project-question.ts'
import type { Parameters } from '../contract/item.ts'
import type { Tally } from './tally.ts'
import { guessPeriodType, PERIOD_TYPES } from './parameters.ts'
import { MAX_ROW_MINUTES, type Treatment } from './treatment.ts'

/** What is taken when nobody answers; each is then an assumption that the report names. */
export const DEFAULT_HOURLY_RATE = 50
export const DEFAULT_AVOIDABLE_PERCENT = 20

/** What a worker cannot go on without (AX-34). */
export type Needs = {
  readonly type: 'needs'
  readonly reason: string
  readonly missingFields: readonly string[]
  readonly questions: readonly ProjectQuestionDraft[]
}

type Asked = {
  readonly field: string
  readonly text: string
  readonly form: FormField
  readonly value: Parameters[string]
  readonly said: string
  readonly impact: string
  readonly risk: Risk
}

/** What changes the money goes on to a person again at its deadline; the rest takes its default. */
const makeDraft = ({ field, text, form, value, said, impact, risk }: Asked): ProjectQuestionDraft => ({
  text,
  fields: [field],
  form: { type: 'object', properties: { [field]: form }, required: [field], additionalProperties: false },
  defaultAnswer: said,
  defaultValues: { [field]: value },
  impact,
  risk,
  policy: risk === 'high' ? 'escalate' : 'decide',
})

export const askHourlyRate = (): ProjectQuestionDraft =>
  makeDraft({
    field: 'hourlyRate',
    text: 'What does one hour of the people in the records cost?',
    form: {
      type: 'number',
      title: 'Hourly rate',
      description: 'In your currency, with everything the employer pays.',
      minimum: 0.01,
      maximum: 100_000,
    },
    value: DEFAULT_HOURLY_RATE,
    said: `${DEFAULT_HOURLY_RATE} an hour.`,
    impact: 'Every amount of money in the report is a multiple of it.',
    risk: 'high',
  })

export const askPeriodType = (tally: Pick<Tally, 'dates'> | null): ProjectQuestionDraft => {
  const guessed = guessPeriodType(tally?.dates ?? null) ?? 'month'
  return makeDraft({
    field: 'periodType',
    text: 'What time do the records stand for: a day, a week, a month or a year?',
    form: { type: 'string', title: 'The records stand for one', enum: [...PERIOD_TYPES] },
    value: guessed,
    said: `The records stand for one ${guessed}.`,
    impact: 'The amounts for a month and a year are computed from it.',
    risk: 'high',
  })
}

export const askAvoidablePercent = (): ProjectQuestionDraft =>
  makeDraft({
    field: 'avoidablePercent',
    text: 'How much of the time could be avoided, in percent?',
    form: { type: 'number', title: 'Avoidable, in percent', minimum: 0, maximum: 100 },
    value: DEFAULT_AVOIDABLE_PERCENT,
    said: `${DEFAULT_AVOIDABLE_PERCENT} % of the time.`,
    impact: 'The hours and the money that could be recovered are this part of the whole.',
    risk: 'high',
  })

export const askRequirements = (): ProjectQuestionDraft =>
  makeDraft({
    field: 'requirements',
    text: 'What has to be built? No requirements came with the work.',
    form: { type: 'string', title: 'Requirements', maxLength: 2000 },
    value: 'Recognise the work that recurs in the records and count its minutes.',
    said: 'Recognise the work that recurs in the records and count its minutes.',
    impact: 'It decides what the program does; no amount changes.',
    risk: 'low',
  })

export const askRows = (): ProjectQuestionDraft => ({
  text: 'No records came with the work. Attach a CSV or XLSX file of them, or say that it goes on without.',
  fields: ['rows'],
  form: {
    type: 'object',
    properties: { noRecords: { type: 'boolean', title: 'There will be no records' } },
    required: [],
    additionalProperties: false,
  },
  defaultAnswer: 'There will be no records.',
  defaultValues: { noRecords: true },
  impact: 'Without records nothing can be measured, and what depends on them fails.',
  risk: 'high',
  policy: 'escalate',
})

const showRows = (of: Tally['long']): string =>
  `${of.rows.slice(0, 10).join(', ')}${of.rowCount > 10 ? ` and ${of.rowCount - 10} more` : ''}`

/** Questions about rows that can be counted in two ways; none where it was said, or where there are none of them. */
export const askTreatment = (
  tally: Tally,
  treatment: Treatment & { readonly asked: readonly string[] },
): ProjectQuestionDraft[] => [
  ...(tally.long.rowCount > 0 && treatment.asked.includes('longRows')
    ? [
        makeDraft({
          field: 'longRows',
          text:
            `Rows that say more than ${MAX_ROW_MINUTES} minutes for one record: ${showRows(tally.long)}. ` +
            `Count ${MAX_ROW_MINUTES} minutes for each, or leave them out?`,
          form: { type: 'string', title: 'Rows that are too long', enum: ['cap', 'leave-out'] },
          value: 'cap',
          said: `Each counts as ${MAX_ROW_MINUTES} minutes.`,
          impact: 'It changes the minutes, and with them every amount.',
          risk: 'high',
        }),
      ]
    : []),
  ...(tally.counted.rowCount > 0 && treatment.asked.includes('countMeans')
    ? [
        makeDraft({
          field: 'countMeans',
          text:
            `Rows carry a count beside their minutes (first in rows ${showRows(tally.counted)}). ` +
            'Are the minutes those of one case (times), or of all together (note)?',
          form: { type: 'string', title: 'A count', enum: ['times', 'note'] },
          value: 'note',
          said: 'The minutes are those of all cases together: the count is a note.',
          impact: 'It changes the minutes, and with them every amount.',
          risk: 'high',
        }),
      ]
    : []),
]

/** All that is missing in one go, so that a person is asked once. */
export const makeNeeds = (agent: string, questions: readonly ProjectQuestionDraft[]): Needs => {
  const missingFields = questions.flatMap(({ fields }) => fields)
  return {
    type: 'needs',
    reason: `${agent} cannot go on without: ${missingFields.join(', ')}.`,
    missingFields,
    questions,
  }
}
