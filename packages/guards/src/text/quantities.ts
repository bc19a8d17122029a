import { getContentWords } from './statements.ts'

/** A number with a unit, in the unit's base, and what the sentence says it is of. */
export type Quantity = {
  readonly text: string
  readonly value: number
  readonly unit: string
  readonly bound: 'least' | 'most' | 'exact'
  readonly about: ReadonlySet<string>
}

/** Units that are compared, with their base. Counts of things in examples ("given 2 notes") are left alone. */
const UNITS: readonly (readonly [RegExp, string, number])[] = [
  [/^(?:ms|milliseconds?)$/iu, 'ms', 1],
  [/^(?:s|secs?|seconds?)$/iu, 'ms', 1000],
  [/^(?:mins?|minutes?)$/iu, 'ms', 60_000],
  [/^(?:h|hours?)$/iu, 'ms', 3_600_000],
  [/^days?$/iu, 'ms', 86_400_000],
  [/^weeks?$/iu, 'ms', 604_800_000],
  [/^bytes?$/iu, 'byte', 1],
  [/^(?:kb|kilobytes?)$/iu, 'byte', 1000],
  [/^kib$/iu, 'byte', 1024],
  [/^(?:mb|megabytes?)$/iu, 'byte', 1_000_000],
  [/^mib$/iu, 'byte', 1_048_576],
  [/^(?:gb|gigabytes?)$/iu, 'byte', 1_000_000_000],
  [/^(?:%|percent)$/iu, 'percent', 1],
  [/^(?:chars?|characters?|letters?)$/iu, 'character', 1],
  [/^digits?$/iu, 'digit', 1],
  [/^(?:attempts?|tries|retries)$/iu, 'attempt', 1],
  [/^(?:requests?|calls?)$/iu, 'request', 1],
  [/^(?:usd|dollars?|euros?|eur)$/iu, 'money', 1],
]

const NUMBER = /(?<![\p{L}\p{N}.-])(\d+(?:\.\d+)?)\s?(%|\p{L}+)/gu
const MOST =
  /\b(?:at most|no more than|not more than|up to|within|under|below|less than|fewer than|maximum(?: of)?|max|not exceed(?:ing)?|in)\s*$/iu
const LEAST = /\b(?:at least|no less than|no fewer than|more than|over|above|minimum(?: of)?|min)\s*$/iu
const BOUND_WORDS =
  /\b(?:at most|no more than|not more than|up to|within|under|below|less than|fewer than|maximum(?: of)?|max|not exceed(?:ing)?|at least|no less than|no fewer than|more than|over|above|minimum(?: of)?|min)\b/giu

const findUnit = (word: string) => UNITS.find(([pattern]) => pattern.test(word))

/** The measured numbers of a sentence; `about` is the sentence without number, unit and bound. */
export const listQuantities = (sentence: string): Quantity[] =>
  [...sentence.matchAll(NUMBER)].flatMap((match) => {
    const [text, digits = '', word = ''] = match
    const unit = findUnit(word)
    if (unit === undefined) return []
    const before = sentence.slice(0, match.index)
    const rest = `${before} ${sentence.slice(match.index + text.length)}`
    return [
      {
        text,
        value: Number(digits) * unit[2],
        unit: unit[1],
        bound: MOST.test(before) ? 'most' : LEAST.test(before) ? 'least' : 'exact',
        about: getContentWords(rest.replaceAll(BOUND_WORDS, ' ')),
      } satisfies Quantity,
    ]
  })
