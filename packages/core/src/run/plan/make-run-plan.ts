import { RopewalkError } from '../../errors.ts'
import { getPhasePlanHash, type PhasePlan } from '../../contract/phase-plan.ts'
import {
  type AgentDefinition,
  getDurationMs,
  type PhaseDefinition,
  type Playbook,
} from '../../contract/playbook.ts'
import type { ClarificationMode, RunPlan } from '../../contract/run-plan.ts'
import { expandPhase } from './expand-phase.ts'
import { findAgent } from './find-in-plan.ts'
import { findPlanFault, type PlanFault } from './find-plan-fault.ts'
import { getPhaseOrder } from './get-phase-order.ts'

export { getPhaseOrder } from './get-phase-order.ts'

/** What a run is asked to do. `estimate` is the price range of the playbook's phases. */
export type RunPlanRequest = {
  readonly playbook: Playbook
  readonly playbookHash: string
  readonly idea: string
  readonly repo: RunPlan['repo']
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

type MadePhase = { readonly plan: PhasePlan; readonly changed: readonly AgentDefinition[] }

const makePhasePlan = (asked: PhaseDefinition, agents: readonly AgentDefinition[]): MadePhase => {
  const absent = [...asked.agents, ...(asked.gate.review ? [asked.gate.review.agent] : [])].filter(
    (name) => !findAgent(agents, asked.phase, name),
  )
  if (absent.length > 0)
    return refuseFault({
      message: `The phase ${asked.phase} names agents that are not there: ${absent.join(', ')}.`,
      details: { phase: asked.phase, absent },
    })
  const { definition, stages, changed } = expandPhase(asked, agents)
  const hash = getPhasePlanHash(definition)
  const plan = {
    phase: definition.phase,
    definition,
    stages: stages.map((stage) => [...stage]),
    version: 1,
    hash,
  } as const
  return { plan, changed }
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

const listNames = ({ agents, fix_agent: fixer }: PhaseDefinition): string[] => [
  ...agents,
  ...(fixer === undefined ? [] : [fixer]),
]

/** The agents that the phases name, their fix agents among them, each once. */
const listAgents = (phases: readonly PhasePlan[], all: readonly AgentDefinition[]): AgentDefinition[] => {
  const used = phases.flatMap(({ phase, definition }) =>
    listNames(definition).flatMap((name) => findAgent(all, phase, name) ?? []),
  )
  return [...new Set(used)]
}

/**
 * All agents, each as its phase changed it. Where a phase changed an agent that it shares, the others that
 * name it get a copy of the one in the playbook, so that none takes the changed one for its own.
 */
const withChanges = (all: readonly AgentDefinition[], made: readonly MadePhase[]): AgentDefinition[] => {
  const changed = made.flatMap((phase) => phase.changed)
  const names = new Set(changed.map(({ agent }) => agent))
  const isIn = (
    list: readonly AgentDefinition[],
    { agent, phase }: Pick<AgentDefinition, 'agent' | 'phase'>,
  ) => list.some((other) => other.agent === agent && other.phase === phase)
  const copies = made.flatMap(({ plan: { phase, definition } }) =>
    listNames(definition)
      .filter((agent) => names.has(agent) && !isIn(changed, { agent, phase }))
      .flatMap((agent) => findAgent(all, phase, agent) ?? [])
      .map((agent): AgentDefinition => ({ ...agent, phase })),
  )
  const own = [...changed, ...copies]
  return [...all.filter((agent) => !isIn(own, agent)), ...own]
}

/**
 * The frozen description of what a run will do, its phases in an order in which each comes after its needs.
 * Throws PLAYBOOK_INVALID, naming what is wrong, for a playbook that cannot be carried out.
 */
export const makeRunPlan = (request: RunPlanRequest): RunPlan => {
  const { playbook } = request
  const made = playbook.phases.map((definition) => makePhasePlan(definition, playbook.agents))
  const plans = made.map(({ plan }) => plan)
  const agents = withChanges(playbook.agents, made)
  const dependencies = Object.fromEntries(playbook.phases.map(({ phase, needs }) => [phase, needs]))
  // All agents, so that a name the phases share stays as ambiguous as the playbook made it.
  const fault = findPlanFault({ phases: plans, dependencies, agents })
  if (fault) return refuseFault(fault)
  const order = getPhaseOrder({ phases: plans, dependencies })
  const phases = order.flatMap((name) => plans.find(({ phase }) => phase === name) ?? [])
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
    agents: listAgents(phases, agents),
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
