import { z } from 'zod'
import type { DocumentOf } from '@ropewalk/core/contract/documents'
import { findDocument } from '../documents.ts'
import { lacks, makeGuard, notRun } from '../make-guard.ts'
import { fact, getShare, judgeChecks, limit, show, type Check } from './checks.ts'
import { getJudgedCommit } from './judged-commit.ts'

/** Five stories, 0.9 of acceptance tests, by row DX-P09. */
const Settings = z.strictObject({
  /** Where there are fewer stories, all of them. */
  min_stories_completed: z.int().min(0).max(120).default(5),
  min_completion: z.number().min(0).max(1).default(0.9),
  min_acceptance_pass_rate: z.number().min(0).max(1).default(0.9),
})

type Progress = DocumentOf<'StoryProgress'>
type Results = DocumentOf<'AcceptanceTestResults'>
type Stories = DocumentOf<'UserStories'>['stories']

const COUNTS = { passed: 'pass', failed: 'fail', skipped: 'skipped' } as const

/** Of all tests: one that was skipped accepted nothing. */
const getPassRate = ({ results }: Results): number =>
  results.length === 0 ? 0 : results.filter(({ outcome }) => outcome === 'pass').length / results.length

const checkResults = (told: Results, stories: Stories): Check[] => {
  const known = new Set(stories.map(({ id }) => id))
  const at = 'AcceptanceTestResults#'
  const rate = getPassRate(told)
  return [
    ...(Object.keys(COUNTS) as (keyof typeof COUNTS)[]).map((key) => {
      const counted = told.results.filter(({ outcome }) => outcome === COUNTS[key]).length
      return fact(told[key] === counted, `${at}/${key} says ${told[key]}, but the results count ${counted}.`)
    }),
    fact(
      [rate, getShare(told.passed, told.passed + told.failed)].some(
        (ours) => Math.abs(told.pass_rate - ours) <= 0.005,
      ),
      `${at}/pass_rate says ${show(told.pass_rate)}, but the results give ${show(rate)}.`,
    ),
    ...told.results.flatMap(({ test, stories: ids }, index) =>
      ids.map((id) =>
        fact(
          known.has(id),
          `${at}/results/${index} ("${test}") names ${id}, which UserStories does not have.`,
        ),
      ),
    ),
  ]
}

const listTests = (told: Results, id: string) => told.results.filter(({ stories }) => stories.includes(id))

/** A story is done when a test that names it passed and none that names it failed. */
const isProven = (told: Results, id: string): boolean => {
  const tests = listTests(told, id)
  return tests.some(({ outcome }) => outcome === 'pass') && !tests.some(({ outcome }) => outcome === 'fail')
}

const checkProgress = (progress: Progress, told: Results, stories: Stories): Check[] => {
  const at = 'StoryProgress#'
  const remaining = progress.remaining.map(({ id }) => id)
  const listed = [...progress.done, ...remaining]
  const known = stories.map(({ id }) => id)
  return [
    ...known.map((id) => {
      const times = listed.filter((one) => one === id).length
      return fact(times === 1, `${at} lists ${id} ${times} times among done and remaining, expected once.`)
    }),
    ...listed
      .filter((id) => !known.includes(id))
      .map((id) => fact(false, `${at} lists ${id}, which UserStories does not have.`)),
    ...progress.done.map((id) =>
      fact(
        isProven(told, id),
        `${at}/done lists ${id}, but ${listTests(told, id).length === 0 ? 'no acceptance test names it' : 'not all acceptance tests that name it passed'}.`,
      ),
    ),
    fact(
      progress.next === null ? remaining.length === 0 : remaining.includes(progress.next),
      `${at}/next is ${progress.next ?? 'null'}, expected ${remaining.length === 0 ? 'null' : `one of ${remaining.join(', ')}`}.`,
    ),
  ]
}

