import { z } from 'zod'
import type { DocumentOf } from '@ropewalk/core/contract/documents'
import { findInput, parseSettings } from '../service/make-service-tool.ts'
import type { Tool, ToolInput, ToolResult } from '../tool.ts'

const NAME = 'story-validator'
const VERSION = '1.0.0'

const Settings = z.strictObject({
  /** Whether a story needs as many passing tests as it has criteria; one test may also prove several. */
  test_per_criterion: z.boolean().default(false),
})
type Settings = z.infer<typeof Settings>

type Story = DocumentOf<'UserStories'>['stories'][number]
/** What the tests told; nothing where they were not run on this commit. */
type Told = Pick<DocumentOf<'AcceptanceTestResults'>, 'results'>
type Judged = DocumentOf<'ImplementedStories'>['stories'][number]

const MAX_TESTS = 200

/** Requirements for which a test passed, by the acceptance tests or by the matrix. */
const getProved = (results: Told, rtm: DocumentOf<'RTM'> | undefined): ReadonlySet<string> =>
  new Set([
    ...results.results.flatMap(({ outcome, requirements }) => (outcome === 'pass' ? requirements : [])),
    ...(rtm?.rows ?? [])
      .filter(({ tests }) => tests.length > 0 && tests.every(({ outcome }) => outcome === 'pass'))
      .map(({ requirementId }) => requirementId),
  ])

const judgeStory = (story: Story, results: Told, proved: ReadonlySet<string>, settings: Settings): Judged => {
  const tests = results.results.filter(({ stories }) => stories.includes(story.id))
  const failing = tests.filter(({ outcome }) => outcome === 'fail')
  const passing = tests.filter(({ outcome }) => outcome === 'pass')
  const needed = settings.test_per_criterion ? story.acceptance.length : 1
  const unproved = story.requirements.filter((id) => !proved.has(id))
  const getVerdict = (): Pick<Judged, 'status' | 'reason'> => {
    const [first] = failing
    if (first !== undefined)
      return {
        status: 'failing',
        reason: `${failing.length} of its tests fail, ${first.test} first.`.slice(0, 1000),
      }
    if (passing.length === 0) return { status: 'untested', reason: 'No test that passes names it.' }
    if (passing.length < needed)
      return {
        status: 'untested',
        reason: `It has ${story.acceptance.length} criteria and ${passing.length} tests that pass.`,
      }
    if (unproved.length > 0)
      return { status: 'untested', reason: `No test that passes names ${unproved.join(', ')}.` }
    return { status: 'done', reason: null }
  }
  return {
    id: story.id,
    requirements: story.requirements,
    ...getVerdict(),
    tests: tests.slice(0, MAX_TESTS).map(({ test, file }) => ({ name: test, file })),
  }
}

const run = (input: ToolInput): ToolResult => {
  const settings = parseSettings(NAME, Settings, input.settings)
  const stories = findInput(input, 'UserStories')
  const results = findInput(input, 'AcceptanceTestResults')
  const rtm = findInput(input, 'RTM')
  const revision = input.worktree?.commit ?? results?.revision ?? null
  const measured = { tool: `ropewalk-${NAME}`, toolVersion: VERSION, argv: null, revision }
  const getResult = (
    judged: readonly Judged[],
    outcome: { readonly outcome: 'done' | 'not-run'; readonly reason: string | null },
  ): ToolResult => {
    const open = judged.filter(({ status }) => status !== 'done')
    // What fails is mended before anything new is begun.
    const next = open.find(({ status }) => status === 'failing') ?? open[0]
    const implemented = { ...measured, ...outcome, stories: judged }
    return {
      document: {
        ...measured,
        ...outcome,
        done: judged.filter(({ status }) => status === 'done').map(({ id }) => id),
        remaining: open.map(({ id, reason }) => ({ id, reason: reason ?? 'It is not done.' })),
        next: next?.id ?? null,
      },
      files: [
        {
          name: 'ImplementedStories',
          mediaType: 'application/json',
          bytes: Buffer.from(`${JSON.stringify(implemented, null, 2)}\n`),
        },
      ],
    }
  }
  if (stories === undefined)
    return getResult([], { outcome: 'not-run', reason: 'There are no UserStories to follow.' })
  const judge = (told: Told) =>
    stories.stories.map((story) => judgeStory(story, told, getProved(told, rtm), settings))
  if (results === undefined || results.outcome === 'not-run')
    return getResult(judge({ results: [] }), {
      outcome: 'not-run',
      reason: results?.reason ?? 'There are no AcceptanceTestResults; nothing is known to work.',
    })
  if (results.revision !== revision)
    return getResult(judge({ results: [] }), {
      outcome: 'done',
      reason: `The acceptance tests ran on ${String(results.revision)}, not on ${String(revision)}.`,
    })
  return getResult(judge(results), { outcome: 'done', reason: null })
}

/** Which stories are done, which are left and which is next: by what the tests proved, never by what a coder says. */
export const tool: Tool = { name: NAME, version: VERSION, run: async (input) => run(input) }
