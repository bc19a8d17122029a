import type { AmbiguitySettings } from '../contract/ambiguity.ts'
import { type AmbiguityInput, type Finding, getExcerpt, getSentenceAt } from './input.ts'

/** Words that two people read as two things. A number in the same sentence makes those of the first list clear. */
const MEASURABLE = [
  'fast',
  'faster',
  'quick',
  'quicker',
  'quickly',
  'slow',
  'slower',
  'better',
  'cheap',
  'cheaper',
  'efficient',
  'efficiently',
  'scalable',
  'large',
  'larger',
  'small',
  'smaller',
  'big',
  'bigger',
  'significant',
  'significantly',
  'considerable',
  'considerably',
  'substantial',
  'substantially',
  'minimal',
  'short',
  'shorter',
  'high quality',
  'high-quality',
  'low cost',
  'low-cost',
  'high performance',
  'high-performance',
  'noticeably',
  'drastically',
]

const OPEN = [
  'soon',
  'asap',
  'as soon as possible',
  'user-friendly',
  'user friendly',
  'easy to use',
  'easily',
  'intuitive',
  'intuitively',
  'seamless',
  'seamlessly',
  'simple',
  'flexible',
  'robust',
  'optimal',
  'optimally',
  'appropriate',
  'appropriately',
  'adequate',
  'adequately',
  'reasonable',
  'reasonably',
  'sufficient',
  'sufficiently',
  'suitable',
  'several',
  'some',
  'many',
  'a few',
  'a lot',
  'lots of',
  'various',
  'usually',
  'often',
  'sometimes',
  'roughly',
  'etc',
  'and so on',
  'and/or',
  'and the like',
  'as needed',
  'as required',
  'if possible',
  'where possible',
  'if necessary',
  'where appropriate',
  'as appropriate',
  'state of the art',
  'state-of-the-art',
  'modern',
  'nice',
  'good',
  'great',
  'proper',
  'properly',
  'best practice',
  'best practices',
  'world class',
  'world-class',
]

const escape = (word: string): string =>
  word.replace(/[.*+?^${}()|[\]\\/]/gu, String.raw`\$&`).replace(/\s+/gu, String.raw`\s+`)

const makePattern = (words: readonly string[]): RegExp | undefined =>
  words.length === 0
    ? undefined
    : new RegExp(
        `(?<![\\p{L}\\p{N}-])(?:${[...words]
          .sort((a, b) => b.length - a.length)
          .map(escape)
          .join('|')})(?![\\p{L}\\p{N}-])`,
        'giu',
      )

/** Words without one meaning, where nothing in their sentence measures them. */
export const findVagueTerms = (
  { request }: AmbiguityInput,
  { vague_terms, clear_terms }: AmbiguitySettings,
): readonly Finding[] => {
  const clear = new Set(clear_terms.map((term) => term.toLowerCase()))
  const find = (words: readonly string[], isMeasurable: boolean): Finding[] => {
    const pattern = makePattern(words.filter((word) => !clear.has(word)))
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
    ...find(MEASURABLE, true),
    ...find([...OPEN, ...vague_terms.map((term) => term.toLowerCase())], false),
  ]
}
