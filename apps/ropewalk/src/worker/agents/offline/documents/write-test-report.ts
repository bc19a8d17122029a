import type { Prd, Rtm, TestReport } from '@ropewalk/core/contract/documents'
import { clip, getPlainLine, joinWords } from '../words.ts'
import type { Observation } from './parts/measured.ts'

type Row = Rtm['rows'][number]
const MAX_OBSERVATIONS = 40

export type Tally = { readonly passed: number; readonly failed: number; readonly other: number }

const tallyOf = (tests: Row['tests']): Tally => {
  const count = (outcomes: readonly string[]) =>
    tests.filter(({ outcome }) => outcomes.includes(outcome)).length
  const passed = count(['pass', 'passed'])
  const failed = count(['fail', 'failed'])
  return { passed, failed, other: tests.length - passed - failed }
}

/** The results of a matrix; a test that proves two requirements stands in two rows and counts once. */
export const tally = (rtm: Rtm): Tally =>
  tallyOf([
    ...new Map(
      rtm.rows.flatMap(({ tests }) => tests).map((each) => [`${each.file}\n${each.test}`, each]),
    ).values(),
  ])

/** A requirement is proven by its row when at least one test passed and none did anything else. */
export const isProven = ({ tests }: Row): boolean =>
  tests.length > 0 && tallyOf(tests).passed === tests.length

const plural = (count: number, noun: string): string => `${String(count)} ${noun}${count === 1 ? '' : 's'}`

const describeRow = (row: Row, prd: Prd): string => {
  const requirement = prd.requirements.find(({ id }) => id === row.requirementId)
  const name =
    requirement === undefined
      ? row.requirementId
      : `${row.requirementId} (${clip(getPlainLine(requirement.title), 120)})`
  if (row.tests.length === 0) return `${name} is open: no test names it.`
  const { passed, failed, other } = tallyOf(row.tests)
  const titles = row.tests.slice(0, 3).map(({ test }) => `"${clip(getPlainLine(test), 160)}"`)
  const more = row.tests.length > 3 ? ` and ${plural(row.tests.length - 3, 'other')}` : ''
  const result = [
    `${String(passed)} passed`,
    ...(failed > 0 ? [`${String(failed)} failed`] : []),
    ...(other > 0 ? [`${String(other)} ended without a result`] : []),
  ]
  const open = Math.max(0, (requirement?.acceptance.length ?? 0) - row.tests.length)
  const gap =
    open > 0
      ? ` The matrix does not show which of its ${plural(requirement?.acceptance.length ?? 0, 'acceptance criterion').replace('criterions', 'criteria')} each test checks.`
      : ''
  return `${name} is named by ${plural(row.tests.length, 'test')}: ${joinWords(titles)}${more}; ${joinWords(result)}.${gap}`
}

/** What the matrix shows row by row, and before it what was measured; nothing else is known here. */
export const writeTestReport = (rtm: Rtm, prd: Prd, measured: readonly Observation[] = []): TestReport => {
  const { passed, failed, other } = tally(rtm)
  const proven = rtm.rows.filter(isProven).length
  const citeOf = (row: Row, index: number): string[] => {
    const at = prd.requirements.findIndex(({ id }) => id === row.requirementId)
    return [`RTM#/rows/${String(index)}`, ...(at < 0 ? [] : [`PRD#/requirements/${String(at)}`])]
  }
  return {
    summary: `${plural(passed, 'test')} passed and ${String(failed)} failed${other > 0 ? `; ${String(other)} ended without a result` : ''}. Of ${plural(rtm.rows.length, 'requirement')}, ${String(proven)} ${proven === 1 ? 'has' : 'have'} a passing test and no other outcome.`,
    passed,
    failed,
    observations: [
      ...measured.map(({ text, cites }) => ({ text, cites: [...cites] })),
      ...rtm.rows.map((row, index) => ({ text: describeRow(row, prd), cites: citeOf(row, index) })),
    ].slice(0, MAX_OBSERVATIONS),
  }
}
