import type { DeliverableBody, Fact } from '../contract/work-order.ts'
import type { Tally } from './tally.ts'

/** Units that facts of the analyses are in. Money is in the currency of the hourly rate. */
export const UNITS = [
  'minutes',
  'hours',
  'share',
  'rows',
  'categories',
  'clusters',
  'money',
  'money-per-hour',
  'tests',
  'text',
] as const
export type Unit = (typeof UNITS)[number]

type RowSum = Pick<Tally, 'rowCount' | 'rows'>

const NO_ROWS: RowSum = { rowCount: 0, rows: [] }
const MAX_FIELD = 200

/** The columns that minutes stem from, as one name; null when they are too many to name. */
export const joinFields = (fields: readonly string[]): string | null => {
  const joined = fields.join(' + ')
  return joined === '' || joined.length > MAX_FIELD ? null : joined
}

/** A fact read off rows: a sum or a count of them. */
export const makeRowFact = (
  name: string,
  value: number,
  of: { readonly unit: Unit; readonly sum: RowSum; readonly field: string | null },
): Fact => ({
  name,
  value,
  unit: of.unit,
  rows: [...of.sum.rows],
  rowCount: of.sum.rowCount,
  field: of.field,
  from: [],
})

/** A fact computed from facts, parameters (`parameters.NAME`) or other deliverables (`TYPE/FACT`). */
export const makeDerivedFact = (
  name: string,
  value: number | string,
  of: { readonly unit: Unit; readonly from: readonly string[]; readonly rowCount?: number | undefined },
): Fact => ({
  name,
  value,
  unit: of.unit,
  ...NO_ROWS,
  rows: [],
  rowCount: of.rowCount ?? 0,
  field: null,
  from: [...of.from],
})

/** The value of a numeric fact; undefined when there is none of that name. */
export const findNumber = (body: Pick<DeliverableBody, 'facts'>, name: string): number | undefined => {
  const value = body.facts.find((fact) => fact.name === name)?.value
  return typeof value === 'number' ? value : undefined
}

/** A number for people: at most two digits after the point. Values themselves are never rounded. */
export const showNumber = (value: number): string => {
  const shown = value.toFixed(2).replace(/\.?0+$/u, '')
  return shown === '-0' ? '0' : shown
}

export const showPercent = (share: number): string => `${showNumber(share * 100)} %`

export const showMoney = (value: number, currency: string | null): string =>
  `${value.toFixed(2)}${currency === null ? '' : ` ${currency}`}`
