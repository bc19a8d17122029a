import { z } from 'zod'
import { Name, text } from '../text.ts'

/** `REQ-001`: the id that stories, tests and evidence carry. */
export const RequirementId = z.string().regex(/^REQ-\d{3}$/u, 'expected a requirement id like REQ-001')
export type RequirementId = z.infer<typeof RequirementId>

/** A statement with what it rests on: `Artifact#json/pointer`, such as `IdeaSpec#/summary`. */
export const Citation = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9._-]{0,63}#(\/[^\s]{0,300})?$/u, 'expected a citation like IdeaSpec#/problem')

const claim = text(2000, 1)
const cites = z.array(Citation).max(20).default([])

/** `Idea`: the sentence a run begins with, kept as an artifact so that claims can cite it. */
export const Idea = z.strictObject({ text: text(20_000, 1) })
export type Idea = z.infer<typeof Idea>

/** What the clarifier asks before the idea is written down. */
export const Clarifications = z.strictObject({
  questions: z
    .array(
      z.strictObject({
        text: text(2000, 1),
        category: z.enum(['clarification', 'validation', 'assumption', 'risk']),
        priority: z.enum(['high', 'medium', 'low']),
        decision_impact: text(1000, 1),
        default: text(2000, 1),
      }),
    )
    .max(3),
  notes: text(4000),
})
export type Clarifications = z.infer<typeof Clarifications>

export const IdeaSpec = z.strictObject({
  title: text(120, 1),
  summary: claim,
  problem: claim,
  users: z
    .array(z.strictObject({ name: text(120, 1), need: claim, cites }))
    .min(1)
    .max(10),
  goals: z
    .array(z.strictObject({ text: claim, cites }))
    .min(1)
    .max(20),
  constraints: z
    .array(z.strictObject({ text: claim, cites }))
    .min(1)
    .max(20),
  out_of_scope: z.array(claim).max(20),
  assumptions: z.array(z.strictObject({ text: claim, cites })).max(20),
})
export type IdeaSpec = z.infer<typeof IdeaSpec>

export const Requirement = z.strictObject({
  id: RequirementId,
  title: text(160, 1),
  statement: claim,
  acceptance: z.array(claim).min(1).max(10),
  priority: z.enum(['must', 'should', 'could']),
  cites: z.array(Citation).min(1).max(20),
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
  out_of_scope: z.array(claim).max(20),
})
export type Prd = z.infer<typeof Prd>

export const UserStories = z.strictObject({
  stories: z
    .array(
      z.strictObject({
        id: z.string().regex(/^US-\d{3}$/u, 'expected a story id like US-001'),
        as: text(120, 1),
        want: claim,
        so_that: claim,
        requirements: z.array(RequirementId).min(1).max(20),
        acceptance: z.array(claim).min(1).max(10),
      }),
    )
    .min(1)
    .max(120),
})
export type UserStories = z.infer<typeof UserStories>

/** The traceability matrix: computed by the engine's tool, never written by a model. */
export const Rtm = z.strictObject({
  rows: z.array(
    z.strictObject({
      requirementId: RequirementId,
      cites: z.array(Citation),
      stories: z.array(z.string()),
      tests: z.array(z.strictObject({ test: text(300, 1), file: text(300, 1), outcome: text(20, 1) })),
    }),
  ),
  orphans: z.strictObject({
    requirementsWithoutStory: z.array(RequirementId),
    requirementsWithoutTest: z.array(RequirementId),
    storiesWithoutRequirement: z.array(z.string()),
    testsWithoutRequirement: z.array(z.string()),
  }),
})
export type Rtm = z.infer<typeof Rtm>

/**
 * `SourceCode`: what the build hands in beside the git bundle. Commands are argv arrays relative to the
 * root of the repository; `test` names the files a test run loads, never a script of the project.
 */
export const RepoManifest = z.strictObject({
  language: z.literal('node'),
  entry: text(300, 1),
  start: z.array(text(300, 1)).min(1).max(20),
  tests: z.array(text(300, 1)).min(1).max(500),
  sources: z.array(text(300, 1)).min(1).max(2000),
  port_env: Name,
})
export type RepoManifest = z.infer<typeof RepoManifest>

export const TestReport = z.strictObject({
  summary: claim,
  passed: z.int().min(0),
  failed: z.int().min(0),
  observations: z.array(z.strictObject({ text: claim, cites })).max(40),
})
export type TestReport = z.infer<typeof TestReport>

export const ReleaseNotes = z.strictObject({
  version: z.string().regex(/^\d+\.\d+\.\d+$/u, 'expected a semantic version like 1.0.0'),
  title: text(160, 1),
  summary: claim,
  changes: z
    .array(z.strictObject({ kind: z.enum(['added', 'changed', 'fixed', 'removed']), text: claim, cites }))
    .min(1)
    .max(60),
  known_gaps: z.array(claim).max(30),
  how_to_run: claim,
})
export type ReleaseNotes = z.infer<typeof ReleaseNotes>

/** Contracts by artifact name; an artifact without one is opaque bytes (a git bundle, say). */
export const DOCUMENTS = {
  Idea,
  Clarifications,
  IdeaSpec,
  PRD: Prd,
  UserStories,
  RTM: Rtm,
  RepoManifest,
  TestReport,
  ReleaseNotes,
} as const
export type DocumentName = keyof typeof DOCUMENTS

/** The contract of a document artifact, or undefined where the artifact is opaque. */
export const findDocumentContract = (name: string): z.ZodType | undefined =>
  Object.hasOwn(DOCUMENTS, name) ? DOCUMENTS[name as DocumentName] : undefined
