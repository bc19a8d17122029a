import type { Parameters } from '../contract/item.ts'
import type { RecordRow } from '../contract/records.ts'

/** A single record of more than a working day is taken for a slip of the pen until somebody says what it is (AX-29). */
export const MAX_ROW_MINUTES = 480

/**
 * What is done with rows that say more than one thing. `longRows`: those over the cap count as 480 minutes, or
 * not at all. `countMeans`: a count multiplies the row's minutes, or is a note.
 */
export type Treatment = {
  readonly longRows: 'cap' | 'leave-out'
  readonly countMeans: 'times' | 'note'
}

export const DEFAULT_TREATMENT: Treatment = { longRows: 'cap', countMeans: 'note' }

/** Which of the two decisions were made, by the project's parameters. */
export const getTreatment = (parameters: Parameters): Treatment & { readonly asked: readonly string[] } => {
  const { longRows, countMeans } = parameters
  return {
    longRows: longRows === 'leave-out' ? 'leave-out' : 'cap',
    countMeans: countMeans === 'times' ? 'times' : 'note',
    asked: [
      ...(longRows === 'cap' || longRows === 'leave-out' ? [] : ['longRows']),
      ...(countMeans === 'times' || countMeans === 'note' ? [] : ['countMeans']),
    ],
  }
}

export const isLongRow = (row: Pick<RecordRow, 'estimatedMinutes'>): boolean =>
  row.estimatedMinutes > MAX_ROW_MINUTES

/** Whether the row's count would change its minutes. */
export const isCountedRow = (row: Pick<RecordRow, 'count'>): boolean =>
  row.count !== undefined && row.count !== 1

/**
 * A row's minutes in whole hundredths, so that sums are exact in any order; null where it is left out.
 * Records are exact to 1/100 minute already; only a broken count is rounded here, row by row.
 */
export const getHundredths = (
  row: Pick<RecordRow, 'estimatedMinutes' | 'count'>,
  treatment: Treatment,
): number | null => {
  if (isLongRow(row) && treatment.longRows === 'leave-out') return null
  const once = Math.round(Math.min(row.estimatedMinutes, MAX_ROW_MINUTES) * 100)
  return treatment.countMeans === 'times' && row.count !== undefined ? Math.round(once * row.count) : once
}