const checkImplemented = (told: DocumentOf<'ImplementedStories'> | undefined, results: Results): Check[] => {
  const known = new Set(results.results.map(({ test }) => test))
  return (told?.stories ?? []).flatMap(({ id, status, tests }, index) => {
    const at = `ImplementedStories#/stories/${index}`
    return [
      fact(
        status !== 'done' || isProven(results, id),
        `${at} says ${id} is done, but its acceptance tests do not.`,
      ),
      ...tests.map(({ name }) =>
        fact(
          known.has(name),
          `${at} rests on the test "${name}", of which AcceptanceTestResults knows nothing.`,
        ),
      ),
    ]
  })
}

const checkRevisions = (
  documents: Readonly<Record<string, { readonly revision: string | null } | undefined>>,
  commit: string,
): Check[] =>
  Object.entries(documents).flatMap(([name, document]) =>
    document
      ? [
          fact(
            document.revision === commit,
            `${name}#/revision is ${document.revision ?? 'null'}, but ${commit} is judged: it tells of other code.`,
          ),
        ]
      : [],
  )

/** The score: completed stories where StoryProgress is judged, the pass rate where the results are; the lower of both. */
const getScore = (names: ReadonlySet<string>, completion: number, rate: number): number =>
  Math.min(names.has('StoryProgress') ? completion : 1, names.has('AcceptanceTestResults') ? rate : 1)

/** Stories that are said to be done are proven by acceptance tests of the judged commit, counted again. */
export const guard = makeGuard({
  name: 'stories',
  version: '1.0.0',
  settings: Settings,
  judge: (input, settings) => {
    const told = findDocument(input, 'AcceptanceTestResults')
    const progress = findDocument(input, 'StoryProgress')
    const stories = findDocument(input, 'UserStories')?.stories
    const commit = getJudgedCommit(input)
    if (told === undefined) return lacks('AcceptanceTestResults')
    if (progress === undefined) return lacks('StoryProgress')
    if (stories === undefined) return lacks('UserStories')
    if (commit === null) return lacks('SourceCode')
    const absent = [told, progress].find(({ outcome }) => outcome === 'not-run')
    if (absent) return notRun(absent.reason ?? `${absent.tool} did not run.`)
    const names = new Set(input.judged.map(({ artifact }) => artifact.name))
    const implemented = findDocument(input, 'ImplementedStories')
    const done = progress.done.filter((id) => isProven(told, id)).length
    const completion = getShare(done, stories.length)
    const rate = getPassRate(told)
    const wanted = Math.min(settings.min_stories_completed, stories.length)
    const left = progress.remaining.map(({ id, reason }) => `${id} (${reason})`).join('; ')
    const failed = told.results
      .filter(({ outcome }) => outcome === 'fail')
      .map(({ test, message }) => `"${test}": ${message ?? 'no message'}`)
    const checks = [
      ...checkRevisions(
        { AcceptanceTestResults: told, StoryProgress: progress, ImplementedStories: implemented },
        commit,
      ),
      ...checkResults(told, stories),
      ...checkProgress(progress, told, stories),
      ...checkImplemented(implemented, told),
      limit(
        !names.has('StoryProgress') || (done >= wanted && completion + 1e-9 >= settings.min_completion),
        `StoryProgress#/done proves ${done} of ${stories.length} stories, expected at least ${wanted} and ${show(settings.min_completion)} of them; left: ${left || 'none'}.`,
      ),
      limit(
        !names.has('AcceptanceTestResults') || rate + 1e-9 >= settings.min_acceptance_pass_rate,
        `AcceptanceTestResults#/results pass at ${show(rate)}, expected ${show(settings.min_acceptance_pass_rate)}; failed: ${failed.join('; ') || 'none'}.`,
      ),
    ]
    const judgement = judgeChecks(checks, 1, { completion, pass_rate: rate, stories: stories.length, done })
    return judgement.outcome === 'pass'
      ? { ...judgement, score: getScore(names, completion, rate) }
      : judgement
  },
})
