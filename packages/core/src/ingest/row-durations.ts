import type { DurationRule, RecordColumn, RecordRow, TimeUnit } from '../contract/records.ts'
import { findUnit, guessMinutes, MAX_MINUTES, readDuration, roundMinutes, toMinutes } from './durations.ts'
import { findDecimalMark, isEitherNumber, type DecimalMark } from './numbers.ts'
import type { Cell, TableRow, Warnings } from './table.ts'
import { getText, isEmpty, quote } from './table.ts'
import { isBareUnit } from './vocabulary.ts'

/** The part of a record that says how long it takes, and where that stands. */
export type RowDuration = Pick<RecordRow, 'estimatedMinutes' | 'estimate' | 'field' | 'unit' | 'rule'>

type DurationColumn = {
  readonly column: RecordColumn
  readonly mark: DecimalMark
  /** For bare numbers when neither header nor unit column tells: hours when some have a fraction. */
  readonly likelyUnit: TimeUnit
}

export type DurationColumns = {
  readonly durations: readonly DurationColumn[]
  readonly unit: RecordColumn | undefined
}

const looksLikeHours = (cells: readonly Cell[], mark: DecimalMark): boolean =>
  cells.some((cell) => {
    const read = readDuration(cell, mark)
    return read?.kind === 'number' && !Number.isInteger(read.amount)
  })

/** Looks at the duration columns as wholes: their decimal mark, and the unit of numbers that have none. */
export const studyDurations = (
  columns: readonly RecordColumn[],
  rows: readonly TableRow[],
  options: { readonly fallback: DecimalMark; readonly warnings: Warnings },
): DurationColumns => {
  const found = columns.filter(({ role }) => role === 'duration')
  const { fallback, warnings } = options
  const [first, second] = found
  if (first !== undefined && second !== undefined && !isPair(found)) {
    warnings.add({
      code: 'SEVERAL_DURATIONS',
      message:
        `Columns ${found.map(({ name }) => quote(name)).join(', ')} hold durations; the first filled one of a row counts.`.slice(
          0,
          400,
        ),
    })
  }
  const durations = found.map((column): DurationColumn => {
    const cells = rows.map(({ cells }) => cells[column.index] ?? '')
    const { mark, isDoubtful } = findDecimalMark(cells, fallback)
    const doubtful = isDoubtful
      ? cells.find((cell) => typeof cell === 'string' && isEitherNumber(cell))
      : undefined
    if (doubtful !== undefined) {
      warnings.add({
        column: column.name,
        code: 'AMBIGUOUS_NUMBER',
        message: `Numbers like ${quote(getText(doubtful))} may have a decimal ${mark === ',' ? 'comma' : 'point'} or group thousands; read as the first.`,
      })
    }
    return { column, mark, likelyUnit: looksLikeHours(cells, mark) ? 'hours' : 'minutes' }
  })
  return { durations, unit: columns.find(({ role }) => role === 'unit') }
}

/** Hours and Minutes side by side, headers that are nothing but the unit: one duration in two columns. */
const isPair = (columns: readonly RecordColumn[]): boolean =>
  columns.length === 2 &&
  columns.every(({ name }) => isBareUnit(name)) &&
  new Set(columns.map(({ unit }) => unit)).size === 2

const readPair = ({ cells }: TableRow, durations: readonly DurationColumn[]): RowDuration | undefined => {
  if (!isPair(durations.map(({ column }) => column))) return undefined
  const amounts = durations.map(({ column, mark }) => {
    const read = readDuration(cells[column.index], mark, column.unit)
    return read?.kind === 'number' ? { amount: read.amount, column } : undefined
  })
  const hours = amounts.find((each) => each?.column.unit === 'hours')
  const minutes = amounts.find((each) => each?.column.unit === 'minutes')
  if (hours === undefined || minutes === undefined) return undefined
  if (!Number.isInteger(hours.amount) || minutes.amount >= 60) return undefined
  const total = roundMinutes(hours.amount * 60 + minutes.amount)
  if (total > MAX_MINUTES) return undefined
  return {
    estimatedMinutes: total,
    estimate: 'given',
    field: `${hours.column.name} + ${minutes.column.name}`,
    unit: 'minutes',
    rule: 'hours-and-minutes',
  }
}

