import { z } from 'zod'
import { ArtifactId, RunId, TaskId } from '../ids.ts'
import { Count, Digest, Name, text } from '../text.ts'
import { InputRef } from './artifact.ts'
import { AgentKind, GuardUse, PhaseName } from './playbook.ts'

/** Classes of failure; each has its own retry rule (rows DX-44, D-49 to D-51). */
export const ErrorClass = z.enum([
  'transient',
  'rate_limit',
  'quota',
  'timeout',
  'schema',
  'refusal',
  'tool_infra',
  'hallucination',
  'budget',
  'fatal',
])
export type ErrorClass = z.infer<typeof ErrorClass>

/** What a round that mends is about (rows DX-33, DX-49). */
export const FixStrategy = z.enum([
  'rerun-qav',
  'add-missing-agents',
  'rerun-security',
  'stricter-validation',
  'reduce-scope',
  'manual-intervention',
])
export type FixStrategy = z.infer<typeof FixStrategy>

/** What a reviewer judges, and the agents and persons that made it: none of them may be the reviewer. */
export const ReviewOf = z.strictObject({
  artifact: Name,
  artifactId: ArtifactId,
  makers: z.array(text(120, 1)).max(20),
})
export type ReviewOf = z.infer<typeof ReviewOf>

/** One unit of work given to one agent. `idempotenceKey` is the task key of architecture.md. */
export const TaskSpec = z.strictObject({
  id: TaskId,
  runId: RunId,
  phase: PhaseName,
  round: z.int().min(1),
  type: z.enum(['agent', 'tool']),
  kind: AgentKind,
  target: Name,
  capability: Name,
  input: z.array(InputRef),
  /** The artifact it must hand in; null for a guard. */
  output: Name.nullable(),
  guard: GuardUse.nullable(),
  /** Set in a fix round: what failed and why. */
  fix: z.strictObject({ artifact: Name, reasons: z.array(text(1000, 1)).max(20) }).nullable(),
  /** What the round is about, in a round that mends. */
  strategy: FixStrategy.optional(),
  /** Set for the agent of an independent review. */
  review: ReviewOf.optional(),
  budget: z.strictObject({ ms: Count, tokens: Count }),
  retries: z.int().min(0),
  retry_policy: z.strictObject({ max_attempts: z.int().min(1), base_delay_ms: Count, max_delay_ms: Count }),
  maxModelCalls: z.int().min(0),
  egress_policy: z.enum(['none', 'model-only']),
  checkpointable: z.boolean(),
  idempotenceKey: Digest,
})
export type TaskSpec = z.infer<typeof TaskSpec>
