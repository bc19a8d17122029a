/** The points of a request: what is to be done, one by one. `isOrdered` where it numbers them. */
export type Points = { readonly points: readonly string[]; readonly isOrdered: boolean }

const NUMBERED = /^\s*(?:\d{1,2}[.)]|step\s+\d{1,2}\s*[:.)])\s+(\S.*)$/iu
const BULLET = /^\s*[-*•–]\s+(\S.*)$/u

/** More points than this are one backlog for people to write, not for a rule to guess. */
const MAX_POINTS = 40

/** A full stop ends a sentence where white space and a new beginning follow: not in `e.g. this` or `1.5 h`. */
const SENTENCE_END = /(?<=[.!?;])(?<!\b(?:e\.g|i\.e|etc|vs|approx|no|mr|mrs|dr)\.)\s+(?=[\p{Lu}\d"'(])/iu

const clean = (point: string): string =>
  point
    .replace(/\s+/gu, ' ')
    .replace(/[.;,\s]+$/u, '')
    .trim()

const readSentences = (request: string): readonly string[] =>
  request
    .split(/\n+/u)
    // A single point has its mark as well; it is no part of what is to be done.
    .map((line) => NUMBERED.exec(line)?.[1] ?? BULLET.exec(line)?.[1] ?? line)
    .flatMap((line) => line.split(SENTENCE_END))
    .map(clean)

/** Sentences of a request, in order, without their ends. */
export const splitSentences = (request: string): readonly string[] =>
  readSentences(request).filter((sentence) => sentence !== '')

/** Bullets or numbered steps where the request has at least two; else its sentences. */
export const readPoints = (request: string): Points => {
  const lines = request.split('\n')
  for (const [pattern, isOrdered] of [
    [NUMBERED, true],
    [BULLET, false],
  ] as const) {
    const points = lines.flatMap((line) => pattern.exec(line)?.[1] ?? []).map(clean)
    if (points.length >= 2) return { points: points.slice(0, MAX_POINTS), isOrdered }
  }
  const sentences = splitSentences(request)
  const points = sentences.length > 0 ? sentences : [clean(request)]
  return { points: points.slice(0, MAX_POINTS), isOrdered: false }
}
