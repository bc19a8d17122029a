import { z } from 'zod'
import { Commit, Digest, Instant, Name, Share, text } from '../text.ts'

/** Not-run never passes a rubric, unless the playbook marks that rubric optional. */
export const GuardOutcome = z.enum(['pass', 'fail', 'not-run', 'error'])
export type GuardOutcome = z.infer<typeof GuardOutcome>

/** What one test proved of one requirement. */
export const RequirementCheck = z.strictObject({
  requirementId: text(40, 1),
  test: text(300, 1),
  file: text(300, 1),
  outcome: z.enum(['pass', 'fail', 'skipped']),
})
export type RequirementCheck = z.infer<typeof RequirementCheck>

/**
 * What the engine saw when it ran one check. `argv` is null for a check without a child process.
 * `artifacts` names what was judged; a failed report's artifacts are what a fix round repairs.
 * `revision` is the commit that was checked, where there was one.
 */
export const GuardReport = z.strictObject({
  guard: Name,
  rubric: Name,
  artifacts: z.array(Name),
  outcome: GuardOutcome,
  score: Share,
  severity: z.enum(['info', 'minor', 'major', 'critical']),
  reasons: z.array(text(1000, 1)).max(50),
  tool: text(80, 1),
  toolVersion: text(80, 1),
  argv: z.array(text(2000)).max(100).nullable(),
  exitCode: z.int().nullable(),
  startedAt: Instant,
  endedAt: Instant,
  inputDigests: z.array(Digest),
  outputDigests: z.array(Digest),
  revision: Commit.nullable(),
  confined: z.enum(['yes', 'no', 'not-needed']),
  metrics: z.record(Name, z.number()).default({}),
  requirements: z.array(RequirementCheck).max(2000).default([]),
})
export type GuardReport = z.infer<typeof GuardReport>
