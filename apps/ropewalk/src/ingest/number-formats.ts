/** What a number in a sheet stands for: spreadsheets keep dates and times as days, and only the format tells. */
export type NumberKind = 'number' | 'date' | 'time' | 'moment'

/** The formats that every program knows by number (ECMA-376 part 1, 18.8.30); 27 to 36 and 50 to 58 are East Asian dates. */
const BUILT_IN: readonly (readonly [from: number, to: number, kind: NumberKind])[] = [
  [14, 17, 'date'],
  [18, 21, 'time'],
  [22, 22, 'moment'],
  [27, 36, 'date'],
  [45, 47, 'time'],
  [50, 58, 'date'],
]

/** The kind of a format that every program knows by its number. */
export const getBuiltInKind = (id: number): NumberKind =>
  BUILT_IN.find(([from, to]) => id >= from && id <= to)?.[2] ?? 'number'

/** The kind of a format by its code, such as yyyy-mm-dd or [h]:mm; text in quotes and colours say nothing. */
export const getKind = (code: string): NumberKind => {
  const positive = code.slice(0, 255).split(';')[0] ?? ''
  const bare = positive
    .replace(/"[^"]*"?/gu, '')
    .replace(/[\\_*]./gu, '')
    .replace(/\[(?!h+\]|m+\]|s+\])[^\]]*\]?/giu, '')
    .toLowerCase()
  if (bare.includes('general') || /[0#?]/u.test(bare.replace(/s[.,]0+/gu, 's'))) return 'number'
  const hasTime = /[hs]|\[m/u.test(bare)
  // An m beside hours or seconds is minutes, alone or beside days a month.
  const hasDate = /[yd]/u.test(bare) || (bare.includes('m') && !hasTime)
  if (hasDate) return hasTime ? 'moment' : 'date'
  return hasTime ? 'time' : 'number'
}

const SECONDS_A_DAY = 86_400

/** Days from the first of January 1970 back to day 0 of the two calendars of workbooks. */
const EPOCH_1900 = 25_569
const EPOCH_1904 = 24_107

const pad = (value: number): string => String(value).padStart(2, '0')

const writeTime = (serial: number): string => {
  const seconds = Math.round(serial * SECONDS_A_DAY)
  const [hours, rest] = [Math.floor(seconds / 3600), seconds % 3600]
  return `${hours}:${pad(Math.floor(rest / 60))}:${pad(rest % 60)}`
}

/** A number as people see it: 2026-01-31, 2026-01-31 10:30:00, or 1:30:00 for a time, which may pass a day. */
export const writeSerial = (serial: number, kind: NumberKind, is1904: boolean): string | number => {
  if (kind === 'number' || serial < 0) return serial
  if (kind === 'time') return writeTime(serial)
  // The 1900 calendar has a 29 February 1900 that never was; before it every day is one off.
  const days = is1904 ? serial - EPOCH_1904 : serial - EPOCH_1900 + (serial < 60 ? 1 : 0)
  const date = new Date(Math.round(days * SECONDS_A_DAY) * 1000)
  if (Number.isNaN(date.getTime()) || date.getUTCFullYear() > 9999) return serial
  const text = date.toISOString()
  return kind === 'date' ? text.slice(0, 10) : `${text.slice(0, 10)} ${text.slice(11, 19)}`
}
