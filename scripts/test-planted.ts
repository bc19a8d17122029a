// Proves that tests bite: plants one bug after another in a scratch copy and expects its named test to fail.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { makeScratchCopy, type ScratchCopy } from './planted/scratch-copy.ts'
import { parsePlanted, type PlantedBug } from './planted/planted-bug.ts'
import { runNamedTests, type NamedTests } from './planted/run-named-tests.ts'

const ROOT = resolve(import.meta.dirname, '..')
const PLANTED = join(ROOT, 'test', 'planted')
/** Tests of two bugs side by side, as many as a small machine has cores. */
const LANES = 2

type Verdict = {
  readonly bug: PlantedBug
  readonly outcome: 'passed' | 'failed' | 'skipped'
  readonly what: string
}

const readBugs = async (only: readonly string[]): Promise<readonly PlantedBug[]> => {
  const names = (await readdir(PLANTED)).filter((name) => name.endsWith('.patch')).toSorted()
  const wanted = only.length === 0 ? names : names.filter((name) => only.some((part) => name.includes(part)))
  return Promise.all(
    wanted.map(async (name) => parsePlanted(name, await readFile(join(PLANTED, name), 'utf8'))),
  )
}

type Judgement = Pick<Verdict, 'outcome' | 'what'>

/** What the test of a bug says before it is planted: undefined when it is green, as it must be. */
const judgeBefore = ({ passed, failed, trouble }: NamedTests): Judgement | undefined => {
  if (failed > 0) return { outcome: 'failed', what: 'its test is red without the bug' }
  if (passed > 0) return undefined
  return { outcome: 'skipped', what: `its test does not run here. ${trouble}` }
}

const judgeAfter = ({ failed, passed, complaint, trouble }: NamedTests): Judgement => {
  if (failed > 0) return { outcome: 'passed', what: `red: ${complaint.slice(0, 100)}` }
  // A file that does not load says nothing about its tests.
  if (passed === 0) return { outcome: 'failed', what: `no test ran: ${trouble}` }
  return { outcome: 'failed', what: 'STILL GREEN: its test does not see it' }
}

const plant = async (copy: ScratchCopy, bug: PlantedBug): Promise<Judgement> => {
  const refusal = await copy.apply(bug.text)
  if (refusal !== undefined) return { outcome: 'failed', what: `does not apply any more: ${refusal}` }
  try {
    return judgeAfter((await runNamedTests(copy.folder, [bug]))(bug))
  } finally {
    await copy.restore()
  }
}

const show = ({ bug, outcome, what }: Verdict, ms: number): void => {
  const seconds = `${(ms / 1000).toFixed(0)} s`.padStart(5)
  console.log(`${outcome.padEnd(8)} ${bug.name.padEnd(36)} ${seconds}  ${what}`)
}

const bugs = await readBugs(process.argv.slice(2))
if (bugs.length === 0) throw new Error(`There is no planted bug of that name in ${PLANTED}.`)
const base = await mkdtemp(join(tmpdir(), 'ropewalk-planted-'))
const verdicts: Verdict[] = []
try {
  const copies = await Promise.all(
    Array.from({ length: LANES }, (_, index) => makeScratchCopy(ROOT, join(base, `copy-${index}`))),
  )
  const [first] = copies
  if (first === undefined) throw new Error('There must be a lane.')
  const getBefore = await runNamedTests(first.folder, bugs)
  const rest = bugs.values()
  const work = async (copy: ScratchCopy): Promise<void> => {
    for (const bug of rest) {
      const since = performance.now()
      const verdict = { bug, ...(judgeBefore(getBefore(bug)) ?? (await plant(copy, bug))) }
      show(verdict, performance.now() - since)
      verdicts.push(verdict)
    }
  }
  await Promise.all(copies.map(work))
} finally {
  await rm(base, { recursive: true, force: true })
}
const count = (outcome: Verdict['outcome']) =>
  verdicts.filter((verdict) => verdict.outcome === outcome).length
console.log(`\n${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`)
process.exitCode = count('failed') > 0 ? 1 : 0
