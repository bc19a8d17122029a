import type { AmbiguityHit } from '../contract/project-question.ts'

/**
 * How unclear hits make a request, from 0 to 1: the chance that one of them misleads, were each to do so with
 * its weight. A rule that hits several times counts fully once and by half for the rest, so that one habit of
 * writing is not everything.
 */
export const scoreHits = (hits: readonly AmbiguityHit[]): number => {
  const seen = new Set<string>()
  let clear = 1
  for (const { rule, weight } of [...hits].sort((a, b) => b.weight - a.weight)) {
    clear *= 1 - (seen.has(rule) ? weight / 2 : weight)
    seen.add(rule)
  }
  return Math.round((1 - clear) * 1000) / 1000
}
