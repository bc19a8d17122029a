/** In the order of trust where the counts tie: a comma stands in texts and numbers too. */
export const DELIMITERS = ['\t', ';', '|', ','] as const

export type Delimiter = (typeof DELIMITERS)[number]

/** Enough to see the pattern; the rest of a file has the same. */
const SAMPLE_CHARACTERS = 65_536
const SAMPLE_LINES = 200

/** How often each delimiter stands outside quotes in each of the first filled lines. */
const countByLine = (text: string): readonly ReadonlyMap<string, number>[] => {
  const lines: Map<string, number>[] = []
  let [line, isQuoted, isFilled] = [new Map<string, number>(), false, false]
  for (const character of text.slice(0, SAMPLE_CHARACTERS)) {
    if (character === '"') isQuoted = !isQuoted
    if (character === '\n' && !isQuoted) {
      if (isFilled) lines.push(line)
      if (lines.length === SAMPLE_LINES) return lines
      line = new Map()
      isFilled = false
    } else {
      isFilled ||= character.trim() !== ''
      if (!isQuoted) line.set(character, (line.get(character) ?? 0) + 1)
    }
  }
  if (isFilled) lines.push(line)
  return lines
}

/** How many lines have the delimiter as often as most lines do. */
const countAgreeing = (lines: readonly ReadonlyMap<string, number>[], delimiter: Delimiter): number => {
  const tally = new Map<number, number>()
  for (const line of lines) {
    const count = line.get(delimiter) ?? 0
    if (count > 0) tally.set(count, (tally.get(count) ?? 0) + 1)
  }
  return Math.max(0, ...tally.values())
}

/**
 * Of a text with LF line ends: the delimiter that most lines have equally often, outside quotes. One that neither half of the lines nor
 * the first has is none: a file of one column, whose texts hold commas, then stays whole.
 */
export const findDelimiter = (text: string): Delimiter => {
  const lines = countByLine(text)
  let [best, most]: [Delimiter, number] = ['\t', 0]
  for (const delimiter of DELIMITERS) {
    const agreeing = countAgreeing(lines, delimiter)
    const isLikely = agreeing * 2 >= lines.length || (lines[0]?.get(delimiter) ?? 0) > 0
    if (isLikely && agreeing > most) [best, most] = [delimiter, agreeing]
  }
  return best
}
