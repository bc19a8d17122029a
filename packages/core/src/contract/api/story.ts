import { z } from 'zod'
import { PhaseName } from '../playbook.ts'

/** What a line of a story is about. */
export const StoryKind = z.enum([
  'run',
  'phase',
  'work',
  'gate',
  'mend',
  'question',
  'decision',
  'waiver',
  'money',
  'code',
  'trouble',
])
export type StoryKind = z.infer<typeof StoryKind>

/**
 * One thing that happened to a run, in words for somebody who was not there. `details` are further sentences.
 * `position` is that of the event in the workspace's log, so that a line can be held against the ledger.
 */
export const StoryLine = z.strictObject({
  position: z.int(),
  at: z.string(),
  /** Milliseconds since the run was planned. */
  sinceMs: z.int().min(0),
  kind: StoryKind,
  phase: z.string().nullable(),
  text: z.string(),
  details: z.array(z.string()),
})
export type StoryLine = z.infer<typeof StoryLine>

/** `from` leaves out what happened before that phase began. */
export const StoryQuery = z.strictObject({ from: PhaseName.optional() })
