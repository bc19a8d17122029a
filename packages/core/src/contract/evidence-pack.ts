import { z } from 'zod'
import { ArtifactId, QuestionId, RunId } from '../ids.ts'
import { Count, Digest, Instant, Name, Share, text } from '../text.ts'
import { GuardOutcome } from './guard-report.ts'
import { PhaseName } from './playbook.ts'
import { ReliedWaiver } from './waiver.ts'

/** One guard report as the gate sees it; the whole report is the blob `digest`. */
export const PackReport = z.strictObject({
  guard: Name,
  type: Name,
  pass: z.boolean(),
  outcome: GuardOutcome,
  score: Share,
  severity: z.enum(['info', 'minor', 'major', 'critical']),
  reasons: z.array(text(1000, 1)).max(50),
  artifacts: z.array(Name),
  timestamp: Instant,
  digest: Digest,
})
export type PackReport = z.infer<typeof PackReport>

/** The bundle one gate judges; it is never changed after its gate has spoken. */
export const EvidencePack = z.strictObject({
  id: Digest,
  runId: RunId,
  phase: PhaseName,
  round: z.int().min(1),
  artifacts: z.array(ArtifactId).min(1),
  guard_reports: z.array(PackReport),
  metrics: z.strictObject({
    duration_ms: Count,
    tokens_used: Count,
    tools_minutes_used: z.number().min(0),
    cost_usd: z.number().min(0),
    agents_executed: Count,
    agents_succeeded: Count,
    agents_failed: Count,
  }),
  qav_summary: z.strictObject({
    questions: Count,
    answered: Count,
    validated: Count,
    grounding_score: Share.nullable(),
    assumptions: Count,
    questionIds: z.array(QuestionId),
  }),
  kmap_refs: z.array(text(120, 1)),
  /** The waivers without which the gate would have found another score, or not passed. */
  waivers: z.array(ReliedWaiver).max(50).default([]),
})
export type EvidencePack = z.infer<typeof EvidencePack>
