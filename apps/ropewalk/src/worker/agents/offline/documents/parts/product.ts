import type { Prd } from '@ropewalk/core/contract/documents'
import type { AgentJob } from '../../../../agent-runtime.ts'
import { hasFeature, type Design, type FeatureName } from '../../design.ts'
import { findFeature } from '../../features/recognise.ts'
import { parseIdea, type ParsedIdea } from '../../parse-idea.ts'
import { readBlueprint } from '../../service/blueprint.ts'
import { capitalise, clip, getPlainLine } from '../../words.ts'
import { getIdea, readInput } from '../inputs.ts'

/** What the documents from the architecture on rest on: the requirements, and what the coder makes of them. */
export type Product = {
  readonly idea: ParsedIdea
  readonly prd: Prd
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
  const { design, title } = readBlueprint(prd, idea)
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
    title,
    design,
    entity: capitalise(design.noun.one.replaceAll(/[^A-Za-z0-9_]/gu, '')) || 'Entry',
    gaps: placed.filter(({ name }) => name === undefined),
    has: (name) => hasFeature(design, name),
    ids: (...names) => [...new Set(find(names).map(({ id }) => id))],
    cite: (...names) => find(names).map(({ cite }) => cite),
  }
}

/** The product of a job that has the PRD among its inputs. Throws AgentError `fatal` where it has none. */
export const readProduct = (job: AgentJob): Product => makeProduct(readInput(job, 'PRD'), getIdea(job))
