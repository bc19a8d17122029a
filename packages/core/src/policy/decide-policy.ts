import { clipText } from '../clip.ts'
import { accept, type Decision, refuse, type Stamp } from '../decision.ts'
import { evolvePolicy } from './evolve-policy.ts'
import { makePolicyId } from './policy.ts'
import type { DataPolicy, Policy, PolicyCommand, PolicyEvent, Retention } from './policy.ts'

const isSameRetention = (one: Retention, other: Retention): boolean =>
  one.mode === 'days' && other.mode === 'days' ? one.days === other.days : one.mode === other.mode

const isSame = (one: DataPolicy, other: DataPolicy): boolean =>
  one.redaction === other.redaction && isSameRetention(one.retention, other.retention)

/**
 * What a command means for the data policy of a workspace. Pure. The same policy again is accepted and is no
 * event; the first one is, even when it says what the settings say: from then on they may change.
 */
export const decidePolicy = (
  policy: Policy | null,
  command: PolicyCommand,
  { at, by }: Stamp,
): Decision<PolicyEvent, Policy | null> => {
  const { policyId, workspaceId, reason } = command
  if (policyId !== makePolicyId(workspaceId))
    return refuse('FORBIDDEN', 'This is not the policy of the workspace.', { policyId })
  if (policy !== null && isSame(policy, command.policy)) return accept([], policy)
  const data = { policy: command.policy, reason, by: clipText(by.id, 120) }
  const event: PolicyEvent = { type: 'policy.changed', v: 1, data }
  return accept([event], evolvePolicy(policy, { ...event, at }, policyId))
}
