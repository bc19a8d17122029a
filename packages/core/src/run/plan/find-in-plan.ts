import { RopewalkError } from '../../errors.ts'
import type { PhasePlan } from '../../contract/phase-plan.ts'
import { type AgentDefinition, getDurationMs, type PhaseDefinition } from '../../contract/playbook.ts'
import type { RunPlan } from '../../contract/run-plan.ts'

/** Ten years: what a timebox is cut to, so that sums of instants stay instants. */
const LONGEST_TIMEBOX_MS = 10 * 365 * 86_400_000

/** Throws INVARIANT_BROKEN for a phase that is not in the plan. */
export const getPhasePlan = (plan: RunPlan, name: string): PhasePlan => {
  const found = plan.phases.find(({ phase }) => phase === name)
  if (!found) throw new RopewalkError('INVARIANT_BROKEN', `The run plan has no phase ${name}.`)
  return found
}

export const getDefinition = (plan: RunPlan, name: string): PhaseDefinition =>
  getPhasePlan(plan, name).definition

/** The agent of that name in this phase; else the only agent of that name in another. */
export const findAgent = (
  agents: readonly AgentDefinition[],
  phase: string,
  name: string,
): AgentDefinition | undefined => {
  const named = agents.filter(({ agent }) => agent === name)
  const own = named.find((agent) => agent.phase === phase)
  return own ?? (named.length === 1 ? named[0] : undefined)
}

/** Like `findAgent`. Throws INVARIANT_BROKEN when there is none. */
export const getAgent = (plan: RunPlan, phase: string, name: string): AgentDefinition => {
  const found = findAgent(plan.agents, phase, name)
  if (!found) throw new RopewalkError('INVARIANT_BROKEN', `The run plan has no agent ${name} for ${phase}.`)
  return found
}

export const getTimeboxMs = (plan: RunPlan, name: string): number =>
  Math.min(getDurationMs(getDefinition(plan, name).timebox), LONGEST_TIMEBOX_MS)

export const getNeededPhases = (plan: RunPlan, name: string): readonly string[] =>
  plan.dependencies[name] ?? []

/** Every phase that must have passed before `name` begins: those it needs, those they need, and so on. */
export const getAllNeeds = (plan: RunPlan, name: string): ReadonlySet<string> => {
  const needs = new Set<string>()
  const collect = (of: string): void => {
    for (const need of getNeededPhases(plan, of)) {
      if (needs.has(need)) continue
      needs.add(need)
      collect(need)
    }
  }
  collect(name)
  return needs
}

/** Every phase that needs `name`, directly or through others, in the order of the plan. */
export const getDependents = (plan: RunPlan, name: string): string[] => {
  const found = new Set([name])
  // As often as there are phases: enough for the longest chain, whatever the order of the plan.
  for (const _ of plan.phases)
    for (const { phase } of plan.phases)
      if (getNeededPhases(plan, phase).some((need) => found.has(need))) found.add(phase)
  return plan.phases.map(({ phase }) => phase).filter((phase) => phase !== name && found.has(phase))
}
