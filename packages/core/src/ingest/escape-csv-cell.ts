const NUMBER = /^[+-]?(?:\d[\d.,'\u00a0\u202f ]*|[.,]\d+)(?:e[+-]?\d{1,3})?\s*%?$/iu

/** Beginnings that spreadsheet programs take for a formula, and the wide forms some of them accept as well. */
const OPENERS = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/u

/** Whether a spreadsheet program may run this text as a formula. A number with a sign is a number. */
export const isFormulaLike = (value: string): boolean =>
  OPENERS.test(value) && value.trim() !== '' && !(value.length <= 60 && NUMBER.test(value))

/**
 * A cell for a CSV that people open in a spreadsheet program: what could run as a formula gets an
 * apostrophe before it, which such programs show as text; quotes stand where the format needs them.
 */
export const escapeCsvCell = (value: string | number | null): string => {
  if (value === null) return ''
  if (typeof value === 'number') return String(value)
  const safe = isFormulaLike(value) ? `'${value}` : value
  return /[",;|\t\r\n]|^\s|\s$/u.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
