import { z } from 'zod'
import { text } from '../../text.ts'
import {
  Citation,
  cites,
  claim,
  claims,
  label,
  mustCite,
  NfrId,
  repoPath,
  RequirementId,
  StoryId,
} from './shared.ts'

export const Requirement = z.strictObject({
  id: RequirementId,
  title: text(160, 1),
  statement: claim,
  acceptance: claims(10, 1),
  priority: z.enum(['must', 'should', 'could']),
  cites: mustCite,
})
export type Requirement = z.infer<typeof Requirement>

export const Prd = z.strictObject({
  title: text(120, 1),
  overview: claim,
  requirements: z.array(Requirement).min(1).max(60),
  nonfunctional: z
    .array(z.strictObject({ text: claim, measure: claim, cites }))
    .min(1)
    .max(30),
  out_of_scope: claims(20),
})
export type Prd = z.infer<typeof Prd>

/** Qualities with a number to hold them to: `operator` and `target` in `unit` decide, `verified_by` measures. */
export const NFRs = z.strictObject({
  summary: claim,
  requirements: z
    .array(
      z.strictObject({
        id: NfrId,
        category: z.enum([
          'performance',
          'capacity',
          'availability',
          'security',
          'privacy',
          'accessibility',
          'usability',
          'maintainability',
          'portability',
          'compliance',
        ]),
        statement: claim,
        measure: claim,
        operator: z.enum(['at-most', 'at-least', 'equal']),
        target: z.number(),
        unit: text(40, 1),
        verified_by: claim,
        cites: mustCite,
      }),
    )
    .min(1)
    .max(60),
})
export type NFRs = z.infer<typeof NFRs>

const FlowStep = z.strictObject({
  screen: label,
  action: claim,
  response: claim,
  on_error: claim.nullable(),
})

export const UXFlows = z.strictObject({
  summary: claim,
  screens: z
    .array(z.strictObject({ name: label, purpose: claim, elements: claims(30, 1) }))
    .min(1)
    .max(40),
  flows: z
    .array(
      z.strictObject({
        name: label,
        persona: label,
        requirements: z.array(RequirementId).min(1).max(20),
        steps: z.array(FlowStep).min(1).max(30),
        cites: mustCite,
      }),
    )
    .min(1)
    .max(40),
})
export type UXFlows = z.infer<typeof UXFlows>

export const UserStories = z.strictObject({
  stories: z
    .array(
      z.strictObject({
        id: StoryId,
        as: text(120, 1),
        want: claim,
        so_that: claim,
        requirements: z.array(RequirementId).min(1).max(20),
        acceptance: claims(10, 1),
      }),
    )
    .min(1)
    .max(120),
})
export type UserStories = z.infer<typeof UserStories>

/**
 * The traceability matrix: computed by the engine's tool, never written by a model. A row leads from the
 * requirement back to its `origins` (each a path of citations that ends at a sentence of the idea or of what
 * was asked about it), and forward to its stories, tests, the guard reports that ran them (`checks`) and its
 * line in the dossier.
 */
export const Rtm = z.strictObject({
  rows: z.array(
    z.strictObject({
      requirementId: RequirementId,
      title: text(160).default(''),
      cites: z.array(Citation),
      origins: z
        .array(z.strictObject({ path: z.array(Citation).min(1).max(10), text: text(2000, 1) }))
        .max(40)
        .default([]),
      stories: z.array(z.string()),
      tests: z.array(z.strictObject({ test: text(300, 1), file: repoPath, outcome: text(20, 1) })),
      checks: z
        .array(
          z.strictObject({
            phase: text(64, 1),
            guard: text(64, 1),
            round: z.int().min(1),
            digest: text(64, 1),
            outcome: text(20, 1),
          }),
        )
        .max(200)
        .default([]),
      dossier: text(300, 1).nullable().default(null),
    }),
  ),
  orphans: z.strictObject({
    requirementsWithoutStory: z.array(RequirementId),
    requirementsWithoutTest: z.array(RequirementId),
    requirementsWithoutOrigin: z.array(RequirementId).default([]),
    storiesWithoutRequirement: z.array(z.string()),
    testsWithoutRequirement: z.array(z.string()),
    goalsWithoutRequirement: z.array(Citation).max(500).default([]),
  }),
})
export type Rtm = z.infer<typeof Rtm>
