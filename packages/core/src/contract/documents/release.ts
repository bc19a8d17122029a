import { z } from 'zod'
import { text } from '../../text.ts'
import { argv, cites, claim, claims, label, mustCite, RequirementId } from './shared.ts'

const SemVer = z.string().regex(/^\d+\.\d+\.\d+$/u, 'expected a semantic version like 1.0.0')

const ChangeKind = z.enum(['added', 'changed', 'fixed', 'removed'])

export const Documentation = z.strictObject({
  title: label,
  summary: claim,
  sections: z
    .array(
      z.strictObject({
        title: label,
        kind: z.enum([
          'getting-started',
          'how-to',
          'reference',
          'explanation',
          'troubleshooting',
          'operations',
        ]),
        text: text(8000, 1),
        examples: z
          .array(z.strictObject({ language: text(20, 1), code: text(4000, 1), explains: claim }))
          .max(20),
        requirements: z.array(RequirementId).max(60),
        cites: mustCite,
      }),
    )
    .min(1)
    .max(40),
})
export type Documentation = z.infer<typeof Documentation>

export const Changelog = z.strictObject({
  releases: z
    .array(
      z.strictObject({
        version: SemVer,
        changes: z
          .array(z.strictObject({ kind: ChangeKind, text: claim, cites: mustCite }))
          .min(1)
          .max(100),
      }),
    )
    .min(1)
    .max(50),
})
export type Changelog = z.infer<typeof Changelog>

/** One act of a plan with what shows that it worked; `command` is null where a person or a console acts. */
const PlanStep = z.strictObject({
  title: label,
  text: claim,
  command: argv.nullable(),
  expect: claim,
  owner: label,
})

/** The rules that stop a canary are counted in requests, so that a quiet hour proves nothing. */
export const DeploymentPlan = z.strictObject({
  version: SemVer,
  summary: claim,
  strategy: z.enum(['canary', 'blue-green', 'rolling', 'recreate', 'publish']),
  prerequisites: claims(20, 1),
  steps: z.array(PlanStep).min(1).max(40),
  canary: z.strictObject({
    steps: z
      .array(z.strictObject({ share: z.number().gt(0).max(1), min_requests: z.int().min(1) }))
      .min(1)
      .max(10),
    max_error_rate: z.number().min(0).max(1),
    max_p95_ms: z.number().gt(0),
    abort_when: claims(10, 1),
  }),
  health_checks: z
    .array(z.strictObject({ path: text(300, 1), expect_status: z.int().min(100).max(599), purpose: claim }))
    .min(1)
    .max(20),
  configuration: z
    .array(z.strictObject({ variable: text(64, 1), purpose: claim, is_secret: z.boolean() }))
    .max(60),
  cites: mustCite,
})
export type DeploymentPlan = z.infer<typeof DeploymentPlan>

export const RollbackPlan = z.strictObject({
  version: SemVer,
  summary: claim,
  triggers: z
    .array(z.strictObject({ text: claim, threshold: claim, cites: mustCite }))
    .min(1)
    .max(20),
  steps: z.array(PlanStep).min(1).max(40),
  data: z.strictObject({ text: claim, can_lose_data: z.boolean() }),
  max_minutes: z.number().gt(0).max(10_000),
  verification: claims(20, 1),
  cites: mustCite,
})
export type RollbackPlan = z.infer<typeof RollbackPlan>

export const ReleaseNotes = z.strictObject({
  version: SemVer,
  title: text(160, 1),
  summary: claim,
  changes: z
    .array(z.strictObject({ kind: ChangeKind, text: claim, cites }))
    .min(1)
    .max(60),
  known_gaps: z.array(claim).max(30),
  how_to_run: claim,
})
export type ReleaseNotes = z.infer<typeof ReleaseNotes>
