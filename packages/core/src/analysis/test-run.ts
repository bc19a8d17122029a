import { z } from 'zod'
import type { RecordRow } from '../contract/records.ts'
import type { DeliverableBody } from '../contract/work-order.ts'
import { Count, text } from '../text.ts'
import type { SourceFile } from './dev-files.ts'
import { getConfidence } from './confidence.ts'
import { makeDerivedFact, showNumber } from './facts.ts'
import { makeClaim, type AnalysisResult } from './result.ts'
import { getCategoryName, listCategories, type Tally } from './tally.ts'
import { getHundredths, type Treatment } from './treatment.ts'

const MAX_FILES = 20

/** A name of a file in one flat folder: nothing that leads out of it, and nothing hidden. */
const PlainName = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,40}(?:\.test)?\.mjs$/u,
    'expected a plain name such as rules.mjs or rules.test.mjs',
  )

/** The content of a deliverable of type `code`, whoever made it. */
export const CodeContent = z.object({
  entry: PlainName,
  test: PlainName,
  files: z
    .array(z.strictObject({ path: PlainName, text: text(500_000) }))
    .min(2)
    .max(MAX_FILES),
})
export type CodeContent = z.infer<typeof CodeContent>

/** The program of a code deliverable; a sentence where it has none that can be run. */
export const parseCode = (body: DeliverableBody): CodeContent | string => {
  const content = CodeContent.safeParse(body.content)
  if (!content.success)
    return `The code deliverable has no program that can be run: ${z.prettifyError(content.error)}`
  const names = new Set(content.data.files.map(({ path }) => path))
  if (names.size < content.data.files.length) return 'The code deliverable has two files of one name.'
  const missing = [content.data.entry, content.data.test].find((name) => !names.has(name))
  return missing === undefined ? content.data : `The code deliverable names ${missing}, and has no such file.`
}

/** The records in the form that the program reads: counted as the analyses count them. */
export const makeProgramRecords = (
  rows: readonly RecordRow[],
  treatment: Treatment,
): { row: number; text: string; category: string; minutes: number }[] =>
  rows.flatMap((row) => {
    const hundredths = getHundredths(row, treatment)
    return hundredths === null
      ? []
      : [{ row: row.row, text: row.text, category: getCategoryName(row), minutes: hundredths / 100 }]
  })

const Sums = z.array(z.strictObject({ key: text(200), rows: Count, hundredths: Count })).max(100_000)

/** What the program prints about the records. It is agent-written: it may print anything. */
const Counted = z.strictObject({ rows: Count, hundredths: Count, categories: Sums, rules: Sums })

/**
 * What Node's test runner is given to tell of the tests: it counts those that the file itself declares. A file
 * that ends early, or declares none, is a test that passed for the runner, under the name of the file. What tests
 * print is not among the events that it reads. No file of a program can have its name.
 */
export const REPORTER: SourceFile = {
  path: '_report.mjs',
  text: `import { basename } from 'node:path'

export default async function* report(events) {
  const seen = { passed: 0, failed: 0, failures: [] }
  for await (const { type, data } of events) {
    const isFile = data.nesting === 0 && data.file !== undefined && basename(data.name) === basename(data.file)
    const isTest = !isFile && data.details?.type !== 'suite' && data.skip === undefined && data.todo === undefined
    if (type === 'test:pass' && isTest) seen.passed += 1
    if (type === 'test:fail') {
      seen.failed += 1
      const cause = data.details?.error?.cause
      const message = String(cause?.message ?? data.details?.error?.message ?? '')
      if (seen.failures.length < 5) seen.failures.push((data.name + ': ' + message).slice(0, 200))
    }
  }
  yield JSON.stringify(seen)
}
`,
}

const Reported = z.strictObject({ passed: Count, failed: Count, failures: z.array(text(400)).max(5) })

/** One command as the worker saw it. */
export type CommandSeen = {
  readonly exitCode: number | null
  readonly timedOut: boolean
  readonly stdout: string
  readonly stderr: string
  readonly confined: 'yes' | 'no'
}

const MAX_SAID = 300

const showEnd = ({ exitCode, timedOut, stderr, stdout }: CommandSeen): string => {
  const said = (stderr.trim() || stdout.trim())
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .toWellFormed()
    .slice(-MAX_SAID)
  const end = timedOut ? 'ran out of time' : `ended with ${exitCode ?? 'a signal'}`
  return said === '' ? end : `${end}: ${said}`
}

const contradict = (message: string): AnalysisResult => ({
  type: 'failed',
  failure: {
    category: 'REASONING_CONTRADICTION',
    message: message.toWellFormed().slice(0, 1000),
    retryable: false,
  },
})

