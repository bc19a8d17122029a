import type { RecordSource, RecordWarning, RecordWarningCode } from '../contract/records.ts'

/** A cell as its file gives it: spreadsheets know numbers, CSV knows text alone. */
export type Cell = string | number

/** `line` counts from 1: the line in a CSV where the record begins, or the row of a sheet. */
export type TableRow = { readonly line: number; readonly cells: readonly Cell[] }

/** A file read but not yet understood: no row is empty, and rows may differ in length. */
export type Table = {
  readonly rows: readonly TableRow[]
  readonly warnings: readonly RecordWarning[]
  readonly sheet?: string
  readonly delimiter?: NonNullable<RecordSource['delimiter']>
}

/** The cell as a person reads it; absent cells are empty. */
export const getText = (cell: Cell | undefined): string =>
  cell === undefined ? '' : typeof cell === 'number' ? String(cell) : cell.trim()

export const isEmpty = (cell: Cell | undefined): boolean => getText(cell) === ''

export type Warnings = {
  readonly add: (warning: RecordWarning) => void
  /** In the order they came, then one line a code for those beyond the limit. */
  readonly list: () => RecordWarning[]
}

/** Fewer hides what a person must mend, more makes a page nobody reads; every code is told at least once. */
const MAX_PER_CODE = 50

/** Collects warnings, counting those of a code past the first fifty. */
export const makeWarnings = (): Warnings => {
  const told: RecordWarning[] = []
  const counts = new Map<RecordWarningCode, number>()
  return {
    add: (warning) => {
      const count = (counts.get(warning.code) ?? 0) + 1
      counts.set(warning.code, count)
      if (count <= MAX_PER_CODE) told.push(warning)
    },
    list: () => [
      ...told,
      ...[...counts]
        .filter(([, count]) => count > MAX_PER_CODE)
        .map(([code, count]): RecordWarning => ({
          code: 'MORE_LIKE_THIS',
          message: `${count - MAX_PER_CODE} more of ${code}.`,
        })),
    ],
  }
}

/** A piece of foreign text short enough to stand in a message. */
export const quote = (value: string): string => {
  const line = value.replace(/\s+/gu, ' ').trim()
  return `"${(line.length > 40 ? `${line.slice(0, 39)}…` : line).toWellFormed()}"`
}
