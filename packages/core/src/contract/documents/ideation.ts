import { z } from 'zod'
import { cites, citedClaims, claim, claims, Feasibility, label, mustCite, UseCaseId } from './shared.ts'

export const IdeationResult = z.strictObject({
  summary: claim,
  strategy: z.strictObject({ vision: claim, approach: claim, first_release: claim, cites: mustCite }),
  use_cases: z
    .array(
      z.strictObject({
        id: UseCaseId,
        title: label,
        actor: label,
        goal: claim,
        steps: claims(15, 1),
        cites: mustCite,
      }),
    )
    .min(1)
    .max(40),
  differentiators: citedClaims(15, 1),
  alternatives_considered: z
    .array(z.strictObject({ title: label, reason_refused: claim }))
    .max(15)
    .default([]),
  feasibility: Feasibility,
})
export type IdeationResult = z.infer<typeof IdeationResult>

/**
 * What people use today instead. `basis` says honestly where the knowledge is from: `cited` needs a citation,
 * `general-knowledge` is what the author remembers and nobody checked.
 */
export const CompetitiveAnalysis = z.strictObject({
  summary: claim,
  alternatives: z
    .array(
      z.strictObject({
        name: label,
        kind: z.enum(['direct', 'indirect', 'manual', 'do-nothing']),
        description: claim,
        strengths: claims(10, 1),
        weaknesses: claims(10, 1),
        basis: z.enum(['cited', 'general-knowledge']),
        source: claim,
        cites,
      }),
    )
    .min(1)
    .max(20),
  gaps_in_the_market: citedClaims(15),
  our_position: z.strictObject({ text: claim, cites: mustCite }),
})
export type CompetitiveAnalysis = z.infer<typeof CompetitiveAnalysis>

export const TechStackProposal = z.strictObject({
  summary: claim,
  choices: z
    .array(
      z.strictObject({
        area: z.enum([
          'language',
          'runtime',
          'framework',
          'storage',
          'interface',
          'testing',
          'hosting',
          'other',
        ]),
        choice: label,
        reason: claim,
        alternatives: z.array(z.strictObject({ name: label, reason_refused: claim })).max(10),
        cites: mustCite,
      }),
    )
    .min(1)
    .max(30),
  risks: citedClaims(15),
})
export type TechStackProposal = z.infer<typeof TechStackProposal>

export const Personas = z.strictObject({
  personas: z
    .array(
      z.strictObject({
        name: label,
        role: label,
        context: claim,
        goals: claims(10, 1),
        frustrations: claims(10, 1),
        skills: claim,
        is_primary: z.boolean(),
        cites: mustCite,
      }),
    )
    .min(3)
    .max(5),
})
export type Personas = z.infer<typeof Personas>
