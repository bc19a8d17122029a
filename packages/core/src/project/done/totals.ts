import { z } from 'zod'
import type { RecordRow } from '../../contract/records.ts'
import type { DeliverableBody, Fact } from '../../contract/work-order.ts'
import { getFriction, showRecurring } from '../../analysis/friction.ts'
import { findNumber } from '../../analysis/facts.ts'
import { findHourlyRate, findPeriod } from '../../analysis/parameters.ts'
import { makeTally, type Tally } from '../../analysis/tally.ts'
import { getHundredths, type Treatment } from '../../analysis/treatment.ts'
import { isNear } from './common.ts'
import { findTreatment, type Checked, type Validator } from './input.ts'

const differ = (name: string, stated: number, expected: number): string[] =>
  isNear(stated, expected) ? [] : [`${name} says ${stated}; computed again it is ${expected}.`]

/** Tallies of tables under check: several validators ask for the same one, and of many rows it takes a second. */
const tallies = new WeakMap<readonly RecordRow[], Map<string, Tally>>()

const getTally = (rows: readonly RecordRow[], { longRows, countMeans }: Treatment): Tally => {
  const ofRows = tallies.get(rows) ?? new Map<string, Tally>()
  tallies.set(rows, ofRows)
  const key = `${longRows}/${countMeans}`
  const tally = ofRows.get(key) ?? makeTally(rows, { longRows, countMeans })
  ofRows.set(key, tally)
  return tally
}

const sumRows = (
  numbers: readonly number[],
  byNumber: ReadonlyMap<number, RecordRow>,
  treatment: Treatment,
): number =>
  numbers.reduce((sum, number) => {
    const row = byNumber.get(number)
    return sum + (row === undefined ? 0 : (getHundredths(row, treatment) ?? 0))
  }, 0)

/** A fact in minutes or hours that is read off rows is the sum of these rows, and nothing else. */
const checkRowSum = (
  fact: Fact,
  byNumber: ReadonlyMap<number, RecordRow>,
  treatment: Treatment,
): string[] => {
  const { name, value, unit, rows, rowCount, from } = fact
  const isTime = unit === 'minutes' || unit === 'hours'
  if (!isTime || from.length > 0 || typeof value !== 'number' || rows.length < rowCount) return []
  const minutes = sumRows(rows, byNumber, treatment) / 100
  return differ(name, value, unit === 'minutes' ? minutes : minutes / 60)
}

const checkTotals = (body: DeliverableBody, tally: Tally): string[] =>
  (
    [
      ['total.minutes', tally.hundredths / 100],
      ['total.hours', tally.hundredths / 6000],
      ['hours.period', tally.hundredths / 6000],
      ['rows.counted', tally.rowCount],
      ['estimates.missing', tally.missing.rowCount],
      ['categories.counted', tally.categories.length],
    ] as const
  ).flatMap(([name, expected]) => {
    const stated = findNumber(body, name)
    return stated === undefined ? [] : differ(name, stated, expected)
  })

/** Whatever a body says about the records as a whole, or about rows it names, is computed again from the records. */
export const checkTotalsRecompute: Validator = (input) => {
  const { bodies, records } = input
  if (records === null) return []
  const byNumber = new Map(records.rows.map((row) => [row.row, row]))
  return bodies.flatMap((body) => {
    const treatment = findTreatment(input, body)
    return [
      ...checkTotals(body, getTally(records.rows, treatment)),
      ...body.facts.flatMap((fact) => checkRowSum(fact, byNumber, treatment)),
    ]
  })
}

const Categories = z.object({
  categories: z.array(
    z.object({ key: z.string(), name: z.string(), minutes: z.number(), share: z.number() }),
  ),
  categoriesNotShown: z.number().default(0),
})

const checkCategoriesOf = (body: DeliverableBody, tally: Tally): string[] => {
  const content = Categories.safeParse(body.content)
  if (!content.success) return ['time_waste has to list its categories with key, name, minutes and share.']
  const { categories, categoriesNotShown } = content.data
  const byName = new Map(tally.categories.map((category) => [category.name, category]))
  if (categories.length + categoriesNotShown !== byName.size) {
    return [
      `${categories.length + categoriesNotShown} categories are counted; the records have ${byName.size}.`,
    ]
  }
  return categories.flatMap(({ key, name, minutes, share }) => {
    const category = byName.get(name)
    if (category === undefined) return [`The category “${name}” is not in the records.`]
    const expected = tally.hundredths === 0 ? 0 : category.hundredths / tally.hundredths
    return [
      ...differ(`The category “${name}”`, minutes, category.hundredths / 100),
      ...differ(`The share of “${name}”`, share, expected),
      ...differ(
        `The fact ${key}.minutes`,
        findNumber(body, `${key}.minutes`) ?? NaN,
        category.hundredths / 100,
      ),
      ...differ(`The fact ${key}.share`, findNumber(body, `${key}.share`) ?? NaN, expected),
    ]
  })
}

