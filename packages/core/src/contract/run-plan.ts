import { z } from 'zod'
import { Commit, Count, Digest, Name, text } from '../text.ts'
import { AgentDefinition, Duration, PhaseName, Price } from './playbook.ts'
import { PhasePlan } from './phase-plan.ts'

export const ClarificationMode = z.enum(['human', 'autonomous', 'hybrid'])
export type ClarificationMode = z.infer<typeof ClarificationMode>

/** The repository that a run starts from. Its code is the blob `bundle`, so that nobody needs the folder it was in. */
export const RunRepo = z.strictObject({
  name: text(200, 1),
  commit: Commit,
  /** What was checked out there; null where no branch was. */
  branch: text(250, 1).nullable(),
  bundle: Digest,
})
export type RunRepo = z.infer<typeof RunRepo>

/**
 * The frozen description of what a run will do. Kept once under its digest; a run names that digest,
 * and its own id, workspace and time of making stand beside it in the run.
 */
export const RunPlan = z.strictObject({
  version: z.literal(1),
  playbook: z.strictObject({ name: Name, hash: Digest }),
  idea: text(20_000, 1),
  repo: RunRepo.nullable(),
  phases: z.array(PhasePlan).min(1),
  dependencies: z.record(PhaseName, z.array(PhaseName)),
  agents: z.array(AgentDefinition),
  prices: z.array(Price),
  models: z.array(text(120, 1)).min(1),
  budgets: z.strictObject({
    capMicros: Count,
    total_tokens: Count,
    total_tools_minutes: z.number().min(0),
    total_gpu_hours: z.number().min(0),
  }),
  policies: z.strictObject({
    clarification: ClarificationMode,
    question_deadline_ms: Count,
    no_user_interactions: z.boolean(),
    hallucination_guards_required: z.boolean(),
    security_gates_required: z.array(PhaseName),
    unconfined: z.boolean(),
  }),
  timeouts: z.strictObject({ total: Duration, phases: z.record(PhaseName, Duration) }),
  required_evidence: z.array(Name),
  estimate: z.strictObject({ lowMicros: Count, highMicros: Count, tokens: Count }),
})
export type RunPlan = z.infer<typeof RunPlan>
