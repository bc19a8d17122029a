import { z } from 'zod'
import { Name, text } from '../text.ts'
import { PhaseName, Playbook } from './playbook.ts'
import { ClarificationMode, RunRepo } from './run-plan.ts'

/**
 * The repository a run is to start from: code that was sent as a bundle before, or a folder on the server's
 * machine, which its operator must have allowed. Changes that were not committed are left out, and refused
 * unless `allowDirty` says that this is known.
 */
export const RepoRequest = z.union([
  RunRepo,
  z.strictObject({ path: text(1000, 1), allowDirty: z.boolean().optional() }),
])
export type RepoRequest = z.infer<typeof RepoRequest>

/** What a caller may say of a run to be planned; what is left out comes from the settings. */
export const RunRequest = z.strictObject({
  idea: text(20_000, 1).refine((value) => value.trim() !== '', { message: 'expected an idea in words' }),
  title: text(160, 1).optional(),
  repo: RepoRequest.optional(),
  budgetUsd: z.number().min(0).max(1_000_000).optional(),
  clarification: ClarificationMode.optional(),
  questionDeadlineSeconds: z.number().min(0).max(2_592_000).optional(),
  unconfined: z.boolean().optional(),
  /** Plan and wait for a person's `resume` before the first task. */
  hold: z.boolean().optional(),
})
export type RunRequest = z.infer<typeof RunRequest>

/**
 * A new run that takes over what another had accepted before `phase`. `edits` are documents put in place of those
 * taken over; `playbook` is one to go on by instead of that of the other run. The budget is the new run's own.
 */
export const ForkRequest = z.strictObject({
  phase: PhaseName,
  edits: z.record(Name, z.json()).default({}),
  budgetUsd: z.number().min(0).max(1_000_000).optional(),
  playbook: Playbook.optional(),
})
export type ForkRequest = z.infer<typeof ForkRequest>

/** A new version of a document artifact, written by a person. */
export const EditRequest = z.strictObject({ name: Name, content: z.json() })
export type EditRequest = z.infer<typeof EditRequest>
