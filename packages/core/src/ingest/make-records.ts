import type { ColumnRole, RecordColumn, RecordRow, RecordSource, Records } from '../contract/records.ts'
import { RopewalkError } from '../errors.ts'
import { findDayOrder, readDate, type DayOrder } from './dates.ts'
import { findColumns } from './find-columns.ts'
import { findHeader } from './find-header.ts'
import { findDecimalMark, parseAmount, type DecimalMark } from './numbers.ts'
import { readRowDuration, studyDurations, type DurationColumns } from './row-durations.ts'
import type { Cell, Table, TableRow, Warnings } from './table.ts'
import { getText, isEmpty, makeWarnings, quote } from './table.ts'
import { isTotalLabel } from './vocabulary.ts'

/** All that is known of the columns as wholes before the first row is read. */
type Plan = {
  readonly columns: readonly RecordColumn[]
  /** The first column of each role. */
  readonly roles: ReadonlyMap<ColumnRole, RecordColumn>
  readonly durations: DurationColumns
  readonly marks: ReadonlyMap<number, DecimalMark>
  readonly dayOrder: DayOrder
  readonly warnings: Warnings
  /** A sheet has no empty cells at the end of a row, so that short rows mean something in a CSV alone. */
  readonly isRagged: boolean
}

const findColumn = ({ roles }: Pick<Plan, 'roles'>, role: ColumnRole): RecordColumn | undefined =>
  roles.get(role)

const listCells = (rows: readonly TableRow[], { index }: RecordColumn): Cell[] =>
  rows.map(({ cells }) => cells[index] ?? '')

const makePlan = (
  table: Table,
  warnings: Warnings,
): { readonly plan: Plan; readonly body: readonly TableRow[] } => {
  const header = findHeader(table.rows)
  const columns = findColumns(header.names, header.body, header.line !== undefined)
  // Where the comma separates numbers' fractions, files separate cells by semicolons.
  const fallback = table.delimiter === ';' ? ',' : '.'
  if (header.line === undefined) {
    warnings.add({
      code: 'HEADER_NOT_FOUND',
      message: 'No line names the columns; they were told by their values.',
    })
  }
  for (const { line } of table.rows.slice(0, table.rows.length - header.body.length)) {
    if (line !== header.line)
      warnings.add({ row: line, code: 'ROW_LEFT_OUT', message: 'It stands above the names of the columns.' })
  }
  const numbers = columns.filter(({ role }) => role === 'rate' || role === 'count')
  const roles = new Map(columns.toReversed().map((column) => [column.role, column] as const))
  const date = roles.get('date')
  const plan: Plan = {
    columns,
    roles,
    durations: studyDurations(columns, header.body, { fallback, warnings }),
    marks: new Map(
      numbers.map((column) => [column.index, findDecimalMark(listCells(header.body, column), fallback).mark]),
    ),
    dayOrder: date === undefined ? undefined : findDayOrder(listCells(header.body, date)),
    warnings,
    isRagged: table.sheet === undefined,
  }
  return { plan, body: header.body }
}

const tellColumns = ({ columns, warnings }: Plan): void => {
  for (const { name, role, how } of columns) {
    if (role === 'other') warnings.add({ column: name, code: 'COLUMN_NOT_READ', message: how })
  }
}

/** A number of the row: undefined where the cell is empty or holds none, which is told. */
const readNumber = (row: TableRow, role: 'rate' | 'count', plan: Plan): number | undefined => {
  const column = findColumn(plan, role)
  const cell = column === undefined ? undefined : row.cells[column.index]
  if (column === undefined || isEmpty(cell)) return undefined
  const amount = parseAmount(cell, plan.marks.get(column.index) ?? '.')
  if (amount !== undefined && amount >= 0) return amount
  plan.warnings.add({
    row: row.line,
    column: column.name,
    code: 'NUMBER_NOT_READ',
    message: `${quote(getText(cell))} is no number from 0 up.`,
  })
  return undefined
}

const readText = (row: TableRow, role: ColumnRole, plan: Plan): string => {
  const column = findColumn(plan, role)
  return column === undefined ? '' : getText(row.cells[column.index])
}

