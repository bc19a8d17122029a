import { z } from 'zod'
import { PolicyId, WorkspaceId } from '../ids.ts'
import { makeNamedId } from '../named-id.ts'
import { text } from '../text.ts'

/** How long bodies of messages are kept. The ledger and the audit are kept for ever, whatever this says. */
export const Retention = z.discriminatedUnion('mode', [
  z.strictObject({ mode: z.literal('permanent') }),
  z.strictObject({ mode: z.literal('days'), days: z.int().min(1).max(36_500) }),
])
export type Retention = z.infer<typeof Retention>

/** Retention as settings write it: `permanent`, or days such as `90d`; their form has been checked. */
export const parseRetention = (value: string): Retention =>
  value === 'permanent' ? { mode: 'permanent' } : { mode: 'days', days: Number.parseInt(value, 10) }

/** `redaction`: what looks like a secret is masked before a message is kept. */
export const DataPolicy = z.strictObject({ retention: Retention, redaction: z.boolean() })
export type DataPolicy = z.infer<typeof DataPolicy>

export type Policy = DataPolicy & {
  readonly id: PolicyId
  readonly changedAt: string
  readonly changedBy: string
}

/** The one policy of a workspace. */
export const makePolicyId = (workspaceId: WorkspaceId): PolicyId =>
  PolicyId.parse(makeNamedId('policy', workspaceId))

export const PolicyCommand = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('ChangePolicy'),
    workspaceId: WorkspaceId,
    policyId: PolicyId,
    policy: DataPolicy,
    reason: text(400, 1),
  }),
])
export type PolicyCommand = z.infer<typeof PolicyCommand>

export const PolicyEvent = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('policy.changed'),
    v: z.literal(1),
    data: z.strictObject({ policy: DataPolicy, reason: text(400, 1), by: text(120, 1) }),
  }),
])
export type PolicyEvent = z.infer<typeof PolicyEvent>
export type PolicyEventAt = PolicyEvent & { readonly at: string }
