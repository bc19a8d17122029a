import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { hasCode } from '@ropewalk/core/errors'
import type { SourceFile } from '@ropewalk/core/analysis/dev-files'
import { findNumber } from '@ropewalk/core/analysis/facts'
import { askRows, makeNeeds } from '@ropewalk/core/analysis/needs'
import { findHourlyRate } from '@ropewalk/core/analysis/parameters'
import { failForData, type AnalysisResult } from '@ropewalk/core/analysis/result'
import { makeTally } from '@ropewalk/core/analysis/tally'
import {
  judgeTestRun,
  makeProgramRecords,
  parseCode,
  REPORTER,
  type CommandSeen,
} from '@ropewalk/core/analysis/test-run'
import { getTreatment } from '@ropewalk/core/analysis/treatment'
import type { RunConfined } from '@ropewalk/guards/guard'
import { makeRunConfined } from '../confine/run-confined.ts'
import { getCleanText } from '../failure.ts'
import type { OrderInput } from './read-order.ts'
import type { HeldWork, WorkParts } from './work-parts.ts'

/** A program of rules reads a hundred thousand records in a second; what takes longer hangs. */
const TIMEOUT_MS = 60_000
/** The sums of many categories are long; a program that prints more than this prints no sums. */
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024
const MEMORY_MB = 1024

type Run = {
  readonly runConfined: RunConfined
  readonly files: readonly SourceFile[]
}

/** Runs one command beside the files in a folder of its own, which is gone afterwards. */
const runBeside = async (
  { runConfined, files }: Run,
  argv: readonly [string, ...string[]],
  extra: readonly SourceFile[] = [],
): Promise<CommandSeen> => {
  const dir = await realpath(await mkdtemp(path.join(tmpdir(), 'ropewalk-work-')))
  try {
    for (const { path: name, text } of [...files, ...extra]) await writeFile(path.join(dir, name), text)
    return await runConfined({
      argv,
      cwd: dir,
      timeoutMs: TIMEOUT_MS,
      maxOutputBytes: MAX_OUTPUT_BYTES,
      memoryMb: MEMORY_MB,
    })
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

const makeConfinement = (parts: WorkParts, { signal }: HeldWork): RunConfined => {
  const { protectedDirs, mayRunUnconfined, log, findSandbox } = parts
  return makeRunConfined({
    mode: mayRunUnconfined ? 'allowed-without' : 'required',
    protectedDirs,
    log,
    signal,
    ...(findSandbox === undefined ? {} : { findSandbox }),
  })
}

/** The program and the records of the order, or why there is nothing to run. */
const prepare = (held: HeldWork, { inputs, rows }: OrderInput) => {
  const { parameters } = held.task.spec
  const body = inputs.findLast(({ type }) => type === 'code')
  if (body === undefined)
    return failForData('There is no deliverable of type code among the inputs: nothing to test.')
  const code = parseCode(body)
  if (typeof code === 'string') return failForData(getCleanText(code, 1000))
  const treatment = getTreatment(parameters)
  const tally = makeTally(rows ?? [], treatment)
  if (rows === null || tally.rowCount === 0) {
    return parameters['noRecords'] === true
      ? failForData('The program counts records, and there are none to hold it against.')
      : makeNeeds('test', [askRows()])
  }
  const records = { path: 'records.json', text: JSON.stringify(makeProgramRecords(rows, treatment)) }
  return { code, tally, records, isSimulated: body.simulated }
}

/**
 * Runs the tests of the program among the inputs, confined, and the program itself on the records; then holds its
 * sums against the records and against what time_waste says. Where there is no sandbox, and doing without was not
 * allowed, it is a failure of the tool: what was not run has not passed. Throws when the attempt has ended.
 */
export const testProgram = async (
  parts: WorkParts,
  held: HeldWork,
  input: OrderInput,
): Promise<AnalysisResult> => {
  const prepared = prepare(held, input)
  if ('type' in prepared) return prepared
  const { code, tally, records, isSimulated } = prepared
  const run: Run = { runConfined: makeConfinement(parts, held), files: code.files }
  try {
    const argv = ['node', '--test', `--test-reporter=./${REPORTER.path}`, code.test] as const
    const tests = await runBeside(run, argv, [REPORTER])
    // In another folder: what the tests did to their files has no say in the sums.
    const count = await runBeside(run, ['node', code.entry, records.path], [records])
    const waste = input.inputs.findLast(({ type }) => type === 'time_waste')
    return judgeTestRun({
      agent: held.task.spec.capability,
      tests,
      count,
      tally,
      claimedMinutes: waste === undefined ? null : (findNumber(waste, 'total.minutes') ?? null),
      isRateKnown: findHourlyRate(held.task.spec.parameters) !== undefined,
      isCodeSimulated: isSimulated,
    })
  } catch (error) {
    if (!hasCode(error, 'SANDBOX_UNAVAILABLE')) throw error
    const message = getCleanText(`The tests were not run, which is no pass. ${error.message}`, 1000)
    return { type: 'failed', failure: { category: 'TOOL_FAILURE', message, retryable: true } }
  }
}
