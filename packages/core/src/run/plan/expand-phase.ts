import { RopewalkError } from '../../errors.ts'
import { AgentDefinition, type PhaseDefinition, type Rubric } from '../../contract/playbook.ts'
import { findAgent } from './find-in-plan.ts'
import { makeStages } from './make-stages.ts'

/** The tool that joins outputs of one name; what follows the dot in an agent's name is that name. */
export const FAN_IN = 'fan-in'

/** Guard and rubric of an independent review. */
export const REVIEW = 'review'

/** Its weight where the playbook gives none: small beside rubrics whose weights come to one. */
const REVIEW_WEIGHT = 0.1

const LONGEST_NAME = 64

/** A phase as its run carries it out: fan-ins and review spelled out as agents, guards and stages. */
export type ExpandedPhase = {
  readonly definition: PhaseDefinition
  readonly stages: readonly (readonly string[])[]
  /** Agents that are not as the playbook has them: changed for this phase, or added. */
  readonly changed: readonly AgentDefinition[]
}

type Stages = { stages: string[][]; changed: AgentDefinition[] }

const makePart = (phase: string, agent: AgentDefinition): AgentDefinition => {
  const output = `${agent.output}.${agent.agent}`
  if (output.length <= LONGEST_NAME) return { ...agent, phase, output }
  throw new RopewalkError(
    'PLAYBOOK_INVALID',
    `In the phase ${phase} the output ${output} is longer than ${LONGEST_NAME} characters. Shorten the name of output or agent.`,
    { details: { phase, agent: agent.agent } },
  )
}

const makeFanIn = (
  { phase, aggregation }: PhaseDefinition,
  output: string,
  parts: readonly AgentDefinition[],
): AgentDefinition =>
  AgentDefinition.parse({
    agent: `${FAN_IN}.${output}`.slice(0, LONGEST_NAME),
    phase,
    kind: 'tool',
    capability: 'tool',
    inputs: parts.map((part) => part.output),
    output,
    settings: { strategy: aggregation },
    prompt: 'Joins the outputs of several agents into one, by the aggregation of the phase.',
  })

/** After a stage whose agents hand in one name come those that join the parts. */
const expandStage = (definition: PhaseDefinition, stage: readonly AgentDefinition[]): Stages => {
  const makers = stage.filter(({ kind }) => kind !== 'coder')
  const groups = [...Map.groupBy(makers, ({ output }) => output)].filter(([, group]) => group.length > 1)
  const joins = groups.map(([output, group]) => {
    const parts = group.map((agent) => makePart(definition.phase, agent))
    return { parts, join: makeFanIn(definition, output, parts) }
  })
  const names = stage.map(({ agent }) => agent)
  const added = joins.map(({ join }) => join.agent)
  return {
    stages: added.length === 0 ? [names] : [names, added],
    changed: joins.flatMap(({ parts, join }) => [...parts, join]),
  }
}

const expandFanIns = (definition: PhaseDefinition, agents: readonly AgentDefinition[]): Stages => {
  const all: Stages = { stages: [], changed: [] }
  for (const names of makeStages(definition, agents)) {
    const stage = names.flatMap((name) => agents.find(({ agent }) => agent === name) ?? [])
    const { stages, changed } = expandStage(definition, stage)
    all.stages.push(...stages)
    all.changed.push(...changed)
  }
  return all
}

/** The reviewer as its phase has it: it reads what it judges, whatever else it reads. */
const makeReviewer = ({ phase, gate }: PhaseDefinition, agent: AgentDefinition): AgentDefinition => ({
  ...agent,
  phase,
  inputs: [...new Set([gate.review?.artifact ?? '', ...agent.inputs])].filter((name) => name !== ''),
})

const addReview = (definition: PhaseDefinition, reviewer: AgentDefinition): PhaseDefinition => {
  const { guards, rubrics, gate } = definition
  const own: Rubric = rubrics[REVIEW] ?? { min: 1, weight: REVIEW_WEIGHT, waivable: true, optional: false }
  const artifacts = [reviewer.output, ...(gate.review ? [gate.review.artifact] : [])]
  return {
    ...definition,
    rubrics: { ...rubrics, [REVIEW]: { ...own, min: 1, optional: false } },
    guards: guards.some(({ guard }) => guard === REVIEW)
      ? guards
      : [...guards, { guard: REVIEW, artifacts, rubric: REVIEW, settings: {} }],
  }
}

/**
 * Spells out what a phase's file says in one word: agents of one stage that hand in one name get a part each
 * and a tool that joins them, and `gate.review` becomes a last stage with a guard and a rubric of its own.
 * Agents that are not there are left to the check of the plan. Throws PLAYBOOK_INVALID.
 */
export const expandPhase = (definition: PhaseDefinition, all: readonly AgentDefinition[]): ExpandedPhase => {
  const { phase, gate } = definition
  const found = gate.review ? findAgent(all, phase, gate.review.agent) : undefined
  const reviewer = found ? makeReviewer(definition, found) : undefined
  const own = definition.agents.flatMap((name) => findAgent(all, phase, name) ?? [])
  const makers = own.filter(({ agent }) => agent !== reviewer?.agent)
  const { stages, changed } = expandFanIns(definition, makers)
  const asked = definition.agents.filter((name) => name !== reviewer?.agent)
  const agents = [...asked, ...stages.flat().filter((name) => !asked.includes(name))]
  if (!reviewer) return { definition: { ...definition, agents }, stages, changed }
  return {
    definition: { ...addReview(definition, reviewer), agents: [...agents, reviewer.agent] },
    stages: [...stages, [reviewer.agent]],
    changed: [...changed, reviewer],
  }
}
