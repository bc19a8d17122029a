import { z } from 'zod'
import { Estimate } from '../run-plan.ts'

/** What was used against what was expected: nothing yet, less, as much, or more. */
export const Standing = z.enum(['none', 'below', 'within', 'above'])
export type Standing = z.infer<typeof Standing>

/**
 * What a run was expected to use beside what it has used so far, in all and by phase, in the order of the plan.
 * `standing` goes by tokens, which no price list changes. A phase that is under way may yet use more.
 */
export const EstimateView = z.strictObject({
  basis: Estimate.shape.basis,
  /** Where the expectation came from, in words, such as `from 4 past runs`. */
  from: z.string(),
  model: z.string(),
  price: Estimate.shape.price,
  lowTokens: z.int(),
  tokens: z.int(),
  highTokens: z.int(),
  lowUsd: z.number(),
  highUsd: z.number(),
  actualTokens: z.int(),
  actualUsd: z.number(),
  standing: Standing,
  phases: z.array(
    z.strictObject({
      phase: z.string(),
      runs: z.int(),
      inherited: z.boolean(),
      lowTokens: z.int(),
      tokens: z.int(),
      highTokens: z.int(),
      lowUsd: z.number(),
      highUsd: z.number(),
      actualTokens: z.int(),
      actualUsd: z.number(),
      rounds: z.int(),
      isDone: z.boolean(),
      standing: Standing,
    }),
  ),
})
export type EstimateView = z.infer<typeof EstimateView>

/** What one phase of one finished run used; newest run first. Estimates rest on it. */
export const PastUseList = z.strictObject({
  items: z.array(
    z.strictObject({
      phase: z.string(),
      agents: z.array(z.string()),
      model: z.string(),
      inputTokens: z.int(),
      outputTokens: z.int(),
    }),
  ),
})
export type PastUseList = z.infer<typeof PastUseList>
