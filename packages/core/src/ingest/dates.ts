import type { Cell } from './table.ts'
import { getText } from './table.ts'

const DATE = /^(\d{1,4})([-/.])(\d{1,2})\2(\d{1,4})(?:[T ,].{0,30})?$/u

/** Which of two numbers is the day, in forms such as 03/04/2026; undefined where no value of the column tells. */
export type DayOrder = 'day-first' | 'month-first' | undefined

const split = (value: string): readonly [number, string, number, number] | undefined => {
  const match = value.length > 60 ? null : DATE.exec(value)
  if (match === null) return undefined
  return [Number(match[1]), match[2] ?? '', Number(match[3]), Number(match[4])]
}

/** Whether this looks like a calendar date in digits. */
export const isDateLike = (cell: Cell | undefined): boolean => {
  const parts = split(getText(cell))
  return parts !== undefined && (parts[0] > 1000 || parts[3] > 1000)
}

/** Looks for a number over 12, which only a day can be. Dates with dots have the day first by their form. */
export const findDayOrder = (cells: readonly Cell[]): DayOrder => {
  const orders = new Set<DayOrder>()
  for (const cell of cells) {
    const parts = split(getText(cell))
    if (parts === undefined || parts[0] > 1000 || parts[1] === '.') continue
    if (parts[0] > 12) orders.add('day-first')
    if (parts[2] > 12) orders.add('month-first')
  }
  return orders.size === 1 ? [...orders][0] : undefined
}

const write = (year: number, month: number, day: number): string | undefined => {
  const date = new Date(Date.UTC(year, month - 1, day))
  const isReal = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && year > 1000
  return isReal ? date.toISOString().slice(0, 10) : undefined
}

/** The date as ISO 8601 where its form leaves no doubt, else as it is written. */
export const readDate = (cell: Cell, order: DayOrder): string => {
  const value = getText(cell)
  const parts = split(value)
  if (parts === undefined) return value
  const [first, mark, second, third] = parts
  if (first > 1000) return write(first, second, third) ?? value
  const isDayFirst = mark === '.' || order === 'day-first'
  if (!isDayFirst && order === undefined) return value
  return (isDayFirst ? write(third, second, first) : write(third, first, second)) ?? value
}
