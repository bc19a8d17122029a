import { z } from 'zod'
import { EvidencePack } from '../evidence-pack.ts'

/** One criterion of a gate: its score against its minimum. `omitted` is optional and had no check that could run. */
export const RubricView = z.strictObject({
  rubric: z.string(),
  score: z.number(),
  min: z.number(),
  weight: z.number(),
  passed: z.boolean(),
  optional: z.boolean(),
  omitted: z.boolean(),
  /** The gate was let off it by a waiver that its evidence names. */
  waived: z.boolean(),
  guards: z.array(
    z.strictObject({
      guard: z.string(),
      outcome: z.enum(['pass', 'fail', 'not-run', 'error']),
      score: z.number(),
      severity: z.enum(['info', 'minor', 'major', 'critical']),
      reasons: z.array(z.string()),
      artifacts: z.array(z.string()),
      digest: z.string(),
    }),
  ),
})
export type RubricView = z.infer<typeof RubricView>

/** One judgement of a gate. `blocking` says what alone would have kept it shut. */
export const GateRound = z.strictObject({
  round: z.int(),
  passed: z.boolean(),
  score: z.number(),
  passMark: z.number(),
  reasons: z.array(z.string()),
  requiredActions: z.array(z.string()),
  blocking: z.array(z.string()),
  rubrics: z.array(RubricView),
  at: z.string(),
  pack: EvidencePack,
})
export type GateRound = z.infer<typeof GateRound>

/** The gate of one phase, its rounds oldest first. */
export const GateDetail = z.strictObject({
  phase: z.string(),
  status: z.string(),
  maxRounds: z.int(),
  rounds: z.array(GateRound),
})
export type GateDetail = z.infer<typeof GateDetail>
