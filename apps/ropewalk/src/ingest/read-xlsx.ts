import { RECORD_LIMITS } from '@ropewalk/core/contract/records'
import { RopewalkError } from '@ropewalk/core/errors'
import {
  makeWarnings,
  quote,
  type Cell,
  type Table,
  type TableRow,
  type Warnings,
} from '@ropewalk/core/ingest/table'
import { cleanCell, makeMeter, type Meter, type Place } from './clean-cell.ts'
import { writeSerial } from './number-formats.ts'
import { openZip } from './open-zip.ts'
import { decodeEscapes, readWorkbook, type Workbook } from './read-workbook.ts'
import { readXml } from './read-xml.ts'

/** The last row and column that the format knows. */
const MAX_ROW = 1_048_576
const MAX_COLUMN = 16_384

const broken = (why: string): RopewalkError =>
  new RopewalkError('INVALID_ARGUMENT', `The sheet cannot be read: ${why}. Save it anew, or send CSV.`)

/** One cell while its element is open. */
type OpenCell = {
  readonly place: Place
  readonly type: string
  readonly style: number
  value: string
  hasValue: boolean
  isFormula: boolean
}

/** The column of a reference such as AB12, counted from 0; undefined where there is none. */
const getColumn = (reference: string | undefined): number | undefined => {
  const letters = /^([A-Za-z]{1,3})\d{0,7}$/u.exec(reference ?? '')?.[1]
  if (letters === undefined) return undefined
  return [...letters.toUpperCase()].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1
}

const getNumber = (cell: OpenCell, book: Workbook): Cell => {
  const value = Number(cell.value)
  if (cell.value.trim() === '' || !Number.isFinite(value))
    throw broken(`row ${cell.place.line} has a number that is none`)
  // Fifteen digits are what spreadsheets show; the rest is what binary fractions leave.
  return writeSerial(Number(value.toPrecision(15)), book.kinds[cell.style] ?? 'number', book.is1904)
}

const getString = (cell: OpenCell, book: Workbook): string => {
  const text = /^\d{1,9}$/u.test(cell.value) ? book.strings[Number(cell.value)] : undefined
  if (text === undefined) throw broken(`row ${cell.place.line} names a text that is not there`)
  return text
}

/** The value of a cell; of a formula, the one that was computed when the file was saved. */
const getValue = (cell: OpenCell, book: Workbook, warnings: Warnings): Cell => {
  if (!cell.hasValue) return ''
  switch (cell.type) {
    case 's':
      return getString(cell, book)
    case 'str':
    case 'inlineStr':
      return decodeEscapes(cell.value)
    case 'b':
      return cell.value.trim() === '1' ? 'TRUE' : 'FALSE'
    case 'd':
      return cell.value.trim().slice(0, 19)
    case 'e':
      warnings.add({
        row: cell.place.line,
        column: `Column ${cell.place.column + 1}`,
        code: 'CELL_ERROR',
        message: `The cell shows the error ${quote(cell.value)}; it was read as empty.`,
      })
      return ''
    case 'n':
      return getNumber(cell, book)
    default:
      throw broken(`row ${cell.place.line} has a cell of an unknown type`)
  }
}

const tellFormula = ({ place, hasValue }: OpenCell, warnings: Warnings): void => {
  warnings.add({
    row: place.line,
    column: `Column ${place.column + 1}`,
    code: 'FORMULA_NOT_RUN',
    message: hasValue
      ? 'The cell holds a formula; its stored value was read, the formula was not run.'
      : 'The cell holds a formula without a stored value; it was read as empty. Save the file in a spreadsheet program.',
  })
}

/** Collects rows from the elements of a sheet. Rows come in order, else no line number could be trusted. */
const makeRowReader = (book: Workbook, warnings: Warnings, meter: Meter) => {
  const rows: TableRow[] = []
  let [line, cells, column] = [0, [] as Cell[], -1]
  let cell: OpenCell | undefined
  let isValue = false
  const openRow = (reference: string | undefined): void => {
    const next = reference === undefined ? line + 1 : Number(reference)
    if (!Number.isInteger(next) || next <= line || next > MAX_ROW)
      throw broken(`row ${line} is followed by a row that is out of order`)
    line = next
    cells = []
    column = -1
  }
  const openCell = (attributes: Readonly<Record<string, string>>): void => {
    const next = attributes['r'] === undefined ? column + 1 : getColumn(attributes['r'])
    if (next === undefined || next <= column || next >= MAX_COLUMN)
      throw broken(`row ${line} has cells out of order`)
    column = next
    const type = attributes['t'] ?? 'n'
    cell = {
      place: { line, column },
      type,
      style: Number(attributes['s'] ?? '0'),
      value: '',
      hasValue: false,
      isFormula: false,
    }
  }
  const closeCell = (done: OpenCell): void => {
    if (done.isFormula) tellFormula(done, warnings)
    const value = getValue(done, book, warnings)
    if (value === '') return
    meter.countCell(String(value), done.place)
    while (cells.length < done.place.column) cells.push('')
    cells.push(typeof value === 'number' ? value : cleanCell(value, done.place, warnings))
  }
  const closeRow = (): void => {
    if (!cells.some((each) => typeof each === 'number' || each.trim() !== '')) return
    meter.countRow()
    rows.push({ line, cells })
  }
  return {
    rows,
    open: (name: string, attributes: Readonly<Record<string, string>>): void => {
      if (name === 'row') openRow(attributes['r'])
      else if (name === 'c') openCell(attributes)
      else if (name === 'f' && cell !== undefined) cell.isFormula = true
      else if ((name === 'v' || name === 't') && cell !== undefined) {
        isValue = true
        cell.hasValue = true
      } else if (name === 'rPh') isValue = false
    },
    text: (piece: string): void => {
      if (isValue && cell !== undefined && cell.value.length <= RECORD_LIMITS.cellCharacters)
        cell.value += piece
    },
    close: (name: string): void => {
      if (name === 'v' || name === 't') isValue = false
      else if (name === 'row') closeRow()
      else if (name === 'c' && cell !== undefined) {
        closeCell(cell)
        cell = undefined
      }
    },
  }
}

/**
 * The rows of the first visible sheet of a workbook. Formulas are not run, macros and embedded files
 * refused, links out of the file not followed. Throws INVALID_ARGUMENT, UNSUPPORTED_MEDIA_TYPE,
 * PAYLOAD_TOO_LARGE. See docs/decisions/0015-spreadsheets.md.
 */
export const readXlsx = async (bytes: Buffer, meter: Meter = makeMeter()): Promise<Table> => {
  const zip = await openZip(bytes)
  const book = await readWorkbook(zip)
  const warnings = makeWarnings()
  if (book.otherSheets.length > 0) {
    warnings.add({
      code: 'SHEET_NOT_READ',
      message: `Only the sheet ${quote(book.sheetName)} was read; ${book.otherSheets.length} more: ${book.otherSheets.slice(0, 5).map(quote).join(', ')}.`,
    })
  }
  const reader = makeRowReader(book, warnings, meter)
  await readXml(zip.read(book.sheetPart), reader)
  return { rows: reader.rows, warnings: warnings.list(), sheet: book.sheetName }
}
