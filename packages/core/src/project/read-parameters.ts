import type { Parameters } from '../contract/item.ts'

/** One place in a request that says what a parameter is. */
export type Reading = { readonly name: string; readonly value: Parameters[string]; readonly excerpt: string }

const NUMBER = String.raw`\d{1,3}(?:[ ,.']\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d+)?`
const SIGN = String.raw`[€$£]|\b(?:EUR|USD|GBP|CHF|euros?|dollars?|pounds?|francs?)\b`
const HOUR = String.raw`(?:per|an|a|each|pro|je|/)\s*(?:hour|h|hr|stunde|std)\b`

/** `1,200`, `1.200,50`, `40,5` and `40.5` as numbers: a separator before exactly three digits groups them. */
export const parseAmount = (said: string): number => {
  const packed = said.replace(/[ ']/gu, '')
  const decimal = /[.,](\d{1,2})$/u.exec(packed)
  const whole = (decimal ? packed.slice(0, decimal.index) : packed).replace(/[.,](?=\d{3})/gu, '')
  return Number(decimal ? `${whole}.${decimal[1] ?? ''}` : whole.replace(',', '.'))
}

const CURRENCIES: readonly (readonly [RegExp, string])[] = [
  [/^(?:€|eur|euros?)$/iu, 'EUR'],
  [/^(?:\$|usd|dollars?)$/iu, 'USD'],
  [/^(?:£|gbp|pounds?)$/iu, 'GBP'],
  [/^(?:chf|francs?)$/iu, 'CHF'],
]

type Rule = {
  readonly pattern: RegExp
  readonly read: (groups: Readonly<Record<string, string | undefined>>) => Parameters
}

const rule = (pattern: string, read: Rule['read']): Rule => ({ pattern: new RegExp(pattern, 'giu'), read })

const asPercent =
  (name: string): Rule['read'] =>
  ({ n = '' }) => {
    const value = parseAmount(n)
    return value >= 0 && value <= 100 ? { [name]: value } : {}
  }

const asRate: Rule['read'] = ({ n = '' }) => {
  const value = parseAmount(n)
  return value > 0 ? { hourlyRate: value } : {}
}

const WORDS: Readonly<Record<string, number>> = {
  a: 1,
  an: 1,
  one: 1,
  the: 1,
  last: 1,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  twelve: 12,
}
const COUNT = String.raw`\d{1,3}|a|an|one|two|three|four|five|six|twelve`
const readCount = (said: string): number => WORDS[said.toLowerCase()] ?? Number(said)

const asPeriod: Rule['read'] = ({ n = 'one', unit = '' }) => {
  const isQuarter = /^quarter/iu.test(unit)
  const count = readCount(n) * (isQuarter ? 3 : 1)
  const periodType = isQuarter ? 'month' : unit.toLowerCase().replace(/s$/u, '')
  return count === 1 ? { periodType } : { periodType, periodCount: count }
}

const WEEKS: Readonly<Record<string, number>> = { day: 1 / 7, week: 1, month: 52 / 12, quarter: 13, year: 52 }

const asWeeks: Rule['read'] = ({ n = '', unit = '' }) => {
  const weeks = readCount(n) * (WEEKS[unit.toLowerCase().replace(/s$/u, '')] ?? 1)
  return { targetWeeks: Math.max(1, Math.round(weeks)) }
}

const FALL = String.raw`reduc\w*|cut\w*|lower\w*|sav\w+|shorten\w*|decreas\w*|shrink\w*|halv\w*`
const RISE = String.raw`increas\w*|rais\w*|improv\w*|grow\w*|speed\w*`
const UNIT = String.raw`days?|weeks?|months?|quarters?|years?`
const MONTH = String.raw`jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?`
const RECORDS = String.raw`records?|data|rows?|logs?|file|csv|export|tickets?|spreadsheet`

const RULES: readonly Rule[] = [
  rule(
    String.raw`\b(?:hourly\s+(?:rate|cost|wage|pay)|rate\s+per\s+hour|stundensatz)\b(?:\s*(?:is|of|at|=|:|von))*\s*(?:${SIGN})?\s*(?<n>${NUMBER})(?!\s*%)`,
    asRate,
  ),
  rule(String.raw`(?:${SIGN})?\s*(?<n>${NUMBER})\s*(?:${SIGN})?\s*${HOUR}`, ({ n }) => asRate({ n })),
  rule(
    String.raw`(?<n>${NUMBER})\s*(?:%|percent\b|per\s+cent\b)\s+(?:(?:of\s+\w+(?:\s+\w+){0,3}|is|are|was|were|could\s+be|can\s+be)\s+)*(?:avoidable|avoided|unnecessary)\b`,
    asPercent('avoidablePercent'),
  ),
  rule(
    String.raw`\bavoidable\b[^.\d;]{0,40}?(?<n>${NUMBER})\s*(?:%|percent\b|per\s+cent\b)`,
    asPercent('avoidablePercent'),
  ),
  rule(
    String.raw`\b(?:${FALL}|${RISE})\b[^.;\n]{0,120}?\bby\s+(?:at\s+least\s+|about\s+|up\s+to\s+)?(?<n>${NUMBER})\s*(?:%|percent\b|per\s+cent\b)`,
    asPercent('targetPercent'),
  ),
  rule(
    String.raw`\b(?:${FALL})\s+(?:at\s+least\s+|about\s+)?(?<n>${NUMBER})\s*(?:%|percent\b|per\s+cent\b)\s+(?:of|off|from)\b`,
    asPercent('targetPercent'),
  ),
  rule(
    String.raw`(?<n>${NUMBER})\s*(?:%|percent|per\s+cent)\s+(?:less|fewer|more|faster|cheaper|quicker|shorter|lower|higher)\b`,
    asPercent('targetPercent'),
  ),
  rule(String.raw`\b(?:halve|cut\s+[^.;\n]{0,40}?\bin\s+half)\b`, () => ({ targetPercent: 50 })),
  rule(String.raw`\b(?:within|in)\s+(?:the\s+next\s+)?(?<n>${COUNT})\s+(?<unit>${UNIT})\b`, asWeeks),
  rule(
    String.raw`\b(?:by|before|until)\s+(?<date>\d{4}-\d{2}-\d{2}|(?:the\s+)?(?:end\s+of\s+)?(?:${MONTH}|Q[1-4]|next\s+(?:month|quarter|year)|(?:the\s+|this\s+)?(?:month|quarter|year))\b(?:\s+\d{4}\b)?)`,
    ({ date = '' }) => ({ targetDate: date.replace(/\s+/gu, ' ') }),
  ),
  rule(
    String.raw`\b(?<n>${COUNT}|the\s+last|last)\s+(?<unit>day|week|month|quarter|year)s?(?:['’]s?)?\s+(?:worth\s+)?(?:of\s+)?(?:\w+\s+)?(?:${RECORDS})\b`,
    ({ n = '', unit }) => asPeriod({ n: n.replace(/\s+last/iu, ''), unit }),
  ),
  rule(
    String.raw`\b(?:${RECORDS})\b\s+(?:\w+\s+){0,3}?(?:for|of|from|cover(?:s|ing)?|span(?:s|ning)?|stand(?:s)?\s+for|over)\s+(?<n>${COUNT}|the\s+last|last)\s+(?<unit>day|week|month|quarter|year)s?\b`,
    ({ n = '', unit }) => asPeriod({ n: n.replace(/\s+last/iu, ''), unit }),
  ),
  rule(String.raw`(?<n>\d{1,2})\s+working\s+days\s+(?:a|per|each)\s+month\b`, ({ n = '' }) => {
    const days = Number(n)
    return days > 0 && days <= 31 ? { workingDaysPerMonth: days } : {}
  }),
  rule(String.raw`(?<sign>${SIGN})\s*\d|\d\s*(?<after>${SIGN})`, ({ sign, after }) => {
    const found = CURRENCIES.find(([pattern]) => pattern.test(sign ?? after ?? ''))
    return found ? { currency: found[1] } : {}
  }),
]

/** Everything a request says of parameters, in the order of the rules; one may be said twice, and differently. */
export const listReadings = (request: string): readonly Reading[] =>
  RULES.flatMap(({ pattern, read }) =>
    [...request.matchAll(pattern)].flatMap((match) =>
      Object.entries(read(match.groups ?? {})).map(([name, value]) => ({
        name,
        value,
        excerpt: match[0].trim(),
      })),
    ),
  )

/**
 * What a request says plainly: rates, percentages, periods, targets, currencies, under the names that the workers
 * know. What is said twice and differently is left out: somebody has to say which holds.
 */
export const readParameters = (request: string): Parameters => {
  const values = new Map<string, Parameters[string]>()
  const unclear = new Set<string>()
  for (const { name, value } of listReadings(request)) {
    if (values.has(name) && values.get(name) !== value) unclear.add(name)
    values.set(name, value)
  }
  return Object.fromEntries([...values].filter(([name]) => !unclear.has(name)))
}
