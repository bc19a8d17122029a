import type { RowRange } from '@ropewalk/core/contract/work-order'

/** The most tasks that one item may become. */
const MAX_BATCHES = 1000

/** Rows in batches of at most `batchRows`; one batch where there is no limit, null where there are no rows. */
export const makeBatches = (rows: number, batchRows: number | null): RowRange[] | null => {
  if (rows === 0) return null
  const size = Math.max(batchRows ?? rows, Math.ceil(rows / MAX_BATCHES))
  return Array.from({ length: Math.ceil(rows / size) }, (_, index) => ({
    from: index * size,
    to: Math.min(rows, (index + 1) * size),
  }))
}
