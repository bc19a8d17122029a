import { existsSync } from 'node:fs'
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readNotes, readReport } from './test-report.ts'
import type { Tally } from './test-report.ts'
import { runCommand } from './run-command.ts'
import { judgeSeenEvents, readSeenEvents } from './seen-events.ts'
import { listEventTypes } from '../packages/core/src/contract/events/registry.ts'
import { UNREACHED_EVENTS } from '../apps/ropewalk/test/support/unreached-events.ts'
import { writeShortPlaybook } from '../apps/ropewalk/test/support/short-playbook.ts'

const ROOT = join(import.meta.dirname, '..')
const MIN_LINES_COVERED = 70

/** Longer than the slowest machine we know needs for everything, shorter than a CI's own patience. */
const VITEST_TIMEOUT_MS = 25 * 60_000
const STEP_TIMEOUT_MS = 10 * 60_000

/** Files of a run's own folder that tests write into. */
const NOTES = 'notes'
const SEEN_EVENTS = 'seen-events'

type Step = { readonly title: string; readonly args: readonly string[] }

function tool(path: string): string {
  return join(ROOT, 'node_modules', path)
}

function listSteps(): Step[] {
  const steps: Step[] = [
    {
      title: 'format',
      args: [tool('prettier/bin/prettier.cjs'), '--check', '--log-level=warn', '.', 'ropewalk'],
    },
    { title: 'lint', args: [tool('eslint/bin/eslint.js'), '.', '--max-warnings', '0'] },
    { title: 'types', args: [tool('tsc7/bin/tsc'), '-p', 'tsconfig.json'] },
  ]
  const schemas = join(ROOT, 'scripts', 'schemas.ts')
  if (existsSync(schemas)) steps.push({ title: 'schemas', args: [schemas, '--check'] })
  return steps
}

/** A folder of examples may hold a program, `run.mjs`, that ends with a code other than 0 when something is wrong. */
async function listExamples(): Promise<Step[]> {
  const folder = join(ROOT, 'examples')
  if (!existsSync(folder)) return []
  const names = (await readdir(folder)).toSorted()
  return names
    .map((name) => ({ title: `examples/${name}`, args: [join(folder, name, 'run.mjs')] }))
    .filter(({ args: [program = ''] }) => existsSync(program))
}

/** What a person has set for their own runs must not steer the tests, nor may a test spend their money. */
function makeTestEnvironment(scratch: string, isWhole: boolean): NodeJS.ProcessEnv {
  const isTheirs = (name: string) =>
    /^ROPEWALK_(?!TEST_)|^DATABASE_URL$|^PG[A-Z]+$|_(API_KEY|BASE_URL)$/.test(name)
  const kept = Object.entries(process.env).filter(([name]) => !isTheirs(name))
  return {
    ...Object.fromEntries(kept),
    ROPEWALK_TEST_NOTES: join(scratch, NOTES),
    ...(isWhole ? { ROPEWALK_TEST_SEEN_EVENTS: join(scratch, SEEN_EVENTS) } : {}),
  }
}

async function runStep(step: Step, env: NodeJS.ProcessEnv): Promise<Tally> {
  const startedAt = Date.now()
  const args = step.args
  const { exitCode, output } = await runCommand(args, {
    cwd: ROOT,
    env,
    timeoutMs: STEP_TIMEOUT_MS,
    show: false,
  })
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1)
  if (exitCode === 0) {
    console.log(`ok      ${step.title} (${seconds} s)`)
    return { passed: 1, failed: 0, skipped: 0 }
  }
  console.log(`FAILED  ${step.title} (exit ${exitCode}, ${seconds} s)\n${output}`)
  return { passed: 0, failed: 1, skipped: 0 }
}

/** Two at a time: each is a process that keeps one processor busy. */
async function runSteps(steps: readonly Step[], env: NodeJS.ProcessEnv): Promise<readonly Tally[]> {
  const waiting = [...steps]
  const tallies: Tally[] = []
  const work = async () => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift())
      tallies.push(await runStep(step, env))
  }
  await Promise.all([work(), work()])
  return tallies
}

