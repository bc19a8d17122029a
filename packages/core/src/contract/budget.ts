import { z } from 'zod'
import { Count } from '../text.ts'

/** Limits of a phase. All four units are always there; 0 means none may be used. */
export const PhaseBudget = z.strictObject({
  tokens: Count,
  tools_minutes: z.number().min(0),
  gpu_hours: z.number().min(0),
  wallclock_minutes: z.number().min(0),
})
export type PhaseBudget = z.infer<typeof PhaseBudget>

/** What was used. Money is in millionths of a US dollar, so that sums are exact. */
export const Usage = z.strictObject({
  inputTokens: Count.default(0),
  outputTokens: Count.default(0),
  modelCalls: Count.default(0),
  toolMs: Count.default(0),
  costMicros: Count.default(0),
})
export type Usage = z.infer<typeof Usage>

export const NO_USAGE: Usage = { inputTokens: 0, outputTokens: 0, modelCalls: 0, toolMs: 0, costMicros: 0 }

/** The sum of two usages, unit by unit. */
export const addUsage = (a: Usage, b: Usage): Usage => ({
  inputTokens: a.inputTokens + b.inputTokens,
  outputTokens: a.outputTokens + b.outputTokens,
  modelCalls: a.modelCalls + b.modelCalls,
  toolMs: a.toolMs + b.toolMs,
  costMicros: a.costMicros + b.costMicros,
})
