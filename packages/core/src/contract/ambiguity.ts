import { z } from 'zod'
import { Share, text } from '../text.ts'

/** The rules that say why a request is unclear (row X-06). */
export const AmbiguityRule = z.enum([
  'missing-field',
  'no-measurable-target',
  'vague-term',
  'conflicting-statements',
  'unresolved-reference',
  'unknown-actor',
])
export type AmbiguityRule = z.infer<typeof AmbiguityRule>

/** How strict the rules are; what is absent holds as it is built in. */
export const AmbiguitySettings = z.strictObject({
  /** Above this score a request is asked about before work begins. */
  limit: Share.default(0.4),
  /** Other limits, by the name of the phase that the request is for. */
  limits: z.record(z.string().max(64), Share).default({}),
  /** How much each rule counts; 0 switches it off. */
  weights: z.partialRecord(AmbiguityRule, Share).default({}),
  /** Words that are vague here, on top of those built in; and words that are not. */
  vague_terms: z.array(text(60, 2)).max(200).default([]),
  clear_terms: z.array(text(60, 2)).max(200).default([]),
})
export type AmbiguitySettings = z.infer<typeof AmbiguitySettings>