const parseOutput = <T>(stdout: string, schema: z.ZodType<T>): T | undefined => {
  try {
    return schema.safeParse(JSON.parse(stdout)).data
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Where the program and the records' own tally differ; undefined where they agree on every sum. */
const findDifference = (counted: z.infer<typeof Counted>, tally: Tally): string | undefined => {
  if (counted.rows !== tally.rowCount) return `it counts ${counted.rows} records, there are ${tally.rowCount}`
  if (counted.hundredths !== tally.hundredths) {
    return `it counts ${showNumber(counted.hundredths / 100)} minutes, the records have ${showNumber(tally.hundredths / 100)}`
  }
  const sums = new Map(counted.categories.map((sum) => [sum.key, sum.hundredths]))
  const wrong = listCategories(tally).find(({ name, hundredths }) => sums.get(name) !== hundredths)
  if (wrong !== undefined) {
    return `of category “${wrong.name}” it counts ${showNumber((sums.get(wrong.name) ?? 0) / 100)} minutes, the records have ${showNumber(wrong.hundredths / 100)}`
  }
  return sums.size > tally.categories.length ? 'it counts categories that the records do not have' : undefined
}

export type TestRun = {
  readonly agent: string
  readonly tests: CommandSeen
  readonly count: CommandSeen
  readonly tally: Tally
  /** What the time_waste deliverable says the total is; null where none came with the work. */
  readonly claimedMinutes: number | null
  readonly isRateKnown: boolean
  readonly isCodeSimulated: boolean
}

const judgeCommands = (run: TestRun): AnalysisResult | undefined => {
  const late = [run.tests, run.count].find(({ timedOut }) => timedOut)
  if (late !== undefined) {
    return {
      type: 'failed',
      failure: {
        category: 'TOOL_FAILURE',
        message: `The program ${showEnd(late)}`.slice(0, 1000),
        retryable: true,
      },
    }
  }
  const reported = parseOutput(run.tests.stdout, Reported)
  if (reported !== undefined && reported.failed > 0) {
    return contradict(
      `Tests failed (${reported.failed}): ${reported.failures.join('; ').replaceAll(/\s+/gu, ' ')}`,
    )
  }
  if (run.tests.exitCode !== 0) return contradict(`The tests ${showEnd(run.tests)}`)
  if (reported === undefined) return contradict('The tests ended with 0, and no report of them was made.')
  if (reported.passed === 0) return contradict('The tests ended with 0, and not one test was run.')
  if (run.count.exitCode !== 0) return contradict(`Counting the records ${showEnd(run.count)}`)
  return undefined
}

/**
 * What a run of the program's tests, and of the program on the records, comes to. Passed tests with sums that
 * are not those of the records are a failure, and so is a time_waste total that the records do not bear out.
 */
export const judgeTestRun = (run: TestRun): AnalysisResult => {
  const problem = judgeCommands(run)
  if (problem !== undefined) return problem
  const { tally, claimedMinutes } = run
  const counted = parseOutput(run.count.stdout, Counted)
  if (counted === undefined) return contradict('The program printed no sums that can be read.')
  const difference = findDifference(counted, tally)
  if (difference !== undefined) return contradict(`The program is wrong about the records: ${difference}.`)
  if (claimedMinutes !== null && Math.round(claimedMinutes * 100) !== counted.hundredths) {
    return contradict(
      `The program counts ${showNumber(counted.hundredths / 100)} minutes, time_waste says ${showNumber(claimedMinutes)}.`,
    )
  }
  return makeReport(run, counted)
}

const makeReport = (run: TestRun, counted: z.infer<typeof Counted>): AnalysisResult => {
  const { tally, claimedMinutes } = run
  const passed = parseOutput(run.tests.stdout, Reported)?.passed ?? 0
  const minutes = counted.hundredths / 100
  const recognised = counted.rules.reduce((sum, each) => sum + each.rows, 0)
  const from = ['code/files.count']
  return {
    type: 'done',
    statement:
      `node --test ended with 0: ${passed} tests passed, none failed` +
      (run.tests.confined === 'yes' ? '.' : '; run without a sandbox, as the operator allowed.'),
    body: {
      type: 'test_report',
      agent: run.agent,
      confidence: getConfidence({
        isRateKnown: run.isRateKnown,
        rows: tally.rowCount,
        categories: tally.categories.length,
        missingEstimates: tally.missing.rowCount,
      }),
      simulated: false,
      facts: [
        makeDerivedFact('tests.passed', passed, { unit: 'tests', from }),
        makeDerivedFact('tests.failed', 0, { unit: 'tests', from }),
        makeDerivedFact('program.minutes', minutes, {
          unit: 'minutes',
          from: claimedMinutes === null ? from : [...from, 'time_waste/total.minutes'],
          rowCount: counted.rows,
        }),
        makeDerivedFact('program.recognised', recognised, { unit: 'rows', from }),
      ],
      claims: [
        makeClaim(`${passed} tests of the program passed.`, ['tests.passed', 'tests.failed']),
        makeClaim(
          `On the records themselves it counts ${showNumber(minutes)} minutes, as ${claimedMinutes === null ? 'the records do' : 'time_waste did'}.`,
          ['program.minutes'],
        ),
        makeClaim(`It recognises ${recognised} of ${tally.rowCount} records.`, ['program.recognised']),
      ],
      content: {
        exitCode: 0,
        confined: run.tests.confined,
        codeIsSimulated: run.isCodeSimulated,
        rules: counted.rules.map(({ key, rows, hundredths }) => ({ key, rows, minutes: hundredths / 100 })),
      },
    },
  }
}
