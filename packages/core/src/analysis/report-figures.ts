import type { DeliverableBody } from '../contract/work-order.ts'
import { findNumber, showNumber, showPercent, type Unit } from './facts.ts'
import type { Figure } from './final-report-content.ts'
import type { Period } from './parameters.ts'

/** What the figures are made of: the newest deliverable of each type. */
export type ByType = ReadonlyMap<string, DeliverableBody>

type Wanted = {
  readonly name: string
  readonly label: string
  readonly type: string
  readonly fact: string
  readonly unit: Unit
  /** The formula in words, with the numbers it was computed with. */
  readonly formula: (get: (fact: string) => string) => string
}

const MINUTES: readonly Wanted[] = [
  {
    name: 'totalMinutes',
    label: 'Minutes in the records',
    type: 'time_waste',
    fact: 'total.minutes',
    unit: 'minutes',
    formula: (get) => `the minutes of ${get('rows.counted')} records added up`,
  },
  {
    name: 'totalHours',
    label: 'Hours in the records',
    type: 'time_waste',
    fact: 'total.hours',
    unit: 'hours',
    formula: (get) => `minutes / 60 = ${get('total.minutes')} / 60`,
  },
]

const makeCostFigures = (period: Period | undefined): readonly Wanted[] => [
  {
    name: 'costPeriod',
    label: `Cost of the period of the records${period === undefined ? '' : ` (${period.count === 1 ? `one ${period.type}` : `${period.count} ${period.type}s`})`}`,
    type: 'cost',
    fact: 'cost.period',
    unit: 'money',
    formula: (get) =>
      get('rate.hour') === '?'
        ? 'hours of each row × the hourly rate of that row'
        : `hours × hourly rate = ${get('hours.period')} × ${get('rate.hour')}`,
  },
  {
    name: 'costMonth',
    label: 'Cost a month',
    type: 'cost',
    fact: 'cost.month',
    unit: 'money',
    formula: (get) =>
      `cost of the period ${period?.formula ?? 'turned into a month'} (${get('cost.period')} before)`,
  },
  {
    name: 'costYear',
    label: 'Cost a year',
    type: 'cost',
    fact: 'cost.year',
    unit: 'money',
    formula: (get) => `cost a month × 12 = ${get('cost.month')} × 12`,
  },
]

const FRICTION: readonly Wanted[] = [
  {
    name: 'recurringShare',
    label: 'Share of the minutes in work that recurs',
    type: 'friction',
    fact: 'recurring.share',
    unit: 'share',
    formula: (get) =>
      `minutes of texts that occur more than once / all minutes = ${get('recurring.minutes')} / ${get('total.minutes')}`,
  },
  {
    name: 'avoidableShare',
    label: 'Share that could be avoided, judged by what recurs',
    type: 'friction',
    fact: 'avoidable.share',
    unit: 'share',
    formula: (get) => `recurring share × 1.25, at most 60 % (${get('recurring.share')} × 1.25)`,
  },
]

const SCENARIO: readonly Wanted[] = [
  {
    name: 'recoveredHoursMonth',
    label: 'Hours recovered a month, expected case',
    type: 'scenario',
    fact: 'expected.recovered.hours.month',
    unit: 'hours',
    formula: (get) =>
      `hours a month × avoidable = ${get('hours.month')} × ${get('expected.avoidable.share')}`,
  },
  {
    name: 'recoveredCostMonth',
    label: 'Money recovered a month, expected case',
    type: 'scenario',
    fact: 'expected.recovered.cost.month',
    unit: 'money',
    formula: (get) => `cost a month × avoidable = ${get('cost.month')} × ${get('expected.avoidable.share')}`,
  },
  {
    name: 'recoveredCostYear',
    label: 'Money recovered a year, expected case',
    type: 'scenario',
    fact: 'expected.recovered.cost.year',
    unit: 'money',
    formula: (get) => `money recovered a month × 12 = ${get('expected.recovered.cost.month')} × 12`,
  },
]

/** As many digits as it takes to compute a figure again by hand. */
const showExact = (value: number): string => String(Number(value.toPrecision(12)))

/** The figures that the deliverables state, each with what it was computed from; those that none states are left out. */
export const listFigures = (bodies: ByType, period: Period | undefined): readonly Figure[] =>
  [...MINUTES, ...makeCostFigures(period), ...FRICTION, ...SCENARIO].flatMap((wanted) => {
    const body = bodies.get(wanted.type)
    const value = body === undefined ? undefined : findNumber(body, wanted.fact)
    if (body === undefined || value === undefined) return []
    const get = (fact: string): string => {
      const number = findNumber(body, fact)
      return number === undefined ? '?' : showExact(number)
    }
    const { name, label, unit, type, fact, formula } = wanted
    return [{ name, label, value, unit, formula: formula(get).slice(0, 400), from: `${type}/${fact}` }]
  })

/** A figure for people, in its unit. */
export const showFigure = (
  { value, unit }: Pick<Figure, 'value' | 'unit'>,
  currency: string | null,
): string => {
  if (unit === 'share') return showPercent(value)
  if (unit === 'money') return `${value.toFixed(2)}${currency === null ? '' : ` ${currency}`}`
  return `${showNumber(value)} ${unit}`
}
