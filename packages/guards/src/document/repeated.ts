import { getContentWords, getLikeness } from '../text/statements.ts'
import { share, type Check } from './checks.ts'

/** From this likeness on a text says what another said: a list cannot be filled by saying one thing twice. */
const SAME = 0.85

/** For each text the index of the first one that says the same, or undefined. */
const findFirsts = (texts: readonly string[]): (number | undefined)[] => {
  const words = texts.map(getContentWords)
  return words.map((own, index) => {
    const first = words.findIndex((other, at) => at < index && getLikeness(own, other) >= SAME)
    return first < 0 ? undefined : first
  })
}

/** How many of these texts say something that none before them said. */
export const countDistinct = (texts: readonly string[]): number =>
  findFirsts(texts).filter((first) => first === undefined).length

/** A check for each text that it does not repeat one before it; `place` is the list, a `*` in it each element. */
export const findRepeated = (place: string, texts: readonly string[]): Check[] =>
  findFirsts(texts).map((first, index) => {
    const name = (at: number) => (place.includes('*') ? place.replace('*', String(at)) : `${place}/${at}`)
    return share(first === undefined, `${name(index)} says the same as ${name(first ?? 0)}.`)
  })
