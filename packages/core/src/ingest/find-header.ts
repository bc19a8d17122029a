import { isDateLike } from './dates.ts'
import { readDuration } from './durations.ts'
import type { Cell, TableRow } from './table.ts'
import { getText, isEmpty } from './table.ts'
import { findRoles } from './vocabulary.ts'

export type Header = {
  /** One name a column, none empty, none twice. */
  readonly names: readonly string[]
  /** The row that holds them; undefined where the file has none and the names are ours. */
  readonly line: number | undefined
  readonly body: readonly TableRow[]
}

/** Sheets often begin with a title and a date; more lines above the header than this are data. */
const MAX_TITLE_ROWS = 10

const isLabel = (cell: Cell): boolean =>
  typeof cell === 'string' &&
  cell.trim().length <= 60 &&
  !isDateLike(cell) &&
  readDuration(cell, '.') === undefined &&
  /\p{L}/u.test(cell)

/** How many different roles the row's cells name; none when a cell is a number, a date or a long text. */
const countKnown = ({ cells }: TableRow): number => {
  const filled = cells.filter((cell) => !isEmpty(cell))
  if (!filled.every(isLabel)) return 0
  return new Set(filled.flatMap((cell) => findRoles(getText(cell)).slice(0, 1))).size
}

/** Labels above numbers: every filled cell of the first row is a label, and some column below is not. */
const standsOverNumbers = (first: TableRow, rows: readonly TableRow[]): boolean => {
  const filled = first.cells.filter((cell) => !isEmpty(cell))
  if (filled.length < 2 || !filled.every(isLabel)) return false
  return first.cells.some((_, index) => {
    const below = rows.map(({ cells }) => cells[index]).filter((cell) => !isEmpty(cell))
    return (
      below.length > 0 && below.every((cell) => readDuration(cell, '.') !== undefined || isDateLike(cell))
    )
  })
}

const findHeaderIndex = (rows: readonly TableRow[]): number => {
  const top = rows.slice(0, MAX_TITLE_ROWS)
  const known = top.map(countKnown)
  const most = Math.max(0, ...known)
  if (most >= 2) return known.indexOf(most)
  const [first] = rows
  if (first === undefined) return -1
  const isOneColumn = rows.every(({ cells }) => cells.filter((cell) => !isEmpty(cell)).length <= 1)
  // A known word alone in a cell is a header; within a sentence of data it would be chance.
  if (known[0] === 1 && (!isOneColumn || getText(first.cells[0]).split(/\s+/u).length <= 2)) return 0
  return standsOverNumbers(first, rows.slice(1, 50)) ? 0 : -1
}

/** Characters a name may have; longer ones are cut, since a name is cited with every fact. */
const MAX_NAME = 190

const nameColumns = (header: TableRow | undefined, width: number): string[] => {
  const taken = new Set<string>()
  return Array.from({ length: width }, (_, index) => {
    const given = getText(header?.cells[index]).replace(/\s+/gu, ' ').slice(0, MAX_NAME).toWellFormed().trim()
    const base = given === '' ? `Column ${index + 1}` : given
    let name = base
    for (let count = 2; taken.has(name); count += 1) name = `${base} (${count})`
    taken.add(name)
    return name
  })
}

/**
 * Finds the line that names the columns among the first ten: the one with most known words, else a first
 * line of labels above numbers. As wide as the header, or as the widest row where there is none.
 */
export const findHeader = (rows: readonly TableRow[]): Header => {
  const at = findHeaderIndex(rows)
  const header = rows[at]
  const body = rows.slice(at + 1)
  const lastFilled = header?.cells.findLastIndex((cell) => !isEmpty(cell)) ?? -1
  const width =
    header === undefined ? rows.reduce((most, { cells }) => Math.max(most, cells.length), 0) : lastFilled + 1
  return { names: nameColumns(header, width), line: header?.line, body }
}
