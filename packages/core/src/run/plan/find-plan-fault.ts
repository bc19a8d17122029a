import type { PhaseDefinition } from '../../contract/playbook.ts'
import type { PhasePlan } from '../../contract/phase-plan.ts'
import type { RunPlan } from '../../contract/run-plan.ts'
import { getJsonBytes } from '../../clip.ts'
import { sortByNeeds } from './get-phase-order.ts'
import { findAgent } from './find-in-plan.ts'

export type PlanFault = { readonly message: string; readonly details: Readonly<Record<string, unknown>> }
type Checked = Pick<RunPlan, 'phases' | 'dependencies' | 'agents'>

/** A guard's settings travel in its task's spec, which must fit into one ledger entry. */
const MAX_SETTINGS_BYTES = 1000
const MAX_JUDGED = 12

const findRepeated = (names: readonly string[]): string | undefined =>
  names.find((name, index) => names.indexOf(name) !== index)

const findNeedsFault = ({ phases, dependencies }: Checked): PlanFault | undefined => {
  const names = phases.map(({ phase }) => phase)
  const repeated = findRepeated(names)
  if (repeated !== undefined)
    return {
      message: `The phase ${repeated} is there twice; a phase has one file.`,
      details: { phase: repeated },
    }
  for (const name of names) {
    const unknown = (dependencies[name] ?? []).filter((need) => !names.includes(need))
    if (unknown.length > 0)
      return {
        message: `The phase ${name} needs ${unknown.join(', ')}, which the playbook does not have.`,
        details: { phase: name, unknown },
      }
  }
  const { stuck } = sortByNeeds(names, dependencies)
  if (stuck.length === 0) return undefined
  const circle = stuck.map((name) => `${name} needs ${(dependencies[name] ?? []).join(', ')}`)
  return {
    message: `The phases need each other in a circle: ${circle.join('; ')}.`,
    details: { circular: stuck },
  }
}

const findAgentsFault = ({ agents }: Checked, { definition, stages }: PhasePlan): string | undefined => {
  const { fix_agent: fixer } = definition
  const named = [...definition.agents, ...(fixer === undefined ? [] : [fixer])]
  const absent = named.filter((name) => !findAgent(agents, definition.phase, name))
  if (absent.length > 0) return `names agents that are not there: ${absent.join(', ')}`
  const repeated = findRepeated(definition.agents)
  if (repeated !== undefined) return `names the agent ${repeated} twice`
  const staged = stages.flat().toSorted()
  return staged.join(' ') === definition.agents.toSorted().join(' ')
    ? undefined
    : `has stages of other agents (${staged.join(', ')}) than its own (${definition.agents.join(', ')})`
}

/** A waiver of the playbook must be one that a person could have asked for. */
const findWaiversFault = ({ rubrics, waivers }: PhaseDefinition): string | undefined => {
  for (const { rubric, days } of waivers.declared) {
    const of = rubrics[rubric]
    if (!of) return `declares a waiver of the rubric ${rubric}, which it does not have`
    if (!of.waivable) return `declares a waiver of the rubric ${rubric}, which is not waivable`
    if (days > waivers.max_days)
      return `declares a waiver of ${rubric} for ${days} days; its max_days is ${waivers.max_days}`
  }
  const repeated = findRepeated(waivers.declared.map(({ rubric }) => rubric))
  return repeated === undefined ? undefined : `declares two waivers of the rubric ${repeated}`
}

const findGuardsFault = ({ agents }: Checked, { definition }: PhasePlan): string | undefined => {
  const { guards, rubrics, required_artifacts: required } = definition
  const stray = guards.find(({ rubric }) => !Object.hasOwn(rubrics, rubric))
  if (stray) return `has the guard ${stray.guard} for the rubric ${stray.rubric}, which it does not have`
  const unfed = Object.entries(rubrics).find(
    ([name, { optional }]) => !optional && !guards.some(({ rubric }) => rubric === name),
  )
  if (unfed) return `has the rubric ${unfed[0]} that no guard feeds, so its gate could never pass`
  const wide = guards.find(
    ({ settings, artifacts }) => getJsonBytes(settings) > MAX_SETTINGS_BYTES || artifacts.length > MAX_JUDGED,
  )
  if (wide)
    return `has the guard ${wide.guard} with more than ${MAX_JUDGED} artifacts or ${MAX_SETTINGS_BYTES} bytes of settings`
  if (guards.length > 0) return undefined
  // Without a guard nothing but the agents' own outputs is ever looked at.
  const outputs = definition.agents.map((name) => findAgent(agents, definition.phase, name)?.output)
  const missing = required.filter((name) => !outputs.includes(name))
  return missing.length > 0 ? `requires what none of its agents makes: ${missing.join(', ')}` : undefined
}

/** What makes a plan impossible to carry out: the first fault found, with names. */
export const findPlanFault = (plan: Checked): PlanFault | undefined => {
  const needs = findNeedsFault(plan)
  if (needs) return needs
  for (const phase of plan.phases) {
    const fault =
      findAgentsFault(plan, phase) ?? findGuardsFault(plan, phase) ?? findWaiversFault(phase.definition)
    if (fault !== undefined)
      return { message: `The phase ${phase.phase} ${fault}.`, details: { phase: phase.phase } }
  }
  return undefined
}