/** Lines that add others up would count everything twice. */
const isTotal = ({ cells }: TableRow): boolean => {
  const first = cells.find((cell) => !isEmpty(cell))
  return typeof first === 'string' && isTotalLabel(getText(first))
}

/** Reports of several pages print the names of the columns on each. */
const isHeaderAgain = ({ cells }: TableRow, { columns }: Plan): boolean =>
  columns.length > 1 && columns.every(({ name, index }) => getText(cells[index]) === name)

const tellWidth = (row: TableRow, plan: Plan): void => {
  const expected = plan.columns.length
  const { line, cells } = row
  const extra = cells.slice(expected).filter((cell) => !isEmpty(cell)).length
  if (extra > 0) {
    plan.warnings.add({
      row: line,
      code: 'ROW_TOO_LONG',
      message: `It has ${cells.length} cells where ${expected} columns are named; those beyond were left out.`,
    })
  } else if (cells.length < expected && plan.isRagged) {
    plan.warnings.add({
      row: line,
      code: 'ROW_TOO_SHORT',
      message: `It has ${cells.length} cells where ${expected} columns are named; the missing ones are empty.`,
    })
  }
}

const readRow = (row: TableRow, plan: Plan): RecordRow | undefined => {
  if (isTotal(row)) {
    plan.warnings.add({ row: row.line, code: 'ROW_LEFT_OUT', message: 'It adds up other rows.' })
    return undefined
  }
  if (isHeaderAgain(row, plan)) {
    plan.warnings.add({ row: row.line, code: 'ROW_LEFT_OUT', message: 'It names the columns once more.' })
    return undefined
  }
  tellWidth(row, plan)
  const category = readText(row, 'category', plan)
  // Without a column of texts, the kind of work is the most that is said of it.
  const text = plan.roles.has('text') ? readText(row, 'text', plan) : category
  if (text === '')
    plan.warnings.add({ row: row.line, code: 'TEXT_MISSING', message: 'It says nothing of what was done.' })
  const said = findColumn(plan, 'text') ?? findColumn(plan, 'category') ?? plan.columns[0]
  const field = said?.name ?? 'Column 1'
  const duration = readRowDuration(
    row,
    { value: text, field },
    { columns: plan.durations, warnings: plan.warnings },
  )
  const count = readNumber(row, 'count', plan)
  const rate = readNumber(row, 'rate', plan)
  const person = readText(row, 'person', plan)
  const date = readText(row, 'date', plan)
  return {
    row: row.line,
    text,
    category: category === '' ? null : category,
    ...duration,
    ...(count === undefined ? {} : { count }),
    ...(rate === undefined ? {} : { rate }),
    ...(person === '' ? {} : { person }),
    ...(date === '' ? {} : { date: readDate(date, plan.dayOrder) }),
  }
}

/**
 * Understands a table: what each column is for, and one record a row, in order. Nothing is dropped without
 * a warning. Throws INVALID_ARGUMENT where there is no row, or no column with text or durations.
 */
export const makeRecords = (
  table: Table,
  source: Pick<RecordSource, 'name' | 'digest' | 'mediaType'>,
): Records => {
  const warnings = makeWarnings()
  const { plan, body } = makePlan(table, warnings)
  if (body.length === 0) {
    throw new RopewalkError(
      'INVALID_ARGUMENT',
      `${quote(source.name)} has no records: expected a line of column names and at least one row below it.`,
    )
  }
  if (findColumn(plan, 'text') === undefined && findColumn(plan, 'duration') === undefined) {
    throw new RopewalkError(
      'INVALID_ARGUMENT',
      `${quote(source.name)} has neither a column of texts nor one of durations; name them, say "description" and "minutes".`,
      { details: { columns: plan.columns.slice(0, 20).map(({ name, how }) => ({ name, how })) } },
    )
  }
  tellColumns(plan)
  const rows = body.flatMap((row) => readRow(row, plan) ?? [])
  const { sheet, delimiter } = table
  return {
    source: {
      ...source,
      ...(sheet === undefined ? {} : { sheet }),
      ...(delimiter === undefined ? {} : { delimiter }),
    },
    columns: [...plan.columns],
    rows,
    warnings: [...table.warnings, ...warnings.list()],
    truncated: false,
  }
}
