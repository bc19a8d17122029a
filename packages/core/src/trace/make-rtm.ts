import type { Prd, Rtm, UserStories } from '../contract/documents.ts'
import { IdeaSpec } from '../contract/documents.ts'
import type { RequirementCheck } from '../contract/guard-report.ts'
import { followCitations, isWithin } from './follow-citations.ts'

/** A report of a guard that ran tests, with the requirements those tests name. */
export type Proof = {
  readonly phase: string
  readonly guard: string
  readonly round: number
  readonly digest: string
  readonly outcome: string
  readonly requirements: readonly string[]
}

export type RtmFacts = {
  readonly prd: Prd
  readonly stories: UserStories
  readonly checks: readonly RequirementCheck[]
  /** JSON of the documents that citations may lead through, by artifact name: the idea, its specification. */
  readonly documents: ReadonlyMap<string, unknown>
  readonly proofs: readonly Proof[]
  /** The page of the dossier with one line a requirement, null where there is no dossier yet. */
  readonly dossier: string | null
}

/** What a person said or was asked; a requirement that rests on neither was asked for by nobody. */
const ROOTS = ['Idea#', 'Clarifications#']

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

type Row = Rtm['rows'][number]

const makeRow = (requirement: Prd['requirements'][number], facts: RtmFacts): Row => {
  const { id, title, cites } = requirement
  return {
    requirementId: id,
    title,
    cites: [...cites],
    origins: followCitations(facts.documents, cites),
    stories: facts.stories.stories
      .filter((story) => story.requirements.includes(id))
      .map((story) => story.id)
      .toSorted(compare),
    tests: facts.checks
      .filter(({ requirementId }) => requirementId === id)
      .map(({ test, file, outcome }) => ({ test, file, outcome }))
      .toSorted(
        (a, b) => compare(a.file, b.file) || compare(a.test, b.test) || compare(a.outcome, b.outcome),
      ),
    checks: facts.proofs
      .filter(({ requirements }) => requirements.includes(id))
      .map(({ phase, guard, round, digest, outcome }) => ({ phase, guard, round, digest, outcome }))
      .toSorted((a, b) => compare(a.phase, b.phase) || a.round - b.round || compare(a.digest, b.digest))
      .slice(-200),
    dossier: facts.dossier === null ? null : `${facts.dossier}#${id}`,
  }
}

/** Goals of the specification that no requirement rests on, as citations. */
const listGoalsWithoutRequirement = (rows: readonly Row[], documents: RtmFacts['documents']): string[] => {
  const spec = IdeaSpec.safeParse(documents.get('IdeaSpec'))
  if (!spec.success) return []
  const cited = rows.flatMap(({ cites, origins }) => [...cites, ...origins.flatMap(({ path }) => path)])
  return spec.data.goals
    .map((_goal, index) => `IdeaSpec#/goals/${String(index)}`)
    .filter((goal) => !cited.some((citation) => isWithin(citation, goal)))
}

/**
 * The traceability matrix: one row a requirement, in id order; stories, tests and reports of a row are sorted
 * too, so that the same facts give the same bytes. Orphans show what leads nowhere, forwards and backwards.
 */
export const makeRtm = (facts: RtmFacts): Rtm => {
  const requirements = facts.prd.requirements.toSorted((a, b) => compare(a.id, b.id))
  const known = new Set(requirements.map(({ id }) => id))
  const rows = requirements.map((requirement) => makeRow(requirement, facts))
  const listIds = (isOrphan: (row: Row) => boolean): string[] =>
    rows.filter(isOrphan).map(({ requirementId }) => requirementId)
  const unowned = facts.checks
    .filter(({ requirementId }) => !known.has(requirementId))
    .map(({ test }) => test)
  return {
    rows,
    orphans: {
      requirementsWithoutStory: listIds(({ stories }) => stories.length === 0),
      requirementsWithoutTest: listIds(({ tests }) => tests.length === 0),
      requirementsWithoutOrigin: listIds(
        ({ origins }) =>
          !origins.some(({ path }) => ROOTS.some((root) => path.at(-1)?.startsWith(root) === true)),
      ),
      goalsWithoutRequirement: listGoalsWithoutRequirement(rows, facts.documents),
      storiesWithoutRequirement: facts.stories.stories
        .filter((story) => !story.requirements.some((id) => known.has(id)))
        .map((story) => story.id)
        .toSorted(compare),
      testsWithoutRequirement: [...new Set(unowned)].toSorted(compare),
    },
  }
}