const ofType = ({ bodies }: Checked, type: string): readonly DeliverableBody[] =>
  bodies.filter((body) => body.type === type)

const expectBody = (input: Checked, type: string): string[] =>
  ofType(input, type).length === 0 ? [`Expected a deliverable of type ${type}, and none is there.`] : []

/** time_waste: each category's minutes and share are those of the records. */
export const checkTimeWaste: Validator = (input) => {
  const { records } = input
  return [
    ...expectBody(input, 'time_waste'),
    ...ofType(input, 'time_waste').flatMap((body) =>
      records === null
        ? ['time_waste was done without records.']
        : [
            ...(findNumber(body, 'total.minutes') === undefined
              ? ['time_waste states no total.minutes.']
              : []),
            ...checkCategoriesOf(body, getTally(records.rows, findTreatment(input, body))),
          ],
    ),
  ]
}

/** Whether `target` is `a` times `b`, all three stated as facts of the body. */
const checkProduct = (
  body: DeliverableBody,
  target: string,
  [a, b]: readonly [string, string | number],
): string[] => {
  const stated = findNumber(body, target)
  const left = findNumber(body, a)
  const right = typeof b === 'number' ? b : findNumber(body, b)
  if (stated === undefined || left === undefined || right === undefined) {
    const missing = [target, a, b].find(
      (name) => typeof name === 'string' && findNumber(body, name) === undefined,
    )
    return [`${body.type} states no ${missing ?? target}.`]
  }
  return differ(target, stated, left * right)
}

const checkCostOf = (body: DeliverableBody, { parameters }: Checked): string[] => {
  const rate = findNumber(body, 'rate.hour')
  const given = parameters === undefined ? undefined : findHourlyRate(parameters)
  const period = parameters === undefined ? undefined : findPeriod(parameters)
  return [
    ...checkProduct(body, 'hours.period', ['total.minutes', 1 / 60]),
    ...(rate === undefined ? [] : checkProduct(body, 'cost.period', ['hours.period', 'rate.hour'])),
    ...(given === undefined ? [] : differ('rate.hour', rate ?? NaN, given)),
    ...(period === undefined
      ? []
      : [
          ...checkProduct(body, 'cost.month', ['cost.period', period.perMonth]),
          ...checkProduct(body, 'hours.month', ['hours.period', period.perMonth]),
        ]),
    ...checkProduct(body, 'cost.year', ['cost.month', 12]),
  ]
}

/** cost: the money follows from hours, rate and period by the documented formulas. */
export const checkCost: Validator = (input) => [
  ...expectBody(input, 'cost'),
  ...ofType(input, 'cost').flatMap((body) => checkCostOf(body, input)),
]

const checkFrictionOf = (body: DeliverableBody, input: Checked): string[] => {
  const share = findNumber(body, 'recurring.share') ?? NaN
  const stated = differ(
    'avoidable.share',
    findNumber(body, 'avoidable.share') ?? NaN,
    Math.min(0.6, share * 1.25),
  )
  if (input.records === null) return ['friction was done without records.', ...stated]
  const tally = getTally(input.records.rows, findTreatment(input, body))
  const friction = getFriction(tally)
  return [
    ...stated,
    ...differ('recurring.share', share, friction.share),
    ...differ('recurring.minutes', findNumber(body, 'recurring.minutes') ?? NaN, friction.hundredths / 100),
    ...showRecurring(tally).flatMap(({ key, hundredths }) =>
      differ(`${key}.minutes`, findNumber(body, `${key}.minutes`) ?? NaN, hundredths / 100),
    ),
  ].slice(0, 20)
}

/** friction: what recurs, and how much of it is avoidable, is what the texts show. */
export const checkFriction: Validator = (input) => [
  ...expectBody(input, 'friction'),
  ...ofType(input, 'friction').flatMap((body) => checkFrictionOf(body, input)),
]

/** scenario: each case is its share of hours and money, and the cases are in their order. */
export const checkScenario: Validator = (input) => [
  ...expectBody(input, 'scenario'),
  ...ofType(input, 'scenario').flatMap((body) => {
    const [best, expected, cautious] = ['best', 'expected', 'cautious'].map((name) =>
      findNumber(body, `${name}.avoidable.share`),
    )
    const isOrdered = (best ?? -1) >= (expected ?? 0) && (expected ?? -1) >= (cautious ?? 0)
    return [
      ...(isOrdered
        ? []
        : ['The best case avoids less than the expected one, or that less than the cautious one.']),
      ...['best', 'expected', 'cautious'].flatMap((name) => [
        ...checkProduct(body, `${name}.recovered.hours.month`, ['hours.month', `${name}.avoidable.share`]),
        ...checkProduct(body, `${name}.recovered.cost.month`, ['cost.month', `${name}.avoidable.share`]),
        ...checkProduct(body, `${name}.recovered.cost.year`, [`${name}.recovered.cost.month`, 12]),
      ]),
    ]
  }),
]
