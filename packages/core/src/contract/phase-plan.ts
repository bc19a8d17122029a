import { z } from 'zod'
import { digestOf } from '../canonical.ts'
import { Digest, Name } from '../text.ts'
import { PhaseDefinition } from './playbook.ts'

/**
 * One phase of a run plan: its definition, and the order of its agents in stages.
 * The tasks of a stage run side by side; a stage starts when the one before it has ended.
 */
export const PhasePlan = z.strictObject({
  phase: PhaseDefinition.shape.phase,
  definition: PhaseDefinition,
  stages: z.array(z.array(Name).min(1)).min(1),
  version: z.literal(1),
  hash: Digest,
})
export type PhasePlan = z.infer<typeof PhasePlan>

/** SHA-256 over agents, rubrics and budgets: what decides whether two phase plans judge alike. */
export const getPhasePlanHash = (definition: PhaseDefinition): string =>
  digestOf({ agents: definition.agents, rubrics: definition.rubrics, budgets: definition.budgets })
