import type { RecordWarning } from '@ropewalk/core/contract/records'
import { RECORD_LIMITS } from '@ropewalk/core/contract/records'
import { RopewalkError } from '@ropewalk/core/errors'
import { isFormulaLike } from '@ropewalk/core/ingest/escape-csv-cell'
import { quote, type Warnings } from '@ropewalk/core/ingest/table'

/** What a terminal or a page would act on: control characters but tab and line end, and marks that turn text round. */
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufeff]/gu

/** Where a cell stands: `column` counts from 0. */
export type Place = { readonly line: number; readonly column: number }

export const tooLarge = (message: string): RopewalkError =>
  new RopewalkError('PAYLOAD_TOO_LARGE', `${message} Split the file, or leave out what is not needed.`)

/** Counts what a file holds and stops at the limits of the contract with PAYLOAD_TOO_LARGE. */
export type Meter = {
  readonly countRow: () => void
  readonly countCell: (text: string, place: Place) => void
}

/** A count that runs along while a file is read, so that the limit holds before the memory is gone. */
export const makeMeter = (): Meter => {
  let [rows, cells, characters] = [0, 0, 0]
  return {
    countRow: () => {
      rows += 1
      // One line more, for the names of the columns.
      if (rows > RECORD_LIMITS.rows + 1)
        throw tooLarge(`Expected at most ${RECORD_LIMITS.rows} rows; there are more.`)
    },
    countCell: (text, { line, column }) => {
      if (column >= RECORD_LIMITS.columns)
        throw tooLarge(`Expected at most ${RECORD_LIMITS.columns} columns; row ${line} has more.`)
      if (text.length > RECORD_LIMITS.cellCharacters) {
        throw tooLarge(
          `Expected at most ${RECORD_LIMITS.cellCharacters} characters in a cell; row ${line}, column ${column + 1} has ${text.length}.`,
        )
      }
      cells += 1
      characters += text.length
      if (cells > RECORD_LIMITS.cells)
        throw tooLarge(`Expected at most ${RECORD_LIMITS.cells} filled cells; there are more.`)
      if (characters > RECORD_LIMITS.characters)
        throw tooLarge(`Expected at most ${RECORD_LIMITS.characters} characters of text; there are more.`)
    },
  }
}

const markFormula = (text: string, { line, column }: Place): RecordWarning => ({
  row: line,
  column: `Column ${column + 1}`,
  code: 'FORMULA_LIKE_TEXT',
  message: `${quote(text.replace(UNSAFE, ' '))} looks like a formula; it was kept as text and not run.`,
})

/** The text of a cell as it may be stored and shown; what a spreadsheet could run is marked. */
export const cleanCell = (text: string, place: Place, warnings: Warnings): string => {
  if (isFormulaLike(text)) warnings.add(markFormula(text, place))
  return text.replace(/\r\n?/gu, '\n').replace(UNSAFE, ' ').toWellFormed()
}
