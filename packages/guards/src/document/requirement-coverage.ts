import { z } from 'zod'
import { findDocument } from '../documents.ts'
import { judgeByScore, lacks, makeGuard } from '../make-guard.ts'

const Settings = z.strictObject({ min: z.number().min(0).max(1).default(1) })

/** Every requirement has a story, and every story names requirements that exist; orphans stand in the reasons. */
export const guard = makeGuard({
  name: 'requirement-coverage',
  version: '1.0.0',
  settings: Settings,
  judge: (input, settings) => {
    const prd = findDocument(input, 'PRD')
    const told = findDocument(input, 'UserStories')
    if (prd === undefined) return lacks('PRD')
    if (told === undefined) return lacks('UserStories')
    const known = new Set(prd.requirements.map(({ id }) => id))
    const storied = new Set(told.stories.flatMap(({ requirements }) => requirements))
    const blank = (list: readonly string[]) => !list.some((line) => line.trim() !== '')
    const reasons: string[] = []
    let orphans = 0
    const check = (found: readonly string[]) => {
      if (found.length > 0) orphans += 1
      reasons.push(...found)
    }
    for (const { id, acceptance } of prd.requirements) {
      check([
        ...(storied.has(id) ? [] : [`Requirement ${id} has no story.`]),
        ...(blank(acceptance) ? [`Requirement ${id} has no acceptance criterion.`] : []),
      ])
    }
    for (const story of told.stories) {
      check([
        ...story.requirements
          .filter((id) => !known.has(id))
          .map((id) => `Story ${story.id} names ${id}, which the PRD does not have.`),
        ...(blank(story.acceptance) ? [`Story ${story.id} has no acceptance criterion.`] : []),
      ])
    }
    const all = prd.requirements.length + told.stories.length
    return {
      ...judgeByScore((all - orphans) / all, settings.min, reasons),
      metrics: { requirements: prd.requirements.length, stories: told.stories.length, orphans },
    }
  },
})
