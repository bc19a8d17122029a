import type { Fact } from '../contract/work-order.ts'
import { getConfidence } from './confidence.ts'
import { joinFields, makeDerivedFact, makeRowFact, showMoney, showNumber } from './facts.ts'
import { askHourlyRate, askPeriodType, askRows, askTreatment, makeNeeds } from './needs.ts'
import { findHourlyRate, findPeriod, getCurrency, type Period } from './parameters.ts'
import {
  failForData,
  makeClaim,
  makeDone,
  showTreatment,
  type AnalysisInput,
  type AnalysisResult,
} from './result.ts'
import type { Tally } from './tally.ts'

/** Hours of the period the records stand for, and what they cost. `rate` is null where rows name several. */
export type Costs = {
  readonly period: Period
  readonly minutes: number
  readonly rate: number | null
  readonly money: number
  readonly monthHours: number
  readonly monthMoney: number
  readonly facts: readonly Fact[]
}

/** The one rate of all records where a person has said it, else those that the rows name, when every row does. */
const findRates = (
  input: AnalysisInput,
  minutes: number,
): { rate: number | null; money: number; from: string[] } | undefined => {
  const { tally, parameters } = input
  const rate = findHourlyRate(parameters)
  if (rate !== undefined) return { rate, money: (minutes / 60) * rate, from: ['parameters.hourlyRate'] }
  if (tally === null || tally.rowCount === 0) return undefined
  const rated = tally.rates.reduce((count, { rowCount }) => count + rowCount, 0)
  if (rated < tally.rowCount) return undefined
  const money = tally.rates.reduce((sum, each) => sum + (each.hundredths / 6000) * each.rate, 0)
  const [only] = tally.rates
  return {
    rate: tally.rates.length === 1 && only !== undefined ? only.rate : null,
    money,
    from: ['records.rate'],
  }
}

const makeMinutesFact = (tally: Tally | null, minutes: number): Fact =>
  tally === null || tally.rowCount === 0
    ? makeDerivedFact('total.minutes', minutes, { unit: 'minutes', from: ['time_waste/total.minutes'] })
    : makeRowFact('total.minutes', minutes, { unit: 'minutes', sum: tally, field: joinFields(tally.fields) })

const makeFacts = (of: Omit<Costs, 'facts'>, tally: Tally | null, rateFrom: readonly string[]): Fact[] => {
  const { period, minutes, rate, money, monthHours, monthMoney } = of
  const derived = (
    name: string,
    value: number,
    unit: 'hours' | 'money' | 'money-per-hour',
    from: readonly string[],
  ) => makeDerivedFact(name, value, { unit, from })
  return [
    makeMinutesFact(tally, minutes),
    derived('hours.period', minutes / 60, 'hours', ['total.minutes']),
    ...(rate === null ? [] : [derived('rate.hour', rate, 'money-per-hour', rateFrom)]),
    derived(
      'cost.period',
      money,
      'money',
      rate === null ? ['total.minutes', ...rateFrom] : ['hours.period', 'rate.hour'],
    ),
    derived('hours.month', monthHours, 'hours', ['hours.period', ...period.from]),
    derived('cost.month', monthMoney, 'money', ['cost.period', ...period.from]),
    derived('hours.year', monthHours * 12, 'hours', ['hours.month']),
    derived('cost.year', monthMoney * 12, 'money', ['cost.month']),
  ]
}

/** Hours and money; or what has to be asked first. Rows count before what another deliverable says of them. */
export const getCosts = (input: AnalysisInput): Costs | AnalysisResult => {
  const { tally, known, parameters, agent, treatment } = input
  const hasRows = tally !== null && (tally.rowCount > 0 || tally.long.rowCount > 0)
  if (!hasRows && known.totalMinutes === null && parameters['noRecords'] === true) {
    return failForData(`${agent} has no records to work on, and was told that none will come.`)
  }
  const minutes = hasRows ? tally.hundredths / 100 : (known.totalMinutes ?? 0)
  const rates = findRates(input, minutes)
  const period = findPeriod(parameters)
  const questions = [
    ...(!hasRows && known.totalMinutes === null ? [askRows()] : []),
    ...(hasRows ? askTreatment(tally, treatment) : []),
    ...(rates === undefined ? [askHourlyRate()] : []),
    ...(period === undefined ? [askPeriodType(tally)] : []),
  ]
  if (questions.length > 0 || rates === undefined || period === undefined) return makeNeeds(agent, questions)
  const costs = {
    period,
    minutes,
    rate: rates.rate,
    money: rates.money,
    monthHours: (minutes / 60) * period.perMonth,
    monthMoney: rates.money * period.perMonth,
  }
  return { ...costs, facts: makeFacts(costs, hasRows ? tally : null, rates.from) }
}

export const getBasis = ({ tally, known }: AnalysisInput, isRateKnown: boolean) =>
  getConfidence({
    isRateKnown,
    rows: tally?.rowCount ?? known.rows ?? 0,
    categories: tally?.categories.length ?? known.categories ?? 0,
    missingEstimates: tally?.missing.rowCount ?? known.missingEstimates ?? 0,
  })

/** What the time costs in its own period, in a month, and in a year of twelve such months. */
export const analyseCost = (input: AnalysisInput): AnalysisResult => {
  const costs = getCosts(input)
  if ('type' in costs) return costs
  const currency = getCurrency(input.parameters)
  const { period, rate, money, monthMoney, monthHours, minutes } = costs
  return makeDone({
    input,
    type: 'cost',
    confidence: getBasis(input, true),
    facts: costs.facts,
    claims: [
      makeClaim(
        rate === null
          ? `${showNumber(minutes / 60)} hours at the rates of their rows cost ${showMoney(money, currency)}.`
          : `${showNumber(minutes / 60)} hours at ${showMoney(rate, currency)} an hour cost ${showMoney(money, currency)}.`,
        ['hours.period', 'cost.period'],
      ),
      makeClaim(
        `That is ${showMoney(monthMoney, currency)} a month (${showNumber(monthHours)} hours) and ${showMoney(monthMoney * 12, currency)} a year.`,
        ['cost.month', 'hours.month', 'cost.year'],
      ),
    ],
    content: {
      treatment: showTreatment(input.treatment),
      currency,
      period: { type: period.type, count: period.count, perMonth: period.perMonth, formula: period.formula },
      formulas: {
        'hours.period': 'total.minutes / 60',
        'cost.period': rate === null ? 'sum of hours × rate, row by row' : 'hours.period × rate.hour',
        'cost.month': `cost.period ${period.formula}`,
        'cost.year': 'cost.month × 12',
      },
      assumptions: [...period.defaults],
    },
    statement: `Computed the cost of ${showNumber(minutes)} minutes and of a month and a year of them.`,
  })
}
