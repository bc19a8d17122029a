import { z } from 'zod'
import { getJson } from '../documents.ts'
import { judgeByScore, makeGuard, notRun } from '../make-guard.ts'
import { listStatements, type Statement } from '../text/statements.ts'

/** Each costs a statement this much of its specificity (row DX-39). */
const COST = 0.2

/** Words a reader cannot check: they name no figure, no list and no condition. */
const VAGUE_WORDS = [
  'a lot', 'acceptable', 'adequate', 'adequately', 'and so on', 'and/or', 'appropriate', 'appropriately',
  'as appropriate', 'as far as possible', 'as needed', 'as required', 'as soon as possible', 'asap', 'best effort',
  'better', 'convenient', 'easily', 'easy', 'efficient', 'efficiently', 'elegant', 'etc', 'fast', 'faster',
  'few', 'flexible', 'friendly', 'good', 'good enough', 'graceful', 'gracefully', 'high quality', 'high-quality',
  'if possible', 'ideally', 'intuitive', 'intuitively', 'lightweight', 'many', 'maximal', 'minimal', 'modern',
  'nice', 'normally', 'numerous', 'optimal', 'optimised', 'optimized', 'performant', 'possibly',
  'powerful', 'promptly', 'properly', 'quick', 'quickly', 'reasonable', 'reasonably', 'relevant', 'reliable',
  'responsive', 'robust', 'scalable', 'seamless', 'seamlessly', 'secure', 'several', 'significant', 'simple',
  'simply', 'smooth', 'smoothly', 'sometimes', 'sufficient', 'suitable', 'timely', 'typically',
  'up to date', 'user friendly', 'user-friendly', 'usually', 'various', 'well designed', 'when necessary',
  'where possible',
] // prettier-ignore

const Settings = z.strictObject({
  min: z.number().min(0).max(1).default(0.6),
  extra_words: z.array(z.string().min(1).max(80)).max(200).default([]),
  allowed_words: z.array(z.string().min(1).max(80)).max(200).default([]),
})

/** Where a listed word is exact after all: "how many", "too many requests". */
const EXACT = /\b(?:how|too|as) (?:many|few)\b/giu

const getPattern = (words: readonly string[]): RegExp => {
  // Longer first, so that "user-friendly" is one hit and not also "friendly".
  const parts = words
    .toSorted((a, b) => b.length - a.length)
    .map((word) => word.replaceAll(/[.*+?^${}()|[\]\\/]/gu, '\\$&').replaceAll(/\s+/gu, '\\s+'))
  return new RegExp(`(?<![\\p{L}\\p{N}_])(?:${parts.join('|')})(?![\\p{L}\\p{N}_])`, 'giu')
}

const lacksMeasure = ({ document, pointer, text }: Statement): boolean =>
  document === 'PRD' &&
  /^\/nonfunctional\/\d+\/measure$/u.test(pointer) &&
  !/\d|\b(?:all|always|each|every|never|no|none|nothing|only|zero)\b/iu.test(text)

/** Vague words and missing measures; the score is the mean specificity of the statements. */
export const guard = makeGuard({
  name: 'clarity',
  version: '1.0.0',
  settings: Settings,
  judge: (input, settings) => {
    const statements = input.judged.flatMap((one) => listStatements(one.artifact.name, getJson(one)))
    if (statements.length === 0) return notRun('The judged artifacts hold no statements.')
    const allowed = new Set(settings.allowed_words.map((word) => word.toLowerCase()))
    const pattern = getPattern(
      [...VAGUE_WORDS, ...settings.extra_words].filter((word) => !allowed.has(word.toLowerCase())),
    )
    const reasons: string[] = []
    let sum = 0
    let hits = 0
    for (const statement of statements) {
      const where = `${statement.document}#${statement.pointer}`
      const words = statement.text.replaceAll(EXACT, ' ').match(pattern) ?? []
      const found = words.map((word) => `${where}: "${word}" is vague; name a figure, a list or a condition.`)
      if (lacksMeasure(statement)) found.push(`${where}: the measure names no figure: "${statement.text}".`)
      reasons.push(...found)
      hits += found.length
      sum += Math.max(0, 1 - COST * found.length)
    }
    return {
      ...judgeByScore(sum / statements.length, settings.min, reasons),
      metrics: { statements: statements.length, hits },
    }
  },
})
