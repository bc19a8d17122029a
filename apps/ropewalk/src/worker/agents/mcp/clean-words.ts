/** C0 and C1 controls but newline and tab, marks that turn text around, and the tag block, which nobody can see. */
const INVISIBLE =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]|[\u{e0000}-\u{e007f}]/gu

/** What a server wrote, without what a reader of it would not see. */
export const cleanWords = (text: string): string => text.toWellFormed().replace(INVISIBLE, '')

/** The same on one line of at most `max` characters. */
export const cleanLine = (text: string, max: number): string => {
  const line = cleanWords(text).replaceAll(/\s+/gu, ' ').trim()
  return line.length <= max ? line : `${line.slice(0, max - 1).toWellFormed()}…`
}

/** A version as it stands in a log and outside quotation: what is no part of one is left out. */
export const cleanVersion = (text: string | undefined): string =>
  (text ?? '').replaceAll(/[^A-Za-z0-9.+_-]/gu, '').slice(0, 40) || 'unknown'
