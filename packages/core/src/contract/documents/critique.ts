import { z } from 'zod'
import { AssumptionId, claim, claims, label, mustCite, RiskId, Severity } from './shared.ts'

export const CritiqueReport = z.strictObject({
  summary: claim,
  strengths: z
    .array(z.strictObject({ text: claim, cites: mustCite }))
    .min(1)
    .max(20),
  findings: z
    .array(
      z.strictObject({
        title: label,
        text: claim,
        severity: Severity,
        recommendation: claim,
        cites: mustCite,
      }),
    )
    .min(1)
    .max(40),
  verdict: z.enum(['go', 'go-with-changes', 'stop']),
  verdict_reason: claim,
})
export type CritiqueReport = z.infer<typeof CritiqueReport>

export const RiskRegister = z.strictObject({
  summary: claim,
  risks: z
    .array(
      z.strictObject({
        id: RiskId,
        title: label,
        description: claim,
        category: z.enum(['technical', 'market', 'operational', 'security', 'legal', 'financial']),
        likelihood: z.int().min(1).max(5),
        impact: z.int().min(1).max(5),
        mitigation: claim,
        mitigation_status: z
          .enum(['pending', 'in_progress', 'validated', 'waived', 'failed'])
          .default('pending'),
        owner: label,
        trigger: claim,
        cites: mustCite,
      }),
    )
    .min(1)
    .max(60),
})
export type RiskRegister = z.infer<typeof RiskRegister>

/** Each assumption the run rests on, challenged; `changes` says what a dropped or revised one does to the plan. */
export const RevisedAssumptions = z.strictObject({
  summary: claim,
  assumptions: z
    .array(
      z.strictObject({
        id: AssumptionId,
        statement: claim,
        category: z.enum(['user', 'technical', 'market', 'financial', 'operational', 'legal']),
        challenge: claim,
        verdict: z.enum(['kept', 'revised', 'dropped']),
        revised_statement: claim.nullable(),
        status: z.enum(['active', 'validated', 'invalidated', 'waived']),
        owner: label,
        flagged_by: label,
        cites: mustCite,
      }),
    )
    .min(1)
    .max(60),
  changes: claims(30),
})
export type RevisedAssumptions = z.infer<typeof RevisedAssumptions>
