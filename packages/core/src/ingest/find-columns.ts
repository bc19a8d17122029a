import type { ColumnRole, RecordColumn } from '../contract/records.ts'
import { isDateLike } from './dates.ts'
import { findUnit, readDuration } from './durations.ts'
import type { Cell, TableRow } from './table.ts'
import { getText, isEmpty } from './table.ts'
import { parseAmount } from './numbers.ts'
import { findRoles, getHeaderUnit, isBareTime } from './vocabulary.ts'

/** Rows enough to know a column by; more would tell the same, later. */
const SAMPLE = 500

/** What the values of one column are like, each as a share of the filled ones. */
type Profile = {
  readonly filled: number
  readonly distinct: number
  readonly meanLength: number
  readonly numbers: number
  readonly durations: number
  readonly namedDurations: number
  /** Those of them that name their unit in words; a clock form may be a time of day. */
  readonly wordedDurations: number
  readonly dates: number
  readonly units: number
  /** Clock forms from six in the morning on; hardly any task takes that long. */
  readonly daytimes: number
}

const getProfile = (cells: readonly Cell[]): Profile => {
  const filled = cells.filter((cell) => !isEmpty(cell))
  const share = (test: (cell: Cell) => boolean): number =>
    filled.length === 0 ? 0 : filled.filter(test).length / filled.length
  return {
    filled: filled.length,
    distinct: new Set(filled.map((cell) => getText(cell).toLowerCase())).size,
    meanLength:
      filled.reduce<number>((sum, cell) => sum + getText(cell).length, 0) / Math.max(1, filled.length),
    numbers: share((cell) => parseAmount(cell, '.') !== undefined),
    durations: share((cell) => readDuration(cell, '.') !== undefined),
    namedDurations: share((cell) => readDuration(cell, '.')?.kind === 'minutes'),
    wordedDurations: share((cell) => {
      const read = readDuration(cell, '.')
      return read?.kind === 'minutes' && read.rule === 'unit-in-value'
    }),
    dates: share(isDateLike),
    units: share((cell) => findUnit(getText(cell)) !== undefined),
    daytimes: share((cell) => /^(?:0?[6-9]|1\d|2[0-3]):[0-5]\d(?::[0-5]\d)?$/u.test(getText(cell))),
  }
}

/** Whether the values can be what the header says. A column without values is what its header says. */
const fits = (role: ColumnRole, profile: Profile): boolean => {
  if (profile.filled === 0) return true
  switch (role) {
    case 'duration':
      return profile.durations >= 0.5
    case 'unit':
      return profile.units >= 0.5
    case 'rate':
    case 'count':
      return profile.numbers >= 0.5
    case 'date':
      return profile.dates >= 0.5
    case 'text':
    case 'category':
    case 'person':
      return profile.numbers < 0.9 && profile.dates < 0.9 && profile.namedDurations < 0.9
    case 'other':
      return true
  }
}

type Draft = {
  readonly name: string
  readonly index: number
  readonly profile: Profile
  role: ColumnRole
  how: string
}

const give = (draft: Draft, role: ColumnRole, how: string): void => {
  draft.role = role
  draft.how = how
}

/** Roles by header, each held by one column, the leftmost; only durations may be several. */
const useHeaders = (drafts: readonly Draft[]): void => {
  const taken = new Set<ColumnRole>()
  for (const draft of drafts) {
    if (getHeaderUnit(draft.name) === 'unread') {
      draft.how = 'The header names a unit that is not read; use minutes or hours.'
      continue
    }
    if (isBareTime(draft.name) && draft.profile.daytimes >= 0.5) {
      draft.how = 'Most values are times of day, not durations.'
      continue
    }
    const roles = findRoles(draft.name)
    const role = roles.find((each) => fits(each, draft.profile) && (each === 'duration' || !taken.has(each)))
    if (role !== undefined) {
      taken.add(role)
      give(draft, role, `The header names a ${role}.`)
    } else if (roles.some((each) => taken.has(each))) {
      draft.how = 'Another column has this role already.'
    } else if (roles[0] !== undefined) {
      draft.how = `The header names a ${roles[0]}, most values are none.`
    }
  }
}

const isProse = ({ profile }: Draft): boolean =>
  profile.filled > 0 && profile.numbers < 0.5 && profile.durations < 0.5 && profile.dates < 0.5

/** What the headers left open, by the values: durations with units, the longest texts, texts that repeat. */
const useValues = (drafts: readonly Draft[], hasHeader: boolean): void => {
  const free = (): Draft[] => drafts.filter(({ role }) => role === 'other')
  const has = (role: ColumnRole): boolean => drafts.some((draft) => draft.role === role)
  if (!has('duration')) {
    const named = free().find(
      ({ profile }) => (hasHeader ? profile.wordedDurations : profile.namedDurations) >= 0.6,
    )
    const numeric = free().filter(({ profile }) => profile.filled > 0 && profile.numbers >= 0.9)
    if (named !== undefined) give(named, 'duration', 'Most values are durations with their unit.')
    else if (!hasHeader && numeric.length === 1 && numeric[0] !== undefined)
      give(numeric[0], 'duration', 'The only column of numbers in a file without a header.')
  }
  if (!has('text')) {
    const longest = free()
      .filter(isProse)
      .toSorted((a, b) => b.profile.meanLength - a.profile.meanLength)[0]
    if (longest !== undefined) give(longest, 'text', 'The longest texts of the file.')
  }
  if (!has('unit') && has('duration')) {
    const units = free().find(({ profile }) => profile.filled > 0 && profile.units >= 0.9)
    if (units !== undefined) give(units, 'unit', 'Almost every value is a unit of time.')
  }
  if (!has('date')) {
    const dates = free().find(({ profile }) => profile.filled > 0 && profile.dates >= 0.9)
    if (dates !== undefined) give(dates, 'date', 'Almost every value is a date.')
  }
  if (has('category') || hasHeader) return
  const repeated = free().find(
    (draft) => isProse(draft) && draft.profile.distinct <= Math.max(1, draft.profile.filled / 2),
  )
  if (repeated !== undefined) give(repeated, 'category', 'Texts that repeat.')
}

const finish = (draft: Draft): RecordColumn => {
  const { name, index, role, how } = draft
  const unit = role === 'duration' ? getHeaderUnit(name) : undefined
  return { name, index, role, ...(unit === undefined || unit === 'unread' ? {} : { unit }), how }
}

/**
 * What each column is for: by the words of its header where the values do not contradict it, else by the
 * values. In a file with a header, a column is taken for a category only by its name.
 */
export const findColumns = (
  names: readonly string[],
  rows: readonly TableRow[],
  hasHeader: boolean,
): RecordColumn[] => {
  const step = Math.max(1, Math.floor(rows.length / SAMPLE))
  const sample = rows.filter((_, index) => index % step === 0)
  const drafts = names.map((name, index): Draft => {
    const profile = getProfile(sample.map(({ cells }) => cells[index] ?? ''))
    return { name, index, profile, role: 'other', how: 'Nothing tells what it is for.' }
  })
  if (hasHeader) useHeaders(drafts)
  useValues(drafts, hasHeader)
  return drafts.map(finish)
}
