import { z } from 'zod'
import { Commit, Count, Share, text } from '../../text.ts'

const numbered = (prefix: string) =>
  z.string().regex(new RegExp(`^${prefix}-\\d{3}$`, 'u'), `expected an id like ${prefix}-001`)

/** `REQ-001`: the id that stories, tests and evidence carry. */
export const RequirementId = numbered('REQ')
export type RequirementId = z.infer<typeof RequirementId>

export const NfrId = numbered('NFR')
export const StoryId = numbered('US')
export const UseCaseId = numbered('UC')
export const RiskId = numbered('RISK')
export const AssumptionId = numbered('ASM')
export const ConstraintId = numbered('CON')
export const ComponentId = numbered('COMP')
export const DecisionId = numbered('ADR')
export const ControlId = numbered('CTL')
export const ThreatId = numbered('THR')

/** A statement with what it rests on: `Artifact#json/pointer`, such as `IdeaSpec#/summary`. */
export const Citation = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9._-]{0,63}#(\/[^\s]{0,300})?$/u, 'expected a citation like IdeaSpec#/problem')

/** One statement of a document. */
export const claim = text(2000, 1)

/** A name or heading inside a document. */
export const label = text(160, 1)

/** A path relative to the root of the repository. */
export const repoPath = text(300, 1)

/** Where a citation is welcome. */
export const cites = z.array(Citation).max(20).default([])

/** Where a statement without a citation is refused. */
export const mustCite = z.array(Citation).min(1).max(20)

/** A list of plain statements. */
export const claims = (max: number, min = 0) => z.array(claim).min(min).max(max)

/** Statements that each say what they rest on. */
export const citedClaims = (max: number, min = 0) =>
  z
    .array(z.strictObject({ text: claim, cites: mustCite }))
    .min(min)
    .max(max)

/** An argv, as a list: never a line for a shell. */
export const argv = z.array(repoPath).min(1).max(60)

/** A score with the reason that makes it more than a number. */
export const Scored = z.strictObject({ score: Share, reason: claim, cites: mustCite })

/** Whether the idea can be built, paid for and run; the guard weighs the three scores. */
export const Feasibility = z.strictObject({ technical: Scored, financial: Scored, operational: Scored })
export type Feasibility = z.infer<typeof Feasibility>

/**
 * What every document of a tool says first: who measured what. `revision` is the commit it looked at, null
 * where there was none to look at. `outcome` not-run goes with a `reason`, and is never a pass.
 */
export const MEASURED = {
  tool: text(80, 1),
  toolVersion: text(80, 1),
  argv: z.array(text(2000)).max(100).nullable(),
  revision: Commit.nullable(),
  outcome: z.enum(['done', 'not-run']),
  reason: text(1000, 1).nullable(),
} as const

export const Severity = z.enum(['critical', 'high', 'medium', 'low', 'info'])
export type Severity = z.infer<typeof Severity>

/** How many findings there are of each severity. */
export const SeverityCounts = z.strictObject({
  critical: Count,
  high: Count,
  medium: Count,
  low: Count,
  info: Count,
})
export type SeverityCounts = z.infer<typeof SeverityCounts>

/** One check of a measured service, in words that a reader can repeat. */
export const Outcome = z.enum(['pass', 'fail', 'skipped'])

/** Times in milliseconds. */
export const Latency = z.strictObject({
  mean: z.number().min(0),
  p50: z.number().min(0),
  p95: z.number().min(0),
  p99: z.number().min(0),
  max: z.number().min(0),
})
export type Latency = z.infer<typeof Latency>
