import { z } from 'zod'
import type { RecordRow } from '../contract/records.ts'
import { Count, text } from '../text.ts'
import { makeFingerprint } from './fingerprint.ts'
import { getHundredths, isCountedRow, isLongRow, type Treatment } from './treatment.ts'

/** Row numbers that are named one by one; `rowCount` counts the others too. As in a fact. */
export const MAX_ROWS_NAMED = 1000

export const NO_CATEGORY = '(no category)'

const RowNumbers = z.array(Count).max(MAX_ROWS_NAMED)
const sum = { hundredths: Count, rowCount: Count, rows: RowNumbers }

/**
 * What some records come to, in a form that adds up: the tallies of parts, merged in any order, are the tally of
 * the whole. Minutes are whole hundredths; lists are in one order each; row numbers are the lowest thousand.
 */
export const Tally = z.strictObject({
  ...sum,
  fields: z.array(text(410)),
  missing: z.strictObject({ rowCount: Count, rows: RowNumbers }),
  long: z.strictObject({ rowCount: Count, rows: RowNumbers }),
  counted: z.strictObject({ rowCount: Count, rows: RowNumbers }),
  /** By hourly rate, where rows name one; lowest first. */
  rates: z.array(z.strictObject({ rate: z.number().min(0), hundredths: Count, rowCount: Count })),
  categories: z.array(z.strictObject({ name: text(200, 1), ...sum })),
  /** By fingerprint; `text` is that of the row with the lowest number. Rows whose fingerprint is empty are in none. */
  clusters: z.array(z.strictObject({ fingerprint: text(200, 1), text: text(200), ...sum })),
  dates: z.strictObject({ first: text(40), last: text(40) }).nullable(),
})
export type Tally = z.infer<typeof Tally>
export type Category = Tally['categories'][number]
export type Cluster = Tally['clusters'][number]
type Sum = Pick<Tally, 'hundredths' | 'rowCount' | 'rows'>
type RowList = Tally['missing']

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** The start of a text, never with half a character at its end. */
const clip = (value: string, length: number): string =>
  value.length <= length ? value : value.slice(0, length).replace(/[\uD800-\uDBFF]$/u, '')

/** The name under which a row's category is summed: its first 200 characters, without space around it. */
export const getCategoryName = (row: Pick<RecordRow, 'category'>): string =>
  clip(row.category?.trim() ?? '', 200).trim() || NO_CATEGORY

const ISO_DATE = /^\d{4}-\d{2}-\d{2}/u

type Draft = { hundredths: number; readonly rowNumbers: number[]; firstRow: number; text: string }

const addTo = (drafts: Map<string, Draft>, key: string, row: RecordRow, hundredths: number): void => {
  const draft = drafts.get(key)
  if (draft === undefined) {
    drafts.set(key, { hundredths, rowNumbers: [row.row], firstRow: row.row, text: row.text })
    return
  }
  draft.hundredths += hundredths
  draft.rowNumbers.push(row.row)
  if (row.row >= draft.firstRow) return
  draft.firstRow = row.row
  draft.text = row.text
}

const listRows = (numbers: readonly number[]): RowList => ({
  rowCount: numbers.length,
  rows: numbers.toSorted((a, b) => a - b).slice(0, MAX_ROWS_NAMED),
})

const closeDraft = ({ hundredths, rowNumbers }: Draft): Sum => ({ hundredths, ...listRows(rowNumbers) })

const closeDrafts = (drafts: ReadonlyMap<string, Draft>): [string, Draft][] =>
  [...drafts].toSorted(([a], [b]) => compare(a, b))

