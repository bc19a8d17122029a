import { getClaimOrigin } from '@ropewalk/core/access/caller'
import { RESERVED_CAPABILITIES } from '@ropewalk/core/contract/api/claims'
import { CLAIM_TASK } from '@ropewalk/core/contract/methods/tasks'
import type { z } from 'zod'
import { type AgentClaim, claimItemTasks, claimRunTasks } from '../../tasks/claim-for-agent.ts'
import { defineMethod } from '../define-method.ts'
import type { MethodSources } from '../method.ts'

type Claimed = z.output<typeof CLAIM_TASK.output>

const NONE: Claimed = {
  task_id: null,
  attempt: null,
  lease_until: null,
  token: null,
  run_task: null,
  item_task: null,
}

const claimOfRun = async (sources: MethodSources, claim: AgentClaim): Promise<Claimed> => {
  const [claimed] = await claimRunTasks(sources, claim)
  if (claimed === undefined) return NONE
  const { token, ...task } = claimed
  const { attempt, leaseUntil } = task
  return { ...NONE, task_id: task.task.id, attempt, lease_until: leaseUntil, token, run_task: task }
}

const claimOfItem = async (sources: MethodSources, claim: AgentClaim): Promise<Claimed> => {
  const [claimed] = await claimItemTasks(sources, claim)
  if (claimed === undefined) return NONE
  const { token, ...task } = claimed
  const { attempt, leaseUntil } = task
  return { ...NONE, task_id: task.order.id, attempt, lease_until: leaseUntil, token, item_task: task }
}

/** Whoever claims is the worker: what they do with the task is theirs by their own token too. */
export const claimTask = defineMethod(CLAIM_TASK, async (sources, input, { caller }) => {
  const { workspaceId, agentId: worker } = caller
  const { capabilities, from } = input
  const leaseMs = Math.round(input.lease_seconds * 1000)
  const claim = { workspaceId, worker, capabilities, limit: 1, leaseMs, origin: getClaimOrigin(caller) }
  // Of runs some kinds of work are our own worker's; who looks for any work is not refused for naming them.
  const ofRuns =
    from === 'run' ? capabilities : capabilities.filter((name) => !RESERVED_CAPABILITIES.includes(name))
  const isForRuns = from !== 'item' && ofRuns.length > 0
  const ofRun = isForRuns ? await claimOfRun(sources, { ...claim, capabilities: ofRuns }) : NONE
  return ofRun.task_id !== null || from === 'run' ? ofRun : claimOfItem(sources, claim)
})
