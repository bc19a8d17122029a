import { clipText } from '../clip.ts'

/** Characters of a quotation. */
const MAX_QUOTE = 200

/** What a terminal or a reader's eye would be led astray by: control characters and marks that turn text round. */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]+/gu

const LINE_END = /[\n\v\f\r\u0085\u2028\u2029]+/u

const listLines = (text: string): readonly string[] =>
  text
    .split(LINE_END)
    .map((line) => line.replace(UNSAFE, ' ').replace(/\s+/gu, ' ').trim())
    .filter((line) => line !== '')

/** The first or last line of a text that has anything in it, cut to `max`, with nothing in it that is not text. */
export const quoteLine = (text: string | null, which: 'first' | 'last', max = MAX_QUOTE): string => {
  if (text === null) return '(erased)'
  const line = listLines(text).at(which === 'first' ? 0 : -1)
  return line === undefined ? '(empty)' : clipText(line, max, max * 6)
}
