import { z } from 'zod'
import { Name, text } from '../text.ts'
import { PhaseName } from './playbook.ts'
import { ClarificationMode } from './run-plan.ts'

/** What a caller may say of a run to be planned; what is left out comes from the settings. */
export const RunRequest = z.strictObject({
  idea: text(20_000, 1).refine((value) => value.trim() !== '', { message: 'expected an idea in words' }),
  title: text(160, 1).optional(),
  budgetUsd: z.number().min(0).max(1_000_000).optional(),
  clarification: ClarificationMode.optional(),
  questionDeadlineSeconds: z.number().min(0).max(2_592_000).optional(),
  unconfined: z.boolean().optional(),
  /** Plan and wait for a person's `resume` before the first task. */
  hold: z.boolean().optional(),
})
export type RunRequest = z.infer<typeof RunRequest>

/** A new run that takes over what another had accepted before `phase`, with edits if wanted. */
export const ForkRequest = z.strictObject({
  phase: PhaseName,
  edits: z.record(Name, z.json()).default({}),
  budgetUsd: z.number().min(0).max(1_000_000).optional(),
})
export type ForkRequest = z.infer<typeof ForkRequest>

/** A new version of a document artifact, written by a person. */
export const EditRequest = z.strictObject({ name: Name, content: z.json() })
export type EditRequest = z.infer<typeof EditRequest>