type Context = { readonly columns: DurationColumns; readonly warnings: Warnings }

const given = (minutes: number, field: string, unit: TimeUnit, rule: DurationRule): RowDuration => ({
  estimatedMinutes: minutes,
  estimate: 'given',
  field,
  unit,
  rule,
})

/** The unit of a bare number: from its header, else from the unit column of its row. */
const findRowUnit = (
  row: TableRow,
  column: RecordColumn,
  { columns, warnings }: Context,
): { readonly unit: TimeUnit; readonly rule: DurationRule } | undefined => {
  const cell = columns.unit === undefined ? '' : getText(row.cells[columns.unit.index])
  const word = findUnit(cell)
  const said = word === 'hours' || word === 'minutes' ? word : undefined
  if (column.unit !== undefined) {
    if (word !== undefined && word !== column.unit) {
      warnings.add({
        row: row.line,
        column: column.name,
        code: 'DURATION_CONFLICT',
        message: `The header says ${column.unit}, the unit column ${quote(cell)}; the header holds.`,
      })
    }
    return { unit: column.unit, rule: 'unit-in-header' }
  }
  return said === undefined ? undefined : { unit: said, rule: 'unit-in-column' }
}

const readCell = (row: TableRow, duration: DurationColumn, context: Context): RowDuration | undefined => {
  const { column, mark, likelyUnit } = duration
  const read = readDuration(row.cells[column.index], mark, column.unit)
  if (read === undefined) return undefined
  if (read.kind === 'minutes') return given(read.minutes, column.name, read.unit, read.rule)
  const told = findRowUnit(row, column, context)
  const minutes = toMinutes(read.amount, told?.unit ?? likelyUnit)
  if (minutes === undefined) return undefined
  if (told !== undefined) return given(minutes, column.name, told.unit, told.rule)
  context.warnings.add({
    row: row.line,
    column: column.name,
    code: 'UNIT_GUESSED',
    message: `${read.amount} has no unit; taken as ${likelyUnit}. Name the unit in the header to make it a given one.`,
  })
  return {
    estimatedMinutes: minutes,
    estimate: 'guessed',
    field: column.name,
    unit: 'guess',
    rule: 'unit-by-size',
  }
}

const warnOfConflict = (row: TableRow, kept: RowDuration, context: Context): void => {
  for (const duration of context.columns.durations) {
    const { column, mark } = duration
    if (column.name === kept.field || column.unit === undefined) continue
    const read = readDuration(row.cells[column.index], mark, column.unit)
    const minutes = read?.kind === 'number' ? toMinutes(read.amount, column.unit) : read?.minutes
    if (minutes === undefined || Math.abs(minutes - kept.estimatedMinutes) <= 1) continue
    context.warnings.add({
      row: row.line,
      column: column.name,
      code: 'DURATION_CONFLICT',
      message: `${quote(kept.field)} says ${kept.estimatedMinutes} minutes, this column ${minutes}; the first counts.`,
    })
  }
}

/**
 * How long one record takes: from the first duration column of the row that can be read, else guessed by
 * the length of its text. `textField` is then the field that the guess leans on.
 */
export const readRowDuration = (
  row: TableRow,
  text: { readonly value: string; readonly field: string },
  context: Context,
): RowDuration => {
  const { durations } = context.columns
  const pair = readPair(row, durations)
  if (pair !== undefined) return pair
  for (const duration of durations) {
    const cell = row.cells[duration.column.index]
    if (isEmpty(cell)) continue
    const found = readCell(row, duration, context)
    if (found !== undefined) {
      warnOfConflict(row, found, context)
      return found
    }
    context.warnings.add({
      row: row.line,
      column: duration.column.name,
      code: 'DURATION_NOT_READ',
      message: `${quote(getText(cell))} is no duration in minutes or hours; write 90 min, 1.5 h or 1:30.`,
    })
  }
  const minutes = guessMinutes(text.value)
  context.warnings.add({
    row: row.line,
    code: 'DURATION_GUESSED',
    message: `No duration; ${minutes} minutes guessed from a text of ${text.value.trim().length} characters.`,
  })
  return {
    estimatedMinutes: minutes,
    estimate: 'guessed',
    field: text.field,
    unit: 'guess',
    rule: 'text-length',
  }
}
