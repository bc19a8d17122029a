import { z } from 'zod'
import { text } from '../../text.ts'
import { cites, citedClaims, claim, claims, ConstraintId, Feasibility, mustCite } from './shared.ts'

/** The sentence a run begins with, kept as an artifact so that claims can cite it. */
export const Idea = z.strictObject({ text: text(20_000, 1) })
export type Idea = z.infer<typeof Idea>

/** What the clarifier asks before the idea is written down. */
export const Clarifications = z.strictObject({
  questions: z
    .array(
      z.strictObject({
        text: text(2000, 1),
        category: z.enum(['clarification', 'validation', 'assumption', 'risk']),
        priority: z.enum(['high', 'medium', 'low']),
        decision_impact: text(1000, 1),
        default: text(2000, 1),
      }),
    )
    .max(3),
  notes: text(4000),
})
export type Clarifications = z.infer<typeof Clarifications>

/** What the solution may not do or must keep to; `is_hard` ones cannot be traded away later. */
export const Constraints = z.strictObject({
  summary: claim,
  constraints: z
    .array(
      z.strictObject({
        id: ConstraintId,
        kind: z.enum(['technical', 'legal', 'time', 'budget', 'platform', 'quality', 'data', 'operational']),
        text: claim,
        is_hard: z.boolean(),
        cites: mustCite,
      }),
    )
    .min(1)
    .max(40),
  open_points: claims(20),
})
export type Constraints = z.infer<typeof Constraints>

export const IdeaSpec = z.strictObject({
  title: text(120, 1),
  summary: claim,
  problem: claim,
  users: z
    .array(z.strictObject({ name: text(120, 1), need: claim, cites }))
    .min(1)
    .max(10),
  goals: z
    .array(z.strictObject({ text: claim, cites }))
    .min(1)
    .max(20),
  constraints: z
    .array(z.strictObject({ text: claim, cites }))
    .min(1)
    .max(20),
  out_of_scope: claims(20),
  assumptions: z.array(z.strictObject({ text: claim, cites })).max(20),
  success_measures: citedClaims(20).default([]),
  feasibility: Feasibility.nullable().default(null),
})
export type IdeaSpec = z.infer<typeof IdeaSpec>
