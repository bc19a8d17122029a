import type { IdeaSpec, Prd, UserStories } from '@ropewalk/core/contract/documents'
import { findFeature } from '../features/recognise.ts'
import type { ParsedIdea } from '../parse-idea.ts'
import { readDesignOfSpec } from './write-prd.ts'
import { clip } from '../words.ts'

/** One story for each requirement, by the users of the specification. */
export const writeStories = (prd: Prd, spec: IdeaSpec, idea: ParsedIdea): UserStories => {
  const design = readDesignOfSpec(spec, idea)
  const user = (spec.users[0]?.name ?? idea.users).replace(/^\p{Lu}(?=\p{Ll})/u, (letter) =>
    letter.toLowerCase(),
  )
  return {
    stories: prd.requirements.map((requirement, index) => {
      const feature = findFeature(requirement.title, requirement.statement)
      return {
        id: `US-${String(index + 1).padStart(3, '0')}`,
        as: user,
        want: feature?.want(design) ?? `that this holds: ${clip(requirement.title, 400)}`,
        so_that: feature?.soThat(design) ?? 'the goal behind it is met',
        requirements: [requirement.id],
        acceptance: [...requirement.acceptance],
      }
    }),
  }
}
