import { z } from 'zod'
import { Name } from '../../text.ts'
import { claim, mustCite, RequirementId, Severity } from './shared.ts'

/**
 * A judgement by someone else than the author, who saw the artifact and the requirements and nothing of the
 * author's notes. An accepting review may have findings, but none that is critical or high.
 */
export const Review = z
  .strictObject({
    artifact: Name,
    verdict: z.enum(['accept', 'reject']),
    summary: claim,
    findings: z
      .array(
        z.strictObject({
          severity: Severity,
          text: claim,
          cites: mustCite,
          requirement: RequirementId.nullable(),
        }),
      )
      .max(60),
  })
  .refine(
    ({ verdict, findings }) =>
      verdict === 'reject' ||
      !findings.some(({ severity }) => severity === 'critical' || severity === 'high'),
    { message: 'an artifact with a critical or high finding cannot be accepted', path: ['verdict'] },
  )
  .refine(({ verdict, findings }) => verdict === 'accept' || findings.length > 0, {
    message: 'a rejection needs a finding',
    path: ['findings'],
  })
export type Review = z.infer<typeof Review>
