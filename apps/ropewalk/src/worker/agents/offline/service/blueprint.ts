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
  /** Requirements that no rule can build; they get no code and no test. */
  readonly gaps: readonly { readonly id: string; readonly title: string }[]
  /** Acceptance criteria in other words than ours, which no test of ours was made for. */
  readonly untested: readonly { readonly id: string; readonly text: string }[]
}

const readDesign = (
  recognised: readonly { readonly text: string; readonly feature: Feature | undefined }[],
  base: Design,
): Design => {
  let design = base
  const features = new Set<FeatureName>(['create', 'list'])
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
  for (const { requirement, feature } of recognised) {
    const { id, title } = requirement
    if (feature === undefined || !hasFeature(design, feature.name)) {
      gaps.push({ id, title: clip(getPlainLine(title), 160) })
      continue
    }
    ids.set(feature.name, [...(ids.get(feature.name) ?? []), id])
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
    gaps,
    untested,
  }
}
