import type { UserStories } from '@ropewalk/core/contract/documents'
import type { Mender } from './mender.ts'

const isList = (value: unknown): value is Record<string, unknown>[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'object' && each !== null)

const getNextId = (stories: readonly Record<string, unknown>[]): string => {
  const numbers = stories.map(({ id }) => Number(/^US-(\d{3})$/u.exec(String(id))?.[1] ?? 0))
  return `US-${String(Math.max(0, ...numbers) + 1).padStart(3, '0')}`
}

/** Requirements without a story get one; stories lose requirements that do not exist; empty criteria are filled. */
export const mendCoverage: Mender = ({ name, json, fresh }, reason) => {
  const { stories, requirements } = json
  const [, orphan] = /^Requirement (REQ-\d{3}) has no story\.$/u.exec(reason) ?? []
  if (orphan !== undefined && name === 'UserStories' && isList(stories)) {
    const made = (fresh.stories as UserStories['stories']).find((story) =>
      story.requirements.includes(orphan),
    )
    if (made !== undefined) stories.push({ ...made, id: getNextId(stories) })
    return made !== undefined
  }
  const [, storyId, lost] =
    /^Story (US-\d{3}) names (\S+), which the PRD does not have\.$/u.exec(reason) ?? []
  const story = isList(stories) ? stories.find(({ id }) => id === storyId) : undefined
  if (story !== undefined && lost !== undefined && isList(stories)) {
    const left = Array.isArray(story.requirements) ? story.requirements.filter((id) => id !== lost) : []
    if (left.length > 0) story.requirements = left
    else stories.splice(stories.indexOf(story), 1)
    return true
  }
  const [, kind, id] =
    /^(Requirement|Story) ((?:REQ|US)-\d{3}) has no acceptance criterion\.$/u.exec(reason) ?? []
  const entries = kind === 'Requirement' ? requirements : stories
  const entry = isList(entries) ? entries.find((each) => each.id === id) : undefined
  if (entry === undefined) return false
  const told = entry.statement ?? entry.want ?? ''
  entry.acceptance = [`Given the running service, when it is tried, then this is observed: ${String(told)}`]
  return true
}
