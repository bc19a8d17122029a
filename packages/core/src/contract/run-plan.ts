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

const range = { lowTokens: Count, tokens: Count, highTokens: Count, lowMicros: Count, highMicros: Count }

/** What one phase is expected to use. `runs` past runs tell it; 0 where its budget and rounds do. */
export const PhaseEstimate = z.strictObject({
  phase: PhaseName,
  ...range,
  runs: Count,
  /** A fork takes the phase over as it is. */
  inherited: z.boolean(),
})
export type PhaseEstimate = z.infer<typeof PhaseEstimate>

/**
 * What a run is expected to use, before it begins. `basis` says where the tokens come from: phases of past runs
 * of the workspace, the playbook, some from each, or nothing where the offline model comes first. `price` says
 * whether the model that comes first is in the price list, is taken to cost what unlisted ones do, or is free.
 */
export const Estimate = z.strictObject({
  ...range,
  basis: z.enum(['none', 'playbook', 'runs', 'mixed']),
  /** The most past runs that any phase rests on. */
  runs: Count,
  model: text(120, 1),
  price: z.enum(['free', 'listed', 'assumed']),
  phases: z.array(PhaseEstimate).max(32),
})
export type Estimate = z.infer<typeof Estimate>

/** The estimate of a run that calls no model. */
export const NO_ESTIMATE: Estimate = {
  lowTokens: 0,
  tokens: 0,
  highTokens: 0,
  lowMicros: 0,
  highMicros: 0,
  basis: 'none',
  runs: 0,
  model: 'offline',
  price: 'free',
  phases: [],
}

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
  estimate: Estimate,
})
export type RunPlan = z.infer<typeof RunPlan>
