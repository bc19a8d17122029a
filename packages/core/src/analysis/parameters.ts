import type { Parameters } from '../contract/item.ts'

export const PERIOD_TYPES = ['day', 'week', 'month', 'year'] as const
export type PeriodType = (typeof PERIOD_TYPES)[number]

/** A year of 252 working days, as it is without weekends and public holidays in most of Europe. */
export const WORKING_DAYS_PER_MONTH = 21

/** A number that was given as one, or as text such as `40` or `40,50`; undefined for anything else. */
export const findNumberParameter = (parameters: Parameters, name: string): number | undefined => {
  const value = parameters[name]
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value !== 'string' || !/^\s*\d{1,12}(?:[.,]\d{1,6})?\s*$/u.test(value)) return undefined
  return Number(value.trim().replace(',', '.'))
}

/** What an hour costs; undefined unless it is above nothing. */
export const findHourlyRate = (parameters: Parameters): number | undefined => {
  const rate = findNumberParameter(parameters, 'hourlyRate')
  return rate !== undefined && rate > 0 ? rate : undefined
}

/** A share from a parameter in percent; undefined unless it is between 0 and 100. */
export const findPercent = (parameters: Parameters, name: string): number | undefined => {
  const percent = findNumberParameter(parameters, name)
  return percent !== undefined && percent >= 0 && percent <= 100 ? percent / 100 : undefined
}

/** The code of a currency, for showing only. */
export const getCurrency = (parameters: Parameters): string | null => {
  const { currency } = parameters
  return typeof currency === 'string' && /^[A-Za-z]{3}$/u.test(currency) ? currency.toUpperCase() : null
}

/**
 * What time the records stand for, and how many such times make a month: a day counts as often as a month has
 * working days (21 unless `workingDaysPerMonth` says otherwise), a week 52 / 12 times, a year 1 / 12 times.
 * `periodCount` says that the records stand for several of them.
 */
export type Period = {
  readonly type: PeriodType
  readonly count: number
  readonly workingDaysPerMonth: number
  readonly perMonth: number
  readonly formula: string
  /** Parameters it was made of; those that were not given hold their default. */
  readonly from: readonly string[]
  readonly defaults: readonly string[]
}

const isPeriodType = (value: unknown): value is PeriodType => PERIOD_TYPES.some((type) => type === value)

/** Undefined while nobody has said what time the records stand for. */
export const findPeriod = (parameters: Parameters): Period | undefined => {
  const { periodType: type } = parameters
  if (!isPeriodType(type)) return undefined
  const given = findNumberParameter(parameters, 'periodCount')
  const count = given !== undefined && given > 0 ? given : 1
  const days = findNumberParameter(parameters, 'workingDaysPerMonth')
  const isDaysGiven = days !== undefined && days > 0 && days <= 31
  const workingDaysPerMonth = isDaysGiven ? days : WORKING_DAYS_PER_MONTH
  const factors: Record<PeriodType, { readonly factor: number; readonly formula: string }> = {
    day: { factor: workingDaysPerMonth, formula: `× ${workingDaysPerMonth} working days a month` },
    week: { factor: 52 / 12, formula: '× 52 weeks / 12 months' },
    month: { factor: 1, formula: '× 1 (the records stand for a month)' },
    year: { factor: 1 / 12, formula: '/ 12 months' },
  }
  const { factor, formula } = factors[type]
  return {
    type,
    count,
    workingDaysPerMonth,
    perMonth: factor / count,
    formula: count === 1 ? formula : `/ ${count} ${formula}`,
    from: [
      'parameters.periodType',
      ...(count === 1 ? [] : ['parameters.periodCount']),
      ...(type === 'day' && isDaysGiven ? ['parameters.workingDaysPerMonth'] : []),
    ],
    defaults: type === 'day' && !isDaysGiven ? [`A month has ${WORKING_DAYS_PER_MONTH} working days.`] : [],
  }
}

/** The shortest kind of period that holds all dates; undefined without dates. For a question's default only. */
export const guessPeriodType = (
  dates: { readonly first: string; readonly last: string } | null,
): PeriodType | undefined => {
  if (dates === null) return undefined
  const days = (Date.parse(dates.last) - Date.parse(dates.first)) / 86_400_000 + 1
  if (!(days >= 1)) return undefined
  if (days <= 1) return 'day'
  if (days <= 7) return 'week'
  return days <= 31 ? 'month' : 'year'
}
