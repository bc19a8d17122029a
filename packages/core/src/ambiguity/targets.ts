import { listReadings } from '../project/read-parameters.ts'
import { type AmbiguityInput, type Finding, getExcerpt, getSentenceAt } from './input.ts'

/** Verbs that promise more or less of something. Who asks for a thing to be made has another kind of target. */
const GOAL =
  /\b(?:reduc(?:e|es|ed|ing)|decreas(?:e|es|ed|ing)|lower(?:ing)?(?!\s+case\b)|minimi[sz](?:e|es|ing)|cut(?:s|ting)?\s+(?:down|back|the|our|costs?|time)|sav(?:e|ing)\s+(?:time|money|costs?|hours?|effort)|shorten(?:ing)?|speed(?:ing)?\s+up|accelerat(?:e|ing)|improv(?:e|es|ing)|increas(?:e|es|ing)|rais(?:e|ing)|boost(?:ing)?|optimi[sz](?:e|es|ing)|streamlin(?:e|ing)|maximi[sz](?:e|ing)|grow(?:ing)?\s+(?:the|our|revenue|sales))\b/iu

/** A number with what it counts, after words that make a goal of it. */
const MEASURED =
  /\b(?:from\s+\S+(?:\s+\S+){0,3}\s+to|to|below|under|above|over|at\s+most|at\s+least|less\s+than|more\s+than|no\s+more\s+than|by)\s+[€$£]?\d[\d.,]*\s*(?:%|[a-zA-Z€$£]+)/u

const hasReading = (input: AmbiguityInput, names: readonly string[]): boolean =>
  names.some((name) => input.parameters[name] !== undefined) ||
  listReadings(input.request).some(({ name }) => names.includes(name))

/** A goal of more or less without how much (`targetPercent`), or without by when (`targetWeeks`). */
export const findMissingTargets = (input: AmbiguityInput): readonly Finding[] => {
  const { request } = input
  const goal = GOAL.exec(request)
  if (!goal) return []
  const excerpt = getExcerpt(request, goal.index, goal[0].length)
  const isMeasured =
    hasReading(input, ['targetPercent', 'targetValue']) || MEASURED.test(getSentenceAt(request, goal.index))
  const hasEnd = hasReading(input, ['targetWeeks', 'targetDate'])
  return [
    ...(isMeasured
      ? []
      : [
          {
            rule: 'no-measurable-target',
            field: 'targetPercent',
            excerpt,
            message: `"${goal[0]}" says no amount: how much?`,
          } as const,
        ]),
    ...(hasEnd
      ? []
      : [
          {
            rule: 'no-measurable-target',
            field: 'targetWeeks',
            excerpt,
            message: `"${goal[0]}" says no end: by when?`,
            part: 0.5,
          } as const,
        ]),
  ]
}
