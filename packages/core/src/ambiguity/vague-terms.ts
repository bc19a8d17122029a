import type { AmbiguitySettings } from '../contract/ambiguity.ts'
import { type AmbiguityInput, type Finding, getExcerpt, getSentenceAt } from './input.ts'
import { VAGUE_WORDS } from './vague-words.ts'

const escape = (word: string): string =>
  word.replace(/[.*+?^${}()|[\]\\/]/gu, String.raw`\$&`).replace(/\s+/gu, String.raw`\s+`)

/** `joins` are signs that make another word of one they touch. */
const makePattern = (words: readonly string[], joins = '-'): RegExp | undefined =>
  words.length === 0
    ? undefined
    : new RegExp(
        `(?<![\\p{L}\\p{N}${joins}])(?:${[...words]
          .sort((a, b) => b.length - a.length)
          .map(escape)
          .join('|')})(?![\\p{L}\\p{N}${joins}])`,
        'giu',
      )

/** Where a listed word is exact after all: "how many", "too many requests". */
const EXACT = /\b(?:how|too|as) (?:many|few)\b/giu

const listWords = (where: 'in-requests' | 'in-documents', isMeasurable?: boolean): readonly string[] =>
  VAGUE_WORDS.flatMap((group) =>
    (group.counts === 'both' || group.counts === where) &&
    (isMeasurable === undefined || group.isMeasurable === isMeasurable)
      ? group.words
      : [],
  )

/** What others build upon has to say its measure at the word itself. */
const findInDocument = (text: string, words: readonly string[]): readonly Finding[] => {
  // A name with an underscore is a name; a "fast-paced" thing is as vague as a fast one.
  const pattern = makePattern(words, '_')
  if (!pattern) return []
  const plain = text.replaceAll(EXACT, (said) => ' '.repeat(said.length))
  return [...plain.matchAll(pattern)].map((match) => ({
    rule: 'vague-term',
    field: 'request',
    excerpt: getExcerpt(text, match.index, match[0].length),
    message: `"${match[0]}" is vague; name a figure, a list or a condition.`,
  }))
}

/** Words without one meaning, where nothing in their sentence measures them. */
export const findVagueTerms = (
  { request, isDocument = false }: AmbiguityInput,
  { vague_terms, clear_terms }: AmbiguitySettings,
): readonly Finding[] => {
  const clear = new Set(clear_terms.map((term) => term.toLowerCase()))
  const more = vague_terms.map((term) => term.toLowerCase())
  const pick = (words: readonly string[]) => words.filter((word) => !clear.has(word))
  if (isDocument) return findInDocument(request, pick([...listWords('in-documents'), ...more]))
  const find = (words: readonly string[], isMeasurable: boolean): Finding[] => {
    const pattern = makePattern(words)
    if (!pattern) return []
    return [...request.matchAll(pattern)]
      .filter((match) => !isMeasurable || !/\d/u.test(getSentenceAt(request, match.index)))
      .map((match) => ({
        rule: 'vague-term',
        field: 'request',
        excerpt: getExcerpt(request, match.index, match[0].length),
        message: isMeasurable
          ? `"${match[0]}" can be measured, and no measure stands beside it.`
          : `"${match[0]}" means different things to different people.`,
      }))
  }
  return [
    ...find(pick(listWords('in-requests', true)), true),
    ...find([...pick(listWords('in-requests', false)), ...more], false),
  ]
}
