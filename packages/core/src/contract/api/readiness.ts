import { z } from 'zod'

/**
 * One thing that keeps a gate shut, or would. `weight` is the share of the gate's score that hangs on it, and
 * 1 where nothing passes without it.
 */
export const Obstacle = z.strictObject({
  kind: z.enum(['missing-artifact', 'critical', 'rubric', 'score', 'question', 'approval', 'need']),
  name: z.string(),
  weight: z.number().min(0).max(1),
  message: z.string(),
  action: z.string(),
  /** A waiver could be asked for. */
  waivable: z.boolean(),
})
export type Obstacle = z.infer<typeof Obstacle>

/** How near the gate of a phase is to passing: what stands in the way, the weightiest first. */
export const Readiness = z.strictObject({
  phase: z.string(),
  status: z.enum(['pending', 'running', 'gating', 'passed', 'failed', 'skipped']),
  ready: z.boolean(),
  round: z.int(),
  maxRounds: z.int(),
  /** The newest judgement's score against the pass mark; null before the gate has spoken. */
  score: z.number().nullable(),
  passMark: z.number(),
  obstacles: z.array(Obstacle),
  waivedRubrics: z.array(z.string()),
  /** Milliseconds of work until the gate could pass, by what like work took so far; null where nothing tells. */
  estimatedMs: z.number().min(0).nullable(),
  basis: z.enum(['passed', 'durations', 'timebox', 'person']),
})
export type Readiness = z.infer<typeof Readiness>

/** The gates of a run, in the order of its plan. */
export const ReadinessList = z.strictObject({ items: z.array(Readiness) })
export type ReadinessList = z.infer<typeof ReadinessList>
