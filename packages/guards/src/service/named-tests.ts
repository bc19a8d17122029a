import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RepoManifest } from '@ropewalk/core/contract/documents'
import { discover } from '../suite/discover.ts'
import { getFileInCopy, removeCopies, runSuite, type FileRun } from '../suite/run-suite.ts'
import type { ToolInput } from '../tool.ts'

/** One test that ran sealed, with the ids that its name and the committed text of its file both carry. */
export type NamedTest = {
  readonly test: string
  readonly file: string
  readonly outcome: 'pass' | 'fail' | 'skipped'
  readonly stories: readonly string[]
  readonly requirements: readonly string[]
  readonly durationMs: number
  readonly message: string | null
}

const STORY = /\bUS-\d{3}\b/gu
const REQUIREMENT = /\bREQ-\d{3}\b/gu

const getClean = (text: string, max: number): string =>
  text.toWellFormed().replaceAll('\u0000', '\uFFFD').slice(0, max).toWellFormed()

const listIds = (name: string, text: string, pattern: RegExp): string[] =>
  [...new Set(name.match(pattern) ?? [])].filter((id) => text.includes(id))

const getResults = (run: FileRun, texts: ReadonlyMap<string, string>): NamedTest[] => {
  const told = run.results.map((result): NamedTest => {
    const file = getFileInCopy(run, result) ?? run.file
    // A test that a source file declares has no text here, and speaks for nothing.
    const text = texts.get(file) ?? ''
    return {
      test: getClean(result.name, 300) || '(unnamed)',
      file: file.slice(0, 300),
      outcome: result.outcome,
      stories: listIds(result.name, text, STORY),
      requirements: listIds(result.name, text, REQUIREMENT),
      durationMs: result.durationMs,
      message: result.outcome === 'fail' ? getClean(result.error, 2000) : null,
    }
  })
  const isSilent = told.length === 0
  const isExplained = told.some(({ outcome }) => outcome === 'fail')
  if (!isSilent && (run.problem === null || (isExplained && !run.isReportRefused))) return told
  // The file as a whole failed: whatever it speaks for is not proved.
  const text = texts.get(run.file) ?? ''
  const whole: NamedTest = {
    test: '(the file as a whole)',
    file: run.file.slice(0, 300),
    outcome: 'fail',
    stories: [...new Set(text.match(STORY) ?? [])],
    requirements: [...new Set(text.match(REQUIREMENT) ?? [])],
    durationMs: run.confined.durationMs,
    message: getClean(run.problem ?? 'It holds no test.', 2000),
  }
  return [...told, whole]
}

const getAbsent = (file: string): NamedTest => ({
  test: '(the file as a whole)',
  file,
  outcome: 'fail',
  stories: [],
  requirements: [],
  durationMs: 0,
  message: 'RepoManifest names this file, and the commit does not have it.',
})

/**
 * Runs the test files of a commit that `isWanted` by their text, under our own reporter and confined, and gives
 * back every test with the stories and requirements it names. Throws SANDBOX_UNAVAILABLE.
 */
export const runNamedTests = async (
  input: Pick<ToolInput, 'scratch' | 'runConfined'>,
  dir: string,
  manifest: RepoManifest,
  options: { readonly timeoutMs: number; readonly isWanted?: (text: string) => boolean },
): Promise<NamedTest[]> => {
  const { tests, sources, missing } = await discover(dir, manifest)
  const texts = new Map<string, string>()
  for (const file of tests) texts.set(file, await readFile(join(dir, file), 'utf8'))
  const wanted = tests.filter((file) => options.isWanted?.(texts.get(file) ?? '') ?? true)
  const runs = await runSuite(input, dir, { tests: wanted, timeoutMs: options.timeoutMs })
  await removeCopies(runs)
  for (const source of sources) texts.delete(source)
  const absent = manifest.tests.filter((file) => missing.includes(file))
  return [...absent.map(getAbsent), ...runs.flatMap((run) => getResults(run, texts))]
}
