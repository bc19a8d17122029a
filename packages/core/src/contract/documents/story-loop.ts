import { z } from 'zod'
import { Count, Share, text } from '../../text.ts'
import { MEASURED, Outcome, repoPath, RequirementId, StoryId } from './shared.ts'

/** What the tests at one revision prove of each story: `done` is a story whose every criterion has a passing test. */
export const ImplementedStories = z.strictObject({
  ...MEASURED,
  stories: z
    .array(
      z.strictObject({
        id: StoryId,
        requirements: z.array(RequirementId).max(20),
        status: z.enum(['done', 'failing', 'untested']),
        tests: z.array(z.strictObject({ name: text(300, 1), file: repoPath })).max(200),
        reason: text(1000, 1).nullable(),
      }),
    )
    .max(120),
})
export type ImplementedStories = z.infer<typeof ImplementedStories>

export const AcceptanceTestResults = z.strictObject({
  ...MEASURED,
  results: z
    .array(
      z.strictObject({
        test: text(300, 1),
        file: repoPath,
        outcome: Outcome,
        stories: z.array(StoryId).max(20),
        requirements: z.array(RequirementId).max(20),
        duration_ms: z.number().min(0),
        message: text(2000).nullable(),
      }),
    )
    .max(5000),
  passed: Count,
  failed: Count,
  skipped: Count,
  pass_rate: Share,
})
export type AcceptanceTestResults = z.infer<typeof AcceptanceTestResults>

/** Where the loop stands; `next` is what the implementer takes up in the next round. */
export const StoryProgress = z.strictObject({
  ...MEASURED,
  done: z.array(StoryId).max(120),
  remaining: z.array(z.strictObject({ id: StoryId, reason: text(1000, 1) })).max(120),
  next: StoryId.nullable(),
})
export type StoryProgress = z.infer<typeof StoryProgress>
