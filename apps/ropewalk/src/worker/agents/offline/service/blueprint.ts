import type { Prd } from '@ropewalk/core/contract/documents'
import { hasFeature, type Design, type FeatureName } from '../design.ts'
import { isBuildable } from '../features/extras.ts'
import type { Feature } from '../features/feature.ts'
import { findFeature } from '../features/recognise.ts'
import { parseIdea } from '../parse-idea.ts'
import { clip, getPlainLine } from '../words.ts'

/** What is built, and which requirement each part of it proves. */
export type Blueprint = {
  readonly title: string
  readonly overview: string
  /** The idea as one plain line, for the reader of the README. */
  readonly idea: string
  readonly design: Design
  readonly ids: ReadonlyMap<FeatureName, readonly string[]>
  /** Features that no requirement of priority `must` asks for; the story loop builds them. */
  readonly later: readonly FeatureName[]
  /** Requirements that no rule can build; they get no code and no test. */
  readonly gaps: readonly { readonly id: string; readonly title: string }[]
  /** Acceptance criteria in other words than ours, which no test of ours was made for. */
  readonly untested: readonly { readonly id: string; readonly text: string }[]
}

/** What every service of records does, whether or not a requirement says so. */
const LEAST: readonly FeatureName[] = ['create', 'list']

/** Features that are nothing without another. */
const NEEDS: Readonly<Partial<Record<FeatureName, FeatureName>>> = { visits: 'redirect', results: 'vote' }

/** The page is one piece of work, whichever priority it has, and the build makes it. */
const listLater = (design: Design, urgent: ReadonlySet<FeatureName>): FeatureName[] => {
  const early = new Set<FeatureName>([...urgent, 'page'])
  for (const name of urgent) {
    const needed = NEEDS[name]
    if (needed !== undefined) early.add(needed)
  }
  return design.features.filter((name) => !early.has(name))
}

/** The same blueprint with these features alone; what is left out is neither code nor test yet. */
export const narrow = (blueprint: Blueprint, isIn: (name: FeatureName) => boolean): Blueprint => ({
  ...blueprint,
  design: { ...blueprint.design, features: blueprint.design.features.filter(isIn) },
  ids: new Map([...blueprint.ids].filter(([name]) => isIn(name))),
})

const readDesign = (
  recognised: readonly { readonly text: string; readonly feature: Feature | undefined }[],
  base: Design,
): Design => {
  let design = base
  const features = new Set<FeatureName>(LEAST)
  for (const { feature, text } of recognised) {
    if (feature === undefined) continue
    features.add(feature.name)
    design = feature.read?.(text, design) ?? design
  }
  design = { ...design, features: [...features] }
  return { ...design, features: design.features.filter((name) => isBuildable(design, name)) }
}

/** What the requirements ask for, read from their titles and statements, whoever wrote them. */
export const readBlueprint = (prd: Prd, idea: string): Blueprint => {
  const recognised = prd.requirements.map((requirement) => ({
    requirement,
    text: requirement.statement,
    feature: findFeature(requirement.title, requirement.statement),
  }))
  const design = readDesign(recognised, parseIdea(idea).design)
  const ids = new Map<FeatureName, readonly string[]>()
  const gaps: Blueprint['gaps'][number][] = []
  const untested: Blueprint['untested'][number][] = []
  const urgent = new Set<FeatureName>(LEAST)
  for (const { requirement, feature } of recognised) {
    const { id, title } = requirement
    if (feature === undefined || !hasFeature(design, feature.name)) {
      gaps.push({ id, title: clip(getPlainLine(title), 160) })
      continue
    }
    ids.set(feature.name, [...(ids.get(feature.name) ?? []), id])
    if (requirement.priority === 'must') urgent.add(feature.name)
    const tested = feature.acceptance(design)
    for (const text of requirement.acceptance)
      if (!tested.includes(text)) untested.push({ id, text: clip(getPlainLine(text), 300) })
  }
  return {
    title: clip(getPlainLine(prd.title), 120),
    overview: clip(getPlainLine(prd.overview), 600),
    idea: clip(getPlainLine(idea), 300),
    design,
    ids,
    later: listLater(design, urgent),
    gaps,
    untested,
  }
}
