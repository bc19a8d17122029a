import { Prd, UserStories } from '@ropewalk/core/contract/documents'
import type { AgentJob } from '../../../agent-runtime.ts'
import { findInput } from './inputs.ts'

/** As many as the contracts take. */
const MAX_REQUIREMENTS = 60
const MAX_QUALITIES = 30
const MAX_STORIES = 120
const MAX_EXCLUSIONS = 20

const getNumber = (id: string): number => Number(id.slice(id.indexOf('-') + 1))

/** Ids after the last one that is taken, in the form of their kind. */
const makeNumbering = (prefix: string, taken: readonly string[]) => {
  let last = Math.max(0, ...taken.map(getNumber))
  return (): string => {
    last += 1
    return `${prefix}-${String(last).padStart(3, '0')}`
  }
}

/** Where the document stands in the repository: what is kept from it rests on that. */
const getPlace = (job: AgentJob, name: string): string => {
  const specs = findInput(job, 'RepoContext')?.specs ?? []
  const index = specs.findIndex(({ document }) => document === name)
  return index < 0 ? 'Idea#/text' : `RepoContext#/specs/${String(index)}/path`
}

const updatePrd = (earlier: Prd, fresh: Prd, place: string): Prd => {
  const number = makeNumbering(
    'REQ',
    earlier.requirements.map(({ id }) => id),
  )
  const again = new Map(fresh.requirements.map((each) => [each.title, each]))
  const known = new Set(earlier.requirements.map(({ title }) => title))
  const added = fresh.requirements
    .filter(({ title }) => !known.has(title))
    .map((each) => ({ ...each, id: number() }))
  const kept = earlier.requirements.map((each) => {
    const said = again.get(each.title)
    return said === undefined ? { ...each, cites: [place] } : { ...said, id: each.id }
  })
  const texts = new Set(fresh.nonfunctional.map(({ text }) => text))
  const qualities = earlier.nonfunctional.filter(({ text }) => !texts.has(text))
  return {
    ...fresh,
    requirements: [...kept.slice(0, MAX_REQUIREMENTS - added.length), ...added],
    nonfunctional: [...fresh.nonfunctional, ...qualities.map((each) => ({ ...each, cites: [place] }))].slice(
      0,
      MAX_QUALITIES,
    ),
    out_of_scope: [...new Set([...fresh.out_of_scope, ...earlier.out_of_scope])].slice(0, MAX_EXCLUSIONS),
  }
}

/** Stories of requirements that are still there stay as they are; the others are told anew. */
const updateStories = (earlier: UserStories, fresh: UserStories): UserStories => {
  const number = makeNumbering(
    'US',
    earlier.stories.map(({ id }) => id),
  )
  const asked = new Set(fresh.stories.flatMap(({ requirements }) => requirements))
  const kept = earlier.stories.filter(({ requirements }) => requirements.every((id) => asked.has(id)))
  const told = new Set(kept.flatMap(({ requirements }) => requirements))
  const added = fresh.stories
    .filter(({ requirements }) => requirements.some((id) => !told.has(id)))
    .map((each) => ({ ...each, id: number() }))
  return { stories: [...kept, ...added].slice(0, MAX_STORIES) }
}

/**
 * What was written from the request, put into the document that the repository has already: its ids stay, what
 * is new is numbered after the last. Documents without ids of their own are as they were written.
 */
export const bringUpToDate = (job: AgentJob, name: string, fresh: object): object => {
  if (job.context.plan.repo === null) return fresh
  if (name === 'PRD') {
    const earlier = findInput(job, name)
    return earlier === undefined ? fresh : updatePrd(earlier, Prd.parse(fresh), getPlace(job, name))
  }
  if (name === 'UserStories') {
    const earlier = findInput(job, name)
    return earlier === undefined ? fresh : updateStories(earlier, UserStories.parse(fresh))
  }
  return fresh
}
