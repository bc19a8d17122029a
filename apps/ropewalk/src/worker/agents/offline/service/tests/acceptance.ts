import type { UserStories } from '@ropewalk/core/contract/documents'
import { hasFeature, type FeatureName } from '../../design.ts'
import { getFeature } from '../../features/recognise.ts'
import type { Blueprint } from '../blueprint.ts'
import { toLiteral } from '../literal.ts'
import { EXTRA_CRITERIA } from './acceptance-extras.ts'
import { RECORD_CRITERIA, whenEmpty, type Criterion, type WriteCriteria } from './acceptance-records.ts'

type Story = UserStories['stories'][number]

/** Where the acceptance tests stand; a file of ours there that no story asks for any more is removed. */
export const ACCEPTANCE_FOLDER = 'test/acceptance/'

const CRITERIA: Readonly<Record<FeatureName, WriteCriteria>> = { ...RECORD_CRITERIA, ...EXTRA_CRITERIA }

/** Where one record can stand in the way of another, no test shares a service with an earlier one. */
const isTouchy = ({ design }: Blueprint): boolean => design.reuseCode || hasFeature(design, 'apart')

/** The test of each criterion that is in words of ours, by those words. */
const getCriteria = (blueprint: Blueprint, names: readonly FeatureName[]): ReadonlyMap<string, Criterion> => {
  const criteria = new Map<string, Criterion>()
  const complete = (found: string | Criterion): Criterion => {
    if (typeof found !== 'string') return found
    return isTouchy(blueprint) ? whenEmpty(found) : { body: found, isEmpty: false }
  }
  for (const name of names) {
    const texts = getFeature(name).acceptance(blueprint.design)
    for (const [index, found] of CRITERIA[name](blueprint).entries()) {
      const text = texts[index]
      if (text !== undefined && found !== null) criteria.set(text, complete(found))
    }
  }
  return criteria
}

const writeTest = (name: string, { body, isEmpty }: Criterion): string =>
  `test(${toLiteral(name)}, async () => {
  const service = await useService(${isEmpty ? '{ isEmpty: true }' : ''})
${body}
})
`

/** What became of a story: its file, or none where no criterion has a test; and the criteria without one. */
export type StoryTests = {
  readonly id: string
  readonly path: string
  readonly text: string | null
  readonly open: readonly string[]
}

const writeStory = (blueprint: Blueprint, story: Story): StoryTests => {
  const names = [...blueprint.ids].filter(([, ids]) => ids.some((id) => story.requirements.includes(id)))
  const criteria = getCriteria(
    blueprint,
    names.map(([name]) => name),
  )
  const ids = story.requirements.filter((id) => names.some(([, known]) => known.includes(id)))
  const tests = story.acceptance.flatMap((text) => {
    const found = criteria.get(text)
    return found === undefined ? [] : [writeTest([story.id, ...ids, text].join(' '), found)]
  })
  return {
    id: story.id,
    path: `${ACCEPTANCE_FOLDER}${story.id.toLowerCase()}.test.js`,
    text:
      tests.length === 0
        ? null
        : [
            "import assert from 'node:assert/strict'",
            "import { test } from 'node:test'",
            ...(tests.some((each) => each.includes('sample('))
              ? ["import { sample } from '../samples.js'"]
              : []),
            "import { useService } from './service.js'",
            '',
            tests.join('\n'),
          ].join('\n'),
    open: story.acceptance.filter((text) => !criteria.has(text)),
  }
}

/**
 * A test for every acceptance criterion of every story that a rule can make one of. They drive the service
 * over HTTP, started as a process; a name begins with the story and the requirements that the test proves.
 */
export const writeStoryTests = (blueprint: Blueprint, { stories }: UserStories): readonly StoryTests[] =>
  stories.map((story) => writeStory(blueprint, story))
