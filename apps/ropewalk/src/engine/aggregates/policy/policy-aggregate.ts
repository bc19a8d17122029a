import { decidePolicy } from '@ropewalk/core/policy/decide-policy'
import { PolicyEvent } from '@ropewalk/core/policy/policy'
import type { Policy, PolicyCommand } from '@ropewalk/core/policy/policy'
import { POLICIES } from '../identity-sql.ts'
import { makeRootAggregate } from '../root-aggregate.ts'

/** Data policies of workspaces, as the writer knows them. */
export const POLICY_AGGREGATE = makeRootAggregate<PolicyCommand, Policy, PolicyEvent>({
  kind: 'policy',
  idField: 'policyId',
  table: POLICIES,
  insert: 'insertPolicies',
  update: 'updatePolicies',
  isFor: (command): command is PolicyCommand => 'policyId' in command,
  getId: (command) => command.policyId,
  decide: decidePolicy,
  contract: PolicyEvent,
})
