import type { Prd } from '@ropewalk/core/contract/documents'
import type { AgentJob } from '../../../../agent-runtime.ts'
import { hasFeature, type Design, type FeatureName } from '../../design.ts'
import { findFeature } from '../../features/recognise.ts'
import { parseIdea, type ParsedIdea } from '../../parse-idea.ts'
import { readBlueprint, type Blueprint } from '../../service/blueprint.ts'
import { capitalise, clip, getPlainLine } from '../../words.ts'
import { findInput, findInputJson, getIdea, makeOfflineError, readInput } from '../inputs.ts'
import { writeIdeaSpec } from '../write-idea-spec.ts'
import { writePrd } from '../write-prd.ts'

/** What the documents from the architecture on rest on: the requirements, and what the coder makes of them. */
export type Product = {
  readonly idea: ParsedIdea
  readonly prd: Prd
  /** What the coder makes of the requirements. */
  readonly blueprint: Blueprint
  readonly title: string
  readonly design: Design
  /** The name of a record in data models and schemas: `Recipe`. */
  readonly entity: string
  /** Requirements that no rule builds, with their place in the PRD. */
  readonly gaps: readonly { readonly id: string; readonly title: string; readonly cite: string }[]
  readonly has: (name: FeatureName) => boolean
  /** The ids of the requirements behind features, without repetition; those of all that is built where there are none. */
  readonly ids: (...names: readonly FeatureName[]) => string[]
  /** The same requirements as citations. */
  readonly cite: (...names: readonly FeatureName[]) => string[]
}

const MAX_IDS = 20

export const makeProduct = (prd: Prd, idea: string): Product => {
  const blueprint = readBlueprint(prd, idea)
  const { design, title } = blueprint
  const placed = prd.requirements.map((requirement, index) => {
    const feature = findFeature(requirement.title, requirement.statement)
    const isBuilt = feature !== undefined && hasFeature(design, feature.name)
    return {
      id: requirement.id,
      title: clip(getPlainLine(requirement.title), 150),
      cite: `PRD#/requirements/${String(index)}`,
      name: isBuilt ? feature.name : undefined,
    }
  })
  const built = placed.filter(({ name }) => name !== undefined)
  const find = (names: readonly FeatureName[]) => {
    const own = built.filter(({ name }) => name !== undefined && names.includes(name))
    return (own.length > 0 ? own : built.length > 0 ? built : placed).slice(0, MAX_IDS)
  }
  return {
    idea: parseIdea(idea),
    prd,
    blueprint,
    title,
    design,
    entity: capitalise(design.noun.one.replaceAll(/[^A-Za-z0-9_]/gu, '')) || 'Entry',
    gaps: placed.filter(({ name }) => name === undefined),
    has: (name) => hasFeature(design, name),
    ids: (...names) => [...new Set(find(names).map(({ id }) => id))],
    cite: (...names) => find(names).map(({ cite }) => cite),
  }
}

/** Members that documents without the PRD among their inputs rest on instead: the first that the job has. */
const STANDINS = [
  ['StyleGuide', '/principles/0'],
  ['DeploymentPlan', '/steps/0'],
  ['NFRs', '/requirements/0'],
  ['UXFlows', '/flows/0'],
  ['InfrastructureSpec', '/resources/0'],
] as const

const readStandin = (job: AgentJob): Product => {
  const idea = getIdea(job)
  const parsed = parseIdea(idea)
  const spec = writeIdeaSpec({
    idea: parsed,
    clarifications: undefined,
    answers: job.context.context.answers,
  })
  const found = STANDINS.find(([name]) => findInput(job, name) !== undefined)
  if (found === undefined)
    throw makeOfflineError('The offline model needs PRD as an input, whole and by its contract.')
  return { ...makeProduct(writePrd(spec, parsed), idea), cite: () => [`${found[0]}#${found[1]}`] }
}

/**
 * The product of a job: by the PRD among its inputs, else by the idea and its answers, with citations of what
 * the job has. Throws AgentError `fatal` where it has neither.
 */
export const readProduct = (job: AgentJob): Product => {
  if (findInputJson(job, 'PRD') === undefined) return readStandin(job)
  return makeProduct(readInput(job, 'PRD'), getIdea(job))
}
