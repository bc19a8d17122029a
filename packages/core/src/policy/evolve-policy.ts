import type { PolicyId } from '../ids.ts'
import type { Policy, PolicyEventAt } from './policy.ts'

/** The policy after one more event; each says all of it. */
export const evolvePolicy = (_before: Policy | null, { data, at }: PolicyEventAt, id: PolicyId): Policy => ({
  ...data.policy,
  id,
  changedAt: at,
  changedBy: data.by,
})

/** From its whole history, oldest first. */
export const foldPolicy = (id: PolicyId, events: Iterable<PolicyEventAt>): Policy | null => {
  let policy: Policy | null = null
  for (const event of events) policy = evolvePolicy(policy, event, id)
  return policy
}