/** Adds up records, each once. */
export const makeTally = (rows: readonly RecordRow[], treatment: Treatment): Tally => {
  const kept: RecordRow[] = []
  const categories = new Map<string, Draft>()
  const clusters = new Map<string, Draft>()
  const rates = new Map<number, { hundredths: number; rowCount: number }>()
  let total = 0
  for (const row of rows) {
    const hundredths = getHundredths(row, treatment)
    if (hundredths === null) continue
    kept.push(row)
    total += hundredths
    addTo(categories, getCategoryName(row), row, hundredths)
    const fingerprint = makeFingerprint(row.text)
    if (fingerprint !== '') addTo(clusters, fingerprint, row, hundredths)
    if (row.rate !== undefined) {
      const { hundredths: before, rowCount } = rates.get(row.rate) ?? { hundredths: 0, rowCount: 0 }
      rates.set(row.rate, { hundredths: before + hundredths, rowCount: rowCount + 1 })
    }
  }
  const numbersOf = (test: (row: RecordRow) => boolean) => kept.filter(test).map(({ row }) => row)
  const dates = kept.flatMap(({ date }) => ISO_DATE.exec(date ?? '')?.[0] ?? []).toSorted(compare)
  return {
    hundredths: total,
    ...listRows(kept.map(({ row }) => row)),
    fields: [...new Set(kept.map(({ field }) => field))].toSorted(compare),
    missing: listRows(numbersOf(({ estimate }) => estimate === 'guessed')),
    long: listRows(rows.filter(isLongRow).map(({ row }) => row)),
    counted: listRows(numbersOf(isCountedRow)),
    rates: [...rates].map(([rate, of]) => ({ rate, ...of })).toSorted((a, b) => a.rate - b.rate),
    categories: closeDrafts(categories).map(([name, draft]) => ({ name, ...closeDraft(draft) })),
    clusters: closeDrafts(clusters).map(([fingerprint, draft]) => ({
      fingerprint,
      text: clip(draft.text.trim(), 200),
      ...closeDraft(draft),
    })),
    dates: dates.length === 0 ? null : { first: dates[0] ?? '', last: dates.at(-1) ?? '' },
  }
}

const mergeRows = (lists: readonly RowList[]): RowList => ({
  rowCount: lists.reduce((count, list) => count + list.rowCount, 0),
  rows: lists
    .flatMap((list) => list.rows)
    .toSorted((a, b) => a - b)
    .slice(0, MAX_ROWS_NAMED),
})

const mergeSums = (sums: readonly Sum[]): Sum => ({
  hundredths: sums.reduce((total, each) => total + each.hundredths, 0),
  ...mergeRows(sums),
})

const getFirstRow = ({ rows }: Sum): number => rows[0] ?? Infinity

const mergeClusters = (clusters: readonly Cluster[]): Cluster[] =>
  [...Map.groupBy(clusters, ({ fingerprint }) => fingerprint)]
    .toSorted(([a], [b]) => compare(a, b))
    .map(([fingerprint, group]) => {
      const [first] = group.toSorted((a, b) => getFirstRow(a) - getFirstRow(b))
      return { fingerprint, text: first?.text ?? '', ...mergeSums(group) }
    })

/** The tally of all rows that the parts were made of. Each row must be in one part only. */
export const mergeTallies = (parts: readonly Tally[]): Tally => {
  const dates = parts.flatMap((part) => (part.dates === null ? [] : [part.dates.first, part.dates.last]))
  const sorted = dates.toSorted(compare)
  return {
    ...mergeSums(parts),
    fields: [...new Set(parts.flatMap(({ fields }) => fields))].toSorted(compare),
    missing: mergeRows(parts.map(({ missing }) => missing)),
    long: mergeRows(parts.map(({ long }) => long)),
    counted: mergeRows(parts.map(({ counted }) => counted)),
    rates: [
      ...Map.groupBy(
        parts.flatMap(({ rates }) => rates),
        ({ rate }) => rate,
      ),
    ]
      .map(([rate, group]) => ({
        rate,
        hundredths: group.reduce((total, each) => total + each.hundredths, 0),
        rowCount: group.reduce((total, each) => total + each.rowCount, 0),
      }))
      .toSorted((a, b) => a.rate - b.rate),
    categories: [
      ...Map.groupBy(
        parts.flatMap(({ categories }) => categories),
        ({ name }) => name,
      ),
    ]
      .toSorted(([a], [b]) => compare(a, b))
      .map(([name, group]) => ({ name, ...mergeSums(group) })),
    clusters: mergeClusters(parts.flatMap(({ clusters }) => clusters)),
    dates: sorted.length === 0 ? null : { first: sorted[0] ?? '', last: sorted.at(-1) ?? '' },
  }
}

/** Clusters of more than one row, those with most minutes first. */
export const listRecurring = ({ clusters }: Tally): Cluster[] =>
  clusters
    .filter(({ rowCount }) => rowCount > 1)
    .toSorted((a, b) => b.hundredths - a.hundredths || compare(a.fingerprint, b.fingerprint))

/** Categories, those with most minutes first. */
export const listCategories = ({ categories }: Tally): Category[] =>
  categories.toSorted((a, b) => b.hundredths - a.hundredths || compare(a.name, b.name))
