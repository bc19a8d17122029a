import type { Prd, Rtm, UserStories } from '../contract/documents.ts'
import type { RequirementCheck } from '../contract/guard-report.ts'

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/**
 * The traceability matrix: one row a requirement, in id order; stories and tests of a row are sorted too, so
 * that the same facts give the same bytes. Orphans show what leads nowhere, forwards and backwards.
 */
export const makeRtm = (facts: {
  readonly prd: Prd
  readonly stories: UserStories
  readonly checks: readonly RequirementCheck[]
}): Rtm => {
  const { prd, stories, checks } = facts
  const requirements = prd.requirements.toSorted((a, b) => compare(a.id, b.id))
  const known = new Set(requirements.map(({ id }) => id))
  const rows = requirements.map(({ id, title, cites }) => ({
    requirementId: id,
    title,
    cites: [...cites],
    origins: [],
    stories: stories.stories
      .filter((story) => story.requirements.includes(id))
      .map((story) => story.id)
      .toSorted(compare),
    tests: checks
      .filter(({ requirementId }) => requirementId === id)
      .map(({ test, file, outcome }) => ({ test, file, outcome }))
      .toSorted(
        (a, b) => compare(a.file, b.file) || compare(a.test, b.test) || compare(a.outcome, b.outcome),
      ),
    checks: [],
    dossier: null,
  }))
  const unowned = checks.filter(({ requirementId }) => !known.has(requirementId)).map(({ test }) => test)
  return {
    rows,
    orphans: {
      requirementsWithoutStory: rows
        .filter((row) => row.stories.length === 0)
        .map((row) => row.requirementId),
      requirementsWithoutTest: rows.filter((row) => row.tests.length === 0).map((row) => row.requirementId),
      requirementsWithoutOrigin: [],
      goalsWithoutRequirement: [],
      storiesWithoutRequirement: stories.stories
        .filter((story) => !story.requirements.some((id) => known.has(id)))
        .map((story) => story.id)
        .toSorted(compare),
      testsWithoutRequirement: [...new Set(unowned)].toSorted(compare),
    },
  }
}
