import { z } from 'zod'
import { Count, Digest, text } from '../text.ts'

/** The most a file of records may hold. More would stand in memory and in one blob as a whole. */
export const RECORD_LIMITS = {
  bytes: 10 * 1024 * 1024,
  rows: 100_000,
  columns: 200,
  cellCharacters: 10_000,
  /** Filled cells of the whole file: a sheet of all rows and all columns would be twenty million. */
  cells: 2_000_000,
  /** A workbook names a repeated text once, so that a small file may stand for a very long one. */
  characters: 20_000_000,
} as const

/** A name of a file as its owner knows it: no path, and nothing that a terminal would act on. */
export const FileName = text(200, 1).refine((value) => !/[/\\\p{Cc}\p{Cf}]/u.test(value), {
  message: 'expected the name of a file, without folders and control characters',
})

/** What a column is for; `other` is kept out of the rows. */
export const ColumnRole = z.enum([
  'text',
  'category',
  'duration',
  'unit',
  'rate',
  'person',
  'date',
  'count',
  'other',
])
export type ColumnRole = z.infer<typeof ColumnRole>

export const TimeUnit = z.enum(['minutes', 'hours'])
export type TimeUnit = z.infer<typeof TimeUnit>

/** One column: `index` counts from 0, `how` says by which rule it got its role. */
export const RecordColumn = z.strictObject({
  name: text(200, 1),
  index: z
    .int()
    .min(0)
    .max(RECORD_LIMITS.columns - 1),
  role: ColumnRole,
  unit: TimeUnit.optional(),
  how: text(200, 1),
})
export type RecordColumn = z.infer<typeof RecordColumn>

/**
 * How the minutes of a row came about. Given: the value names its unit, is a clock form such as 1:30, or
 * has its unit from the header, a unit column, or both an hours and a minutes column. Guessed: the number
 * is the row's but nobody named its unit, or there is no number and the length of the text decides.
 */
export const DurationRule = z.enum([
  'unit-in-value',
  'clock-value',
  'unit-in-header',
  'unit-in-column',
  'hours-and-minutes',
  'unit-by-size',
  'text-length',
])
export type DurationRule = z.infer<typeof DurationRule>

const Cell = text(RECORD_LIMITS.cellCharacters)

/**
 * One record. `row` is its line in the file, or its row in the sheet, counted from 1; `field` the column
 * that `estimatedMinutes` stems from and `unit` what stands there. Minutes are exact to 1/100. `count` and
 * `rate` are as given; they are not multiplied in. `date` is ISO 8601 where its form leaves no doubt.
 */
export const RecordRow = z.strictObject({
  row: z.int().min(1),
  text: Cell,
  category: Cell.nullable(),
  estimatedMinutes: z.number().min(0),
  estimate: z.enum(['given', 'guessed']),
  field: text(410, 1),
  unit: z.enum(['minutes', 'hours', 'guess']),
  rule: DurationRule,
  count: z.number().min(0).optional(),
  rate: z.number().min(0).optional(),
  person: Cell.optional(),
  date: Cell.optional(),
})
export type RecordRow = z.infer<typeof RecordRow>

/** What a reader did not take at its word. Matched by code, read by people. */
export const RecordWarningCode = z.enum([
  'AMBIGUOUS_NUMBER',
  'CELL_ERROR',
  'COLUMN_NOT_READ',
  'DURATION_CONFLICT',
  'DURATION_GUESSED',
  'DURATION_NOT_READ',
  'ENCODING_GUESSED',
  'FORMULA_LIKE_TEXT',
  'FORMULA_NOT_RUN',
  'HEADER_NOT_FOUND',
  'MORE_LIKE_THIS',
  'NAME_DIFFERS',
  'NUMBER_NOT_READ',
  'ROW_LEFT_OUT',
  'ROW_TOO_LONG',
  'ROW_TOO_SHORT',
  'SEVERAL_DURATIONS',
  'SHEET_NOT_READ',
  'TEXT_MISSING',
  'UNIT_GUESSED',
])
export type RecordWarningCode = z.infer<typeof RecordWarningCode>

export const RecordWarning = z.strictObject({
  row: z.int().min(1).optional(),
  column: text(200, 1).optional(),
  code: RecordWarningCode,
  message: text(400, 1),
})
export type RecordWarning = z.infer<typeof RecordWarning>

/** The file that the records were read from: `digest` is that of its bytes as they came. */
export const RecordSource = z.strictObject({
  name: FileName,
  digest: Digest,
  mediaType: z.enum(['text/csv', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet']),
  sheet: text(200, 1).optional(),
  delimiter: z.enum([',', ';', '\t', '|']).optional(),
})
export type RecordSource = z.infer<typeof RecordSource>

/**
 * The records of one uploaded file, in the file's order. All of them or an error, never a part; that is
 * why `truncated` can say one thing only.
 */
export const Records = z.strictObject({
  source: RecordSource,
  columns: z.array(RecordColumn).max(RECORD_LIMITS.columns),
  rows: z.array(RecordRow).max(RECORD_LIMITS.rows),
  warnings: z.array(RecordWarning).max(2100),
  truncated: z.literal(false),
})
export type Records = z.infer<typeof Records>

/** How many records have no duration of their own: what a reader of facts counts as missing estimates. */
export const countGuessed = (rows: readonly Pick<RecordRow, 'estimate'>[]): number =>
  rows.reduce((count, { estimate }) => count + (estimate === 'guessed' ? 1 : 0), 0)

/** Rows that a file had, for a page that shows how much was read. */
export const RowCount = Count.max(RECORD_LIMITS.rows)
