import {
  askAvoidablePercent,
  askHourlyRate,
  askPeriodType,
  askRequirements,
  askRows,
} from '@ropewalk/core/analysis/needs'
import type { ProjectQuestionDraft } from '@ropewalk/core/contract/project-question'
import { Name } from '@ropewalk/core/text'

/** What a missing field is called, by the names that outsiders use too. */
const KNOWN: Readonly<Record<string, () => ProjectQuestionDraft>> = {
  hourlyRate: askHourlyRate,
  hourly_rate: askHourlyRate,
  periodType: () => askPeriodType(null),
  period_type: () => askPeriodType(null),
  avoidablePercent: askAvoidablePercent,
  avoidable_percent: askAvoidablePercent,
  requirements: askRequirements,
  rows: askRows,
}

const MAX_QUESTIONS = 10

const askField = (field: string, reason: string): ProjectQuestionDraft => {
  const known = Object.hasOwn(KNOWN, field) ? KNOWN[field] : undefined
  if (known !== undefined) return known()
  const isName = Name.safeParse(field).success
  return {
    text: `What is ${field}? ${reason}`.slice(0, 2000).toWellFormed(),
    fields: [field],
    form: isName
      ? {
          type: 'object',
          properties: { [field]: { type: 'string', title: field, maxLength: 2000 } },
          required: [field],
          additionalProperties: false,
        }
      : null,
    defaultAnswer: 'It is not known; go on without it and say so.',
    defaultValues: isName ? { [field]: 'not known' } : {},
    impact: 'The worker said that it cannot go on without it.',
    risk: 'medium',
    policy: 'decide',
  }
}

/** A question for each field that a worker misses; one about its reason where it named none. */
export const askForFields = (
  missingFields: readonly string[],
  reason: string,
): readonly ProjectQuestionDraft[] => {
  const fields = [...new Set(missingFields)]
  if (fields.length > 0) return fields.slice(0, MAX_QUESTIONS).map((field) => askField(field, reason))
  return [
    {
      text: reason,
      fields: [],
      form: null,
      defaultAnswer: 'Decide by your own judgement and say what you took for granted.',
      defaultValues: {},
      impact: 'The worker said that it cannot go on without an answer.',
      risk: 'medium',
      policy: 'decide',
    },
  ]
}
