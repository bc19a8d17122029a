import { z } from 'zod'
import type { RecordRow } from '../contract/records.ts'
import type { DeliverableBody } from '../contract/work-order.ts'
import { Count, text } from '../text.ts'
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

const findCount = (tap: string, name: 'pass' | 'fail'): number => {
  // The runner writes its summary last: what a test printed stands before it.
  const found = [...tap.matchAll(new RegExp(`^# ${name} (\\d{1,9})$`, 'gmu'))].at(-1)
  return Number(found?.[1] ?? 0)
}

const contradict = (message: string): AnalysisResult => ({
  type: 'failed',
  failure: {
    category: 'REASONING_CONTRADICTION',
    message: message.toWellFormed().slice(0, 1000),
    retryable: false,
  },
})

const parseCounted = (stdout: string): z.infer<typeof Counted> | undefined => {
  try {
    const parsed = Counted.safeParse(JSON.parse(stdout))
    return parsed.success ? parsed.data : undefined
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
  if (run.tests.exitCode !== 0) return contradict(`The tests ${showEnd(run.tests)}`)
  if (findCount(run.tests.stdout, 'fail') > 0)
    return contradict('The tests name failures and end with 0 all the same.')
  if (findCount(run.tests.stdout, 'pass') === 0)
    return contradict('The tests ended with 0, and not one test was run.')
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
  const counted = parseCounted(run.count.stdout)
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
  const passed = findCount(run.tests.stdout, 'pass')
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
