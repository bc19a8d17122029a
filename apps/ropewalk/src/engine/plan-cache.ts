import { digestOf } from '@ropewalk/core/canonical'
import type { RunPlan } from '@ropewalk/core/contract/run-plan'
import { RopewalkError } from '@ropewalk/core/errors'

/** Plans by digest. What a digest names never changes, so nothing here goes stale. */
export type PlanCache = {
  find(hash: string): RunPlan | undefined
  keep(hash: string, plan: RunPlan): void
  /** The plan that `hash` names; the given one is checked once. Throws INVALID_ARGUMENT. */
  verify(hash: string, plan: RunPlan): RunPlan
  isStored(workspaceId: string, hash: string): boolean
  markStored(workspaceId: string, hash: string): void
}

/** Bounds the memory: a plan holds every prompt of its playbook, about 100 KB. */
const MAX_PLANS = 200

export const makePlanCache = (): PlanCache => {
  const plans = new Map<string, RunPlan>()
  const stored = new Set<string>()
  const keep = (hash: string, plan: RunPlan) => {
    plans.delete(hash)
    plans.set(hash, plan)
    const oldest = plans.size > MAX_PLANS ? plans.keys().next().value : undefined
    if (oldest !== undefined) plans.delete(oldest)
    if (stored.size > 100 * MAX_PLANS) stored.clear()
  }
  return {
    find: (hash) => plans.get(hash),
    keep,
    verify: (hash, plan) => {
      const known = plans.get(hash)
      if (known !== undefined) return known
      if (digestOf(plan) !== hash) {
        throw new RopewalkError(
          'INVALID_ARGUMENT',
          `Expected planHash to be the digest of the plan, got ${hash}.`,
        )
      }
      keep(hash, plan)
      return plan
    },
    isStored: (workspaceId, hash) => stored.has(`${workspaceId}/${hash}`),
    markStored: (workspaceId, hash) => stored.add(`${workspaceId}/${hash}`),
  }
}