/** One more test: whether enough of our own lines ran. Vitest judges it too; this names it in the total. */
async function checkCoverage(): Promise<Tally> {
  const file = join(ROOT, 'coverage', 'coverage-summary.json')
  if (!existsSync(file)) {
    console.log('FAILED  coverage: no report was written')
    return { passed: 0, failed: 1, skipped: 0 }
  }
  const summary = JSON.parse(await readFile(file, 'utf8')) as { total: { lines: { pct: number } } }
  const percent = summary.total.lines.pct
  const isEnough = percent >= MIN_LINES_COVERED
  console.log(
    `${isEnough ? 'ok    ' : 'FAILED'}  coverage: ${percent} % of lines, at least ${MIN_LINES_COVERED} %`,
  )
  return { passed: isEnough ? 1 : 0, failed: isEnough ? 0 : 1, skipped: 0 }
}

/** One more: whether each type of event is in the ledger of some test. Only all tests together can tell. */
async function checkEvents(scratch: string): Promise<Tally> {
  const known = listEventTypes()
  const seen = await readSeenEvents(join(scratch, SEEN_EVENTS))
  const problems = judgeSeenEvents({ known, seen, unreached: UNREACHED_EVENTS })
  if (problems.length > 0) {
    console.log(`FAILED  events:\n${problems.map((problem) => `  ${problem}`).join('\n')}`)
    return { passed: 0, failed: 1, skipped: 0 }
  }
  const unreached = Object.keys(UNREACHED_EVENTS).length
  console.log(
    `ok      events: each of ${known.length} types is in the ledger of some test, but for ${unreached} that are listed`,
  )
  return { passed: 1, failed: 0, skipped: 0 }
}

async function runVitest(
  scratch: string,
  env: NodeJS.ProcessEnv,
  filters: readonly string[],
): Promise<Tally> {
  const reportFile = join(scratch, 'vitest.json')
  const args = [tool('vitest/vitest.mjs'), 'run', '--reporter=default', '--reporter=json', ...filters]
  args.push(`--outputFile.json=${reportFile}`)
  const isWhole = filters.length === 0
  if (isWhole) {
    await rm(join(ROOT, 'coverage'), { recursive: true, force: true })
    args.push('--coverage', `--coverage.thresholds.lines=${MIN_LINES_COVERED}`)
  }
  const { exitCode } = await runCommand(args, { cwd: ROOT, env, timeoutMs: VITEST_TIMEOUT_MS, show: true })
  const tests = await readReport(reportFile, ROOT)
  for (const line of tests.skippedTitles) console.log(`skipped ${line}`)
  const nothing = { passed: 0, failed: 0, skipped: 0 }
  const coverage = isWhole ? await checkCoverage() : nothing
  const events = isWhole ? await checkEvents(scratch) : nothing
  const isExplained = exitCode === 0 || tests.failed + coverage.failed > 0
  if (!isExplained)
    console.log(`FAILED  vitest ended with ${exitCode} though no test failed: see its errors above`)
  return add([tests, coverage, events, { passed: 0, failed: isExplained ? 0 : 1, skipped: 0 }])
}

function add(tallies: readonly Tally[]): Tally {
  const total = { passed: 0, failed: 0, skipped: 0 }
  for (const tally of tallies) {
    total.passed += tally.passed
    total.failed += tally.failed
    total.skipped += tally.skipped
  }
  return total
}

/**
 * Everything that `npm test` is: format, lint, types, generated files, tests with coverage, examples.
 * `--static` leaves the tests out; any other argument is a filter for Vitest, and then neither coverage nor
 * which events were seen is judged.
 */
async function runTests(args: readonly string[]): Promise<Tally> {
  const isStatic = args.includes('--static')
  const filters = args.filter((arg) => arg !== '--static')
  const scratch = await mkdtemp(join(tmpdir(), 'ropewalk-test-'))
  try {
    const env = makeTestEnvironment(scratch, filters.length === 0)
    const tallies: Tally[] = []
    if (filters.length === 0) tallies.push(...(await runSteps(listSteps(), env)))
    if (!isStatic) tallies.push(await runVitest(scratch, env, filters))
    if (!isStatic && filters.length === 0) {
      const playbook = join(scratch, 'playbook')
      writeShortPlaybook(playbook)
      const exampleEnv = { ...env, ROPEWALK_PLAYBOOK: playbook }
      tallies.push(...(await runSteps(await listExamples(), exampleEnv)))
    }
    for (const reason of await readNotes(join(scratch, NOTES))) console.log(`skipped because ${reason}`)
    return add(tallies)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

const total = await runTests(process.argv.slice(2))
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
process.exitCode = total.failed > 0 ? 1 : 0
