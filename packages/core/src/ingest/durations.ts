import type { DurationRule, TimeUnit } from '../contract/records.ts'
import { parseNumber, type DecimalMark } from './numbers.ts'
import { getText, type Cell } from './table.ts'

const WORDS = {
  hours: 'h hr hrs hour hours std stdn stunde stunden heure heures hora horas hs',
  minutes: "m min mins minute minutes minuten minuto minutos mn ' \u2032",
  seconds: 's sec secs second seconds sek sekunde sekunden seconde secondes segundo segundos seg " \u2033',
} as const

type Part = keyof typeof WORDS

const UNITS: ReadonlyMap<string, Part> = new Map(
  (Object.keys(WORDS) as Part[]).flatMap((part) =>
    WORDS[part].split(' ').map((word) => [word, part] as const),
  ),
)

const MINUTES: Readonly<Record<Part, number>> = { hours: 60, minutes: 1, seconds: 1 / 60 }

/** About two years without a break: a larger number is no duration but an identifier or an amount. */
export const MAX_MINUTES = 1_000_000

/** Longer text is a sentence; a limit keeps reading linear. */
const MAX_LENGTH = 60

/** Exact to a hundredth, without the tail that binary fractions leave. */
export const roundMinutes = (minutes: number): number => Number((Math.round(minutes * 100) / 100).toFixed(2))

/** The unit that one word stands for, in English, German, French and Spanish. */
export const findUnit = (word: string): Part | undefined =>
  UNITS.get(
    word
      .trim()
      .toLowerCase()
      .replace(/(?<=.)\.$/u, ''),
  )

/** What a cell says: minutes when it names its unit, else a number whose unit others must tell. */
export type ReadDuration =
  | {
      readonly kind: 'minutes'
      readonly minutes: number
      readonly unit: TimeUnit
      readonly rule: Extract<DurationRule, 'unit-in-value' | 'clock-value'>
    }
  | { readonly kind: 'number'; readonly amount: number }

const fit = (
  minutes: number,
  unit: TimeUnit,
  rule: 'unit-in-value' | 'clock-value',
): ReadDuration | undefined =>
  minutes >= 0 && minutes <= MAX_MINUTES
    ? { kind: 'minutes', minutes: roundMinutes(minutes), unit, rule }
    : undefined

/** 1:30 is an hour and a half, 1:30:15 has seconds; under a header that says minutes, 1:30 is minutes and seconds. */
const readClock = (value: string, headerUnit: TimeUnit | undefined): ReadDuration | undefined => {
  const match = /^(\d{1,5}):([0-5]\d)(?::([0-5]\d))?(?:\s*(?:h|hrs?|std|uhr)\.?)?$/iu.exec(value)
  if (match === null) return undefined
  const [first, second, third] = [Number(match[1]), Number(match[2]), match[3]]
  if (third === undefined && headerUnit === 'minutes')
    return fit(first + second / 60, 'minutes', 'clock-value')
  return fit(first * 60 + second + Number(third ?? 0) / 60, 'hours', 'clock-value')
}

const ISO =
  /^P(?:T(?=\d)(?:(\d{1,6}(?:[.,]\d{1,6})?)H)?(?:(\d{1,7}(?:[.,]\d{1,6})?)M)?(?:(\d{1,9}(?:[.,]\d{1,6})?)S)?)$/iu

const readIso = (value: string): ReadDuration | undefined => {
  const match = ISO.exec(value)
  if (match === null) return undefined
  const [hours = 0, minutes = 0, seconds = 0] = match
    .slice(1)
    .map((part: string | undefined) => Number((part ?? '0').replace(',', '.')))
  return fit(
    hours * 60 + minutes + seconds / 60,
    match[1] === undefined ? 'minutes' : 'hours',
    'unit-in-value',
  )
}

const ABOUT = /^(?:ca\.?|circa|approx\.?|about|etwa|env\.?|environ|aprox\.?|[~\u2248])\s*/iu

/** 90 min, 1h 30m, 1,5 Std., 2 heures et 5 min, and the French 1h30. Larger units first, each once. */
const readWords = (value: string, decimal: DecimalMark): ReadDuration | undefined => {
  const step =
    /\s*(?:(?:and|und|et|y|,|\+)\s+)?(\d+(?:[.,\u00a0\u202f]\d+)*)\s*(\p{L}+\.?|['"\u2032\u2033])?/uy
  const amounts = new Map<Part, number>()
  while (step.lastIndex < value.length) {
    const match = step.exec(value)
    const amount = parseNumber(match?.[1] ?? '', decimal)
    if (match === null || amount === undefined) return undefined
    const isFrench = match[2] === undefined && amounts.size === 1 && amounts.has('hours')
    const part = isFrench ? 'minutes' : findUnit(match[2] ?? '')
    if (part === undefined) return undefined
    if ([...amounts.keys()].some((earlier) => MINUTES[earlier] <= MINUTES[part])) return undefined
    amounts.set(part, amount)
  }
  if (amounts.size === 0) return undefined
  const minutes = [...amounts].reduce((sum, [part, amount]) => sum + amount * MINUTES[part], 0)
  return fit(minutes, amounts.has('hours') ? 'hours' : 'minutes', 'unit-in-value')
}

/**
 * Reads a duration; undefined for what is none: text, days (they have no fixed number of hours), ranges,
 * negative numbers, and more than a million minutes. `headerUnit` only tells minutes:seconds from hours:minutes.
 */
export const readDuration = (
  cell: Cell | undefined,
  decimal: DecimalMark,
  headerUnit?: TimeUnit,
): ReadDuration | undefined => {
  if (typeof cell === 'number')
    return cell >= 0 && cell <= MAX_MINUTES ? { kind: 'number', amount: cell } : undefined
  const value = getText(cell)
  if (value === '' || value.length > MAX_LENGTH) return undefined
  const said = value.replace(ABOUT, '')
  const amount = parseNumber(said, decimal)
  if (amount !== undefined)
    return amount >= 0 && amount <= MAX_MINUTES ? { kind: 'number', amount } : undefined
  return readClock(said, headerUnit) ?? readIso(said) ?? readWords(said, decimal)
}

/** A number of this unit in minutes; undefined past a million minutes. */
export const toMinutes = (amount: number, unit: TimeUnit): number | undefined => {
  const minutes = amount * MINUTES[unit]
  return minutes <= MAX_MINUTES ? roundMinutes(minutes) : undefined
}

/**
 * Minutes for a record that names no duration, by the length of its text (row AX-37): up to 60 characters
 * half an hour, up to 160 one hour, beyond that two.
 */
export const guessMinutes = (text: string): 30 | 60 | 120 => {
  const { length } = text.trim()
  if (length <= 60) return 30
  return length <= 160 ? 60 : 120
}
