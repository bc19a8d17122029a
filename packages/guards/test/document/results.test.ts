import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findDocumentContract } from '@ropewalk/core/contract/documents'
import { countTests } from '../../src/document/reported-results.ts'
import { PRD, runGuard } from '../support.ts'
import { edit } from './edit.ts'
import { DOCUMENTATION, NOTES } from './given-release.ts'

type Changes = Readonly<Record<string, unknown>>

const row = (number: number, ...outcomes: string[]) => ({
  requirementId: `REQ-00${number}`,
  cites: ['Idea#/text'],
  stories: [],
  tests: outcomes.map((outcome, index) => ({
    test: `REQ-00${number} ${index}`,
    file: 'test/a.test.js',
    outcome,
  })),
})

const NO_ORPHANS = {
  requirementsWithoutStory: [],
  requirementsWithoutTest: [],
  storiesWithoutRequirement: [],
  testsWithoutRequirement: [],
}
const RTM = { rows: [row(1, 'pass', 'pass'), row(2, 'pass')], orphans: NO_ORPHANS }
const BROKEN_RTM = { ...RTM, rows: [row(1, 'pass', 'pass'), row(2, 'fail')] }

const REPORT = {
  summary: '3 tests passed and 0 failed. All requirements are proven by tests.',
  passed: 3,
  failed: 0,
  observations: [
    { text: 'REQ-001 is proven by two tests.', cites: ['RTM#/rows/0'] },
    { text: 'REQ-002 is proven by one test.', cites: ['PRD#/requirements/1/acceptance/0'] },
    { text: 'No browser was there, so nothing is known of access.', cites: ['A11yAudit#/reason'] },
  ],
}
const UNMADE = { outcome: 'not-run', reason: 'There is no Chromium.', revision: null }

const judge = (judged: Readonly<Record<string, unknown>>, rtm: unknown = RTM) =>
  runGuard('reported-results', { judged, others: { PRD, RTM: rtm, A11yAudit: UNMADE } })

describe('reported results', () => {
  test('pass a report that counts what the matrix shows', async () => {
    expect(findDocumentContract('TestReport')?.safeParse(REPORT).error).toBeUndefined()
    expect(findDocumentContract('RTM')?.safeParse(RTM).error).toBeUndefined()
    expect(await judge({ TestReport: REPORT })).toMatchObject({ outcome: 'pass', score: 1, reasons: [] })
  })

  test.each<[string, Changes, RegExp]>([
    ['more tests than ran', { '/passed': 30 }, /TestReport#\/passed says 30, but the tests of RTM count 3/u],
    [
      'a number in words',
      { '/summary': '30 of 30 tests passed.' },
      /summary says "30 of 30 tests passed", but the tests of RTM count 3/u,
    ],
    [
      'a result of what was not run',
      { '/observations/2/text': 'Every page meets level AA.' },
      /observations\/2 tells of A11yAudit#\/reason, but A11yAudit was not run: "Every page meets level AA."/u,
    ],
  ])('fail %s', async (_what, changes, reason) => {
    const found = await judge({ TestReport: edit(REPORT, changes) })
    expect(found).toMatchObject({ outcome: 'fail', score: 0, severity: 'critical' })
    expect(found.reasons.join('\n')).toMatch(reason)
  })

  test('a failure that is kept quiet is told', async () => {
    const found = await judge({ TestReport: REPORT }, BROKEN_RTM)
    expect(found.severity).toBe('critical')
    expect(found.reasons).toEqual([
      'TestReport#/passed says 3, but the tests of RTM count 2.',
      'TestReport#/failed says 0, but the tests of RTM count 1.',
      'TestReport#/summary says "3 tests passed", but the tests of RTM count 2.',
      'TestReport#/summary says "All requirements are proven by tests.", but RTM shows REQ-002 open.',
    ])
  })

  test('other documents may not claim it either, but may speak of what is to be', async () => {
    const lying = edit(NOTES, { '/summary': 'All tests pass.' })
    expect((await judge({ ReleaseNotes: lying }, BROKEN_RTM)).reasons).toEqual([
      'ReleaseNotes#/summary says "All tests pass.", but RTM shows 1 failed and 2 passed.',
    ])
    const honest = edit(NOTES, {
      '/summary': 'Release only when all tests pass. Not every requirement is met.',
    })
    expect(await judge({ ReleaseNotes: honest, Documentation: DOCUMENTATION }, BROKEN_RTM)).toMatchObject({
      outcome: 'pass',
    })
  })

  test('a requirement that nobody looked at fails without being critical', async () => {
    const found = await judge({ TestReport: edit(REPORT, { '/observations/1': undefined }) })
    expect(found).toMatchObject({ outcome: 'fail', severity: 'major' })
    expect(found.reasons.join()).toMatch(
      /look at 0.5 of the requirements, expected 0.9: none cites the row of REQ-002/u,
    )
  })

  test('ends as an error without a matrix', async () => {
    expect((await runGuard('reported-results', { judged: { TestReport: REPORT } })).outcome).toBe('error')
  })

  test('each test counts once however many requirements it proves, in any order', () => {
    const outcome = fc.constantFrom('pass', 'fail', 'skipped')
    const tests = fc.uniqueArray(
      fc.record({ test: fc.string({ minLength: 1 }), file: fc.constantFrom('a', 'b'), outcome }),
      {
        selector: ({ test, file }) => `${file}\0${test}`,
      },
    )
    fc.assert(
      fc.property(tests, fc.array(fc.nat(3), { minLength: 1, maxLength: 4 }), (all, shifts) => {
        // Every row holds all tests, each in an order of its own.
        const rows = shifts.map((shift) => ({
          ...row(1),
          tests: [...all.slice(shift), ...all.slice(0, shift)],
        }))
        expect(countTests({ rows })).toEqual({
          passed: all.filter((one) => one.outcome === 'pass').length,
          failed: all.filter((one) => one.outcome === 'fail').length,
        })
      }),
    )
  })
})
