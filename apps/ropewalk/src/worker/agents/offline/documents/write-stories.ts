import type { IdeaSpec, Prd, UserStories } from '@ropewalk/core/contract/documents'
import { findFeature } from '../features/recognise.ts'
import type { ParsedIdea } from '../parse-idea.ts'
import { readDesignOfSpec } from './write-prd.ts'
import { getBareWish } from '../demands.ts'
import { clip, getInner } from '../words.ts'

/** One story for each requirement, by the users of the specification. */
export const writeStories = (prd: Prd, spec: IdeaSpec, idea: ParsedIdea): UserStories => {
  const design = readDesignOfSpec(spec, idea)
  const user = getInner(spec.users[0]?.name ?? idea.users)
  return {
    stories: prd.requirements.map((requirement, index) => {
      const feature = findFeature(requirement.title, requirement.statement)
      return {
        id: `US-${String(index + 1).padStart(3, '0')}`,
        as: user,
        want:
          feature?.want(design) ??
          `this, as the idea asks for it: ${clip(getBareWish(requirement.title), 400)}`,
        so_that: feature?.soThat(design) ?? 'the goal behind it is met',
        requirements: [requirement.id],
        acceptance: [...requirement.acceptance],
      }
    }),
  }
}
