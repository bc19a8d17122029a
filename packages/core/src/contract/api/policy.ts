import { z } from 'zod'
import { DataPolicy, Retention } from '../../policy/policy.ts'
import { text } from '../../text.ts'

/** How long bodies of messages are kept, and whether what looks like a secret is masked in them. */
export const PolicyView = DataPolicy
export type PolicyView = z.infer<typeof PolicyView>

/** What is absent stays as it is. */
export const PolicyPatch = z
  .strictObject({
    retention: Retention.optional(),
    redaction: z.boolean().optional(),
    reason: text(400, 1),
  })
  .refine(({ retention, redaction }) => retention !== undefined || redaction !== undefined, {
    message: 'expected at least one of retention and redaction',
  })
export type PolicyPatch = z.infer<typeof PolicyPatch>
