import { z } from 'zod'
import { Count, Name, Share, text } from '../text.ts'
import { PhaseBudget } from './budget.ts'
import { ToolName } from './tool-name.ts'

/** Lower-case kebab, such as `prd` or `story-loop`. */
export const PhaseName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,40}$/u, 'expected a phase name: lower-case letters, digits and dashes')
export type PhaseName = z.infer<typeof PhaseName>

/** ISO 8601 duration of days, hours, minutes and seconds, such as `PT1H30M`. */
export const Duration = z
  .string()
  .regex(/^P(?!$)(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?$/u, 'expected an ISO 8601 duration such as PT1H30M')

/** Milliseconds of an ISO 8601 duration accepted by `Duration`. */
export const getDurationMs = (duration: string): number => {
  const part = (unit: RegExp) => Number(unit.exec(duration)?.[1] ?? 0)
  const [date = '', time = ''] = duration.split('T')
  const days = Number(/(\d+)D/u.exec(date)?.[1] ?? 0)
  const seconds = /T/u.test(duration)
    ? part(/(\d+)H/u) * 3600 + Number(/(\d+)M/u.exec(time)?.[1] ?? 0) * 60 + part(/(\d+)S/u)
    : 0
  return (days * 86_400 + seconds) * 1000
}

/** Who does a task: a model, a coder in a worktree, a tool of ours, a guard of ours, an agent outside. */
export const AgentKind = z.enum(['model', 'coder', 'tool', 'guard', 'external'])
export type AgentKind = z.infer<typeof AgentKind>

/** Front matter of `agents/<phase>/<agent>.md`. */
export const AgentFront = z.strictObject({
  agent: Name,
  phase: PhaseName,
  kind: AgentKind.exclude(['guard']),
  capability: Name,
  inputs: z.array(Name).default([]),
  output: Name,
  tools: z.array(ToolName).default([]),
  model: z
    .strictObject({ tier: z.enum(['fast', 'standard', 'strong']), temperature: z.number().min(0).max(2) })
    .default({ tier: 'standard', temperature: 0.2 }),
  secrets: z.array(Name).default([]),
  /** For a tool: what it is told beside its inputs; its own program says which keys it knows. */
  settings: z.record(z.string(), z.json()).default({}),
  failure_modes: z.array(text(400, 1)).default([]),
})

/** An agent as a run is pinned to it: front matter and prompt. */
export const AgentDefinition = AgentFront.extend({ prompt: text(40_000, 1) })
export type AgentDefinition = z.infer<typeof AgentDefinition>

export const Rubric = z.strictObject({
  min: Share,
  weight: z.number().positive(),
  waivable: z.boolean().default(true),
  /** Optional rubrics may be not-run where their tool is absent; the verdict then has a gap. */
  optional: z.boolean().default(false),
})
export type Rubric = z.infer<typeof Rubric>

/** One check of a phase: which guard, over which artifacts, feeding which rubric. */
export const GuardUse = z.strictObject({
  guard: Name,
  artifacts: z.array(Name).min(1),
  rubric: Name,
  settings: z.record(z.string(), z.json()).default({}),
})
export type GuardUse = z.infer<typeof GuardUse>

export const Parallelism = z.union([
  z.enum(['sequential', 'parallel', 'partial', 'iterative']),
  z.int().min(1).max(64),
])
export type Parallelism = z.infer<typeof Parallelism>

/** A waiver that stands in the playbook: in force from the start of its phase, decided by policy. */
export const DeclaredWaiver = z.strictObject({
  rubric: Name,
  owner: text(120, 1),
  justification: text(400, 1),
  compensating_control: text(400, 1),
  days: z.int().min(1).max(30),
})
export type DeclaredWaiver = z.infer<typeof DeclaredWaiver>

/**
 * Who may be let off what: how many persons must approve a waiver, how long one lasts, those given beforehand.
 * Whoever asked for a waiver never counts, but where one person suffices and `self_approval` is on: in a
 * workspace of one person there is nobody else. Such a waiver is recorded as approved by whom it serves.
 */
export const WaiverPolicy = z.strictObject({
  quorum: z.int().min(1).max(20).default(1),
  self_approval: z.boolean().default(true),
  max_days: z.int().min(1).max(30).default(30),
  declared: z.array(DeclaredWaiver).max(20).default([]),
})
export type WaiverPolicy = z.infer<typeof WaiverPolicy>

/**
 * When a gate passes. `review` adds a last agent that looks at `artifact` and must be another than its maker;
 * the guard `review` checks that, for a rubric `review` that must be met in full.
 */
export const GatePolicy = z.strictObject({
  pass: Share,
  max_rounds: z.int().min(1).max(10),
  review: z.strictObject({ agent: Name, artifact: Name }).optional(),
})
export type GatePolicy = z.infer<typeof GatePolicy>

/** `phases/<phase>.yaml`. Scores and shares are 0 to 1. */
export const PhaseDefinition = z.strictObject({
  phase: PhaseName,
  title: text(80, 1),
  needs: z.array(PhaseName).default([]),
  parallelism: Parallelism,
  agents: z.array(Name).min(1).max(20),
  /** The agent that repairs what a failed gate names; without one a round runs the phase's own agents again. */
  fix_agent: Name.optional(),
  /** How outputs of one name from agents of one stage become one; has no say where each makes its own. */
  aggregation: z.enum(['merge', 'concat', 'vote']).default('merge'),
  budgets: PhaseBudget,
  timebox: Duration,
  heartbeat_seconds: z.int().min(1).max(3600).default(60),
  stall_threshold_heartbeats: z.int().min(1).max(100).default(3),
  allowlisted_tools: z.array(ToolName).default([]),
  guards: z.array(GuardUse).default([]),
  rubrics: z.record(Name, Rubric).default({}),
  gate: GatePolicy,
  /** Whether a person has to approve once the gate has passed; an autonomous run does not ask. */
  approval: z.boolean().default(false),
  waivers: WaiverPolicy.default({ quorum: 1, self_approval: true, max_days: 30, declared: [] }),
  clarification: z
    .strictObject({ max_questions: z.int().min(0).max(50), grounding: Share, rounds: z.int().min(0).max(20) })
    .default({ max_questions: 3, grounding: 0.75, rounds: 3 }),
  refinery: z
    .strictObject({ fission_min_coverage: Share, fusion_min_consensus: Share })
    .default({ fission_min_coverage: 0.9, fusion_min_consensus: 0.85 }),
  required_artifacts: z.array(Name).default([]),
  checkpoint_minutes: z.number().min(0).default(2),
  retry: z
    .strictObject({ max_attempts: z.int().min(1).max(20), base_ms: Count, max_ms: Count })
    .default({ max_attempts: 5, base_ms: 1000, max_ms: 60_000 }),
  compensation: z.array(text(400, 1)).default([]),
})
export type PhaseDefinition = z.infer<typeof PhaseDefinition>

/** Price of one model from one date on, in US dollars per million tokens. */
export const Price = z.strictObject({
  model: text(120, 1),
  from: z.iso.date(),
  input_usd_per_million: z.number().min(0),
  output_usd_per_million: z.number().min(0),
})

/** A whole playbook, as a run is pinned to it. `hash` of it is `digestOf(playbook)`. */
export const Playbook = z.strictObject({
  name: Name,
  phases: z.array(PhaseDefinition).min(1).max(32),
  agents: z.array(AgentDefinition).max(400),
  prices: z.array(Price),
})
export type Playbook = z.infer<typeof Playbook>
