import { RopewalkError } from '../../errors.ts'
import { getPhasePlanHash, type PhasePlan } from '../../contract/phase-plan.ts'
import {
  type AgentDefinition,
  getDurationMs,
  type PhaseDefinition,
  type Playbook,
} from '../../contract/playbook.ts'
import type { ClarificationMode, RunPlan } from '../../contract/run-plan.ts'
import { findAgent } from './find-in-plan.ts'
import { findPlanFault, type PlanFault } from './find-plan-fault.ts'
import { getPhaseOrder } from './get-phase-order.ts'
import { makeStages } from './make-stages.ts'

export { getPhaseOrder } from './get-phase-order.ts'

/** What a run is asked to do. `estimate` is the price range of the playbook's phases. */
export type RunPlanRequest = {
  readonly playbook: Playbook
  readonly playbookHash: string
  readonly idea: string
  readonly repo: string | null
  readonly models: readonly string[]
  readonly capMicros: number
  readonly clarification: ClarificationMode
  readonly questionDeadlineMs: number
  readonly unconfined: boolean
  readonly estimate: RunPlan['estimate']
}

const SECURITY = /secur|secret|sbom|vulnerab|cve/iu

const refuseFault = ({ message, details }: PlanFault): never => {
  throw new RopewalkError('PLAYBOOK_INVALID', message, { details })
}

const makePhasePlan = (definition: PhaseDefinition, agents: readonly AgentDefinition[]): PhasePlan => {
  const own = definition.agents.flatMap((name) => findAgent(agents, definition.phase, name) ?? [])
  const absent = definition.agents.filter((name) => !findAgent(agents, definition.phase, name))
  if (absent.length > 0)
    return refuseFault({
      message: `The phase ${definition.phase} names agents that are not there: ${absent.join(', ')}.`,
      details: { phase: definition.phase, absent },
    })
  const stages = makeStages(definition, own)
  return { phase: definition.phase, definition, stages, version: 1, hash: getPhasePlanHash(definition) }
}

/** ISO 8601 of whole seconds, such as `PT1H30M`. */
const formatDuration = (ms: number): string => {
  const seconds = Math.ceil(ms / 1000)
  const parts = [
    [Math.floor(seconds / 3600), 'H'],
    [Math.floor((seconds % 3600) / 60), 'M'],
    [seconds % 60, 'S'],
  ] as const
  const shown = parts.filter(([count]) => count > 0).map(([count, unit]) => `${count}${unit}`)
  return shown.length === 0 ? 'PT0S' : `PT${shown.join('')}`
}

const makePolicies = (
  { clarification, questionDeadlineMs, unconfined }: RunPlanRequest,
  definitions: readonly PhaseDefinition[],
): RunPlan['policies'] => ({
  clarification,
  question_deadline_ms: questionDeadlineMs,
  no_user_interactions: clarification === 'autonomous',
  hallucination_guards_required: definitions.some(({ rubrics }) => Object.hasOwn(rubrics, 'grounding')),
  security_gates_required: definitions
    .filter(({ rubrics }) => Object.keys(rubrics).some((name) => SECURITY.test(name)))
    .map(({ phase }) => phase),
  unconfined,
})

/** The agents that the phases name, their fix agents among them, each once. */
const listAgents = (playbook: Playbook): AgentDefinition[] => {
  const used = playbook.phases.flatMap(({ phase, agents, fix_agent: fixer }) =>
    [...agents, ...(fixer === undefined ? [] : [fixer])].flatMap(
      (name) => findAgent(playbook.agents, phase, name) ?? [],
    ),
  )
  return [...new Set(used)]
}

/**
 * The frozen description of what a run will do, its phases in an order in which each comes after its needs.
 * Throws PLAYBOOK_INVALID, naming what is wrong, for a playbook that cannot be carried out.
 */
export const makeRunPlan = (request: RunPlanRequest): RunPlan => {
  const { playbook } = request
  const made = playbook.phases.map((definition) => makePhasePlan(definition, playbook.agents))
  const dependencies = Object.fromEntries(playbook.phases.map(({ phase, needs }) => [phase, needs]))
  // All agents, so that a name the phases share stays as ambiguous as the playbook made it.
  const fault = findPlanFault({ phases: made, dependencies, agents: playbook.agents })
  if (fault) return refuseFault(fault)
  const order = getPhaseOrder({ phases: made, dependencies })
  const phases = order.flatMap((name) => made.find(({ phase }) => phase === name) ?? [])
  const definitions = phases.map(({ definition }) => definition)
  const sum = (pick: (definition: PhaseDefinition) => number) =>
    definitions.reduce((total, definition) => total + pick(definition), 0)
  return {
    version: 1,
    playbook: { name: playbook.name, hash: request.playbookHash },
    idea: request.idea,
    repo: request.repo,
    phases,
    dependencies,
    agents: listAgents(playbook),
    prices: playbook.prices,
    models: [...request.models],
    budgets: {
      capMicros: request.capMicros,
      total_tokens: sum(({ budgets }) => budgets.tokens),
      total_tools_minutes: sum(({ budgets }) => budgets.tools_minutes),
      total_gpu_hours: sum(({ budgets }) => budgets.gpu_hours),
    },
    policies: makePolicies(request, definitions),
    timeouts: {
      total: formatDuration(sum(({ timebox }) => getDurationMs(timebox))),
      phases: Object.fromEntries(definitions.map(({ phase, timebox }) => [phase, timebox])),
    },
    required_evidence: [...new Set(definitions.flatMap(({ required_artifacts: names }) => names))],
    estimate: request.estimate,
  }
}
