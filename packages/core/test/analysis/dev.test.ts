import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { analyse } from '@ropewalk/core/analysis/analyse'
import { makeProgram } from '@ropewalk/core/analysis/dev-files'
import { makeFingerprint } from '@ropewalk/core/analysis/fingerprint'
import { DEFAULT_TREATMENT } from '@ropewalk/core/analysis/treatment'
import { makeTally } from '@ropewalk/core/analysis/tally'
import {
  judgeTestRun,
  makeProgramRecords,
  parseCode,
  REPORTER,
  type TestRun,
} from '@ropewalk/core/analysis/test-run'
import type { DeliverableBody } from '@ropewalk/core/contract/work-order'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { getBody, makeRequest, ROWS } from './given.ts'

const makeCode = (): DeliverableBody =>
  getBody('dev', { rows: null, inputs: [getBody('requirements_manager')] })

describe('dev', () => {
  test('hands in a program with tests, and says that it is simulated', () => {
    const body = makeCode()
    expect(body).toMatchObject({ type: 'code', simulated: true })
    const code = parseCode(body)
    expect(typeof code === 'string' ? code : code.files.map((file) => file.path)).toEqual([
      'rules.mjs',
      'rules.test.mjs',
      'count.mjs',
    ])
  })

  test('asks for requirements where there are none; no amount hangs on them', () => {
    expect(analyse(makeRequest('dev'))).toMatchObject({
      type: 'needs',
      missingFields: ['requirements'],
      questions: [{ risk: 'low', policy: 'decide' }],
    })
  })

  test('makes rules of what recurs in the records where a person said in words what is wanted', () => {
    const parameters = { requirements: 'Recognise what recurs.' }
    expect(getBody('dev', { parameters }).content).toMatchObject({
      rules: [{ fingerprint: 'resend invoice' }, { fingerprint: 'reset password ann' }],
    })
  })

  test('an example that was cut so that its rule would not know it again is none', () => {
    const text = `${'1 '.repeat(120)}invoice`
    const rows = [0, 1].map((row) => ({ ...ROWS[0], row: row + 2, text }) as (typeof ROWS)[number])
    const body = getBody('dev', { rows, parameters: { requirements: 'x' } })
    expect(body.content).toMatchObject({ rules: [{ fingerprint: 'invoice', example: 'invoice' }] })
  })
})

describe('the program', () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'ropewalk-dev-'))
  const rules = [
    { id: 'R-1', fingerprint: 'resend invoice', example: 'Resend invoice 1001' },
    { id: 'R-2', fingerprint: 'reset password ann', example: 'Reset password for Ann' },
  ]
  beforeAll(() => {
    for (const { path: name, text } of makeProgram(rules)) writeFileSync(path.join(dir, name), text)
  })
  afterAll(() => {
    rmSync(dir, { recursive: true })
  })

  const runTests = (name: string): unknown => {
    writeFileSync(path.join(dir, REPORTER.path), REPORTER.text)
    const argv = ['--test', `--test-reporter=./${REPORTER.path}`, name]
    const { stdout } = spawnSync(process.execPath, argv, { cwd: dir, env: {}, encoding: 'utf8' })
    return JSON.parse(stdout)
  }

  test('passes its own tests', () => {
    expect(runTests('rules.test.mjs')).toEqual({ passed: 6, failed: 0, failures: [] })
  })

  test.each([
    ['no test at all', '', { passed: 0, failed: 0 }],
    [
      'an end before the tests',
      "import { test } from 'node:test'\ntest('x', () => process.exit(0))",
      { passed: 0 },
    ],
    ['tests that are skipped', "import { test } from 'node:test'\ntest.skip('x', () => {})", { passed: 0 }],
    [
      'a report of its own on its output',
      'console.log(\'{"passed":9,"failed":0,"failures":[]}\')',
      { passed: 0 },
    ],
    [
      'a test that fails',
      "import { test } from 'node:test'\ntest('x', () => { throw new Error('no') })",
      { passed: 0, failed: 1, failures: ['x: no'] },
    ],
    ['text that is no program', 'import', { passed: 0, failed: 1 }],
  ])('a file with %s is no pass', (_what, text, seen) => {
    writeFileSync(path.join(dir, 'other.test.mjs'), text)
    expect(runTests('other.test.mjs')).toMatchObject(seen)
  })

  test('has the same fingerprint as the analysis', async () => {
    const { fingerprint } = (await import(
      /* @vite-ignore */ pathToFileURL(path.join(dir, 'rules.mjs')).href
    )) as {
      fingerprint: (text: string) => string
    }
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(fingerprint(text)).toBe(makeFingerprint(text))
      }),
    )
    for (const { text } of ROWS) expect(fingerprint(text)).toBe(makeFingerprint(text))
  })

  test('counts the records as the analysis does', () => {
    writeFileSync(path.join(dir, 'records.json'), JSON.stringify(makeProgramRecords(ROWS, DEFAULT_TREATMENT)))
    const out = execFileSync(process.execPath, ['count.mjs'], { cwd: dir }).toString()
    expect(JSON.parse(out)).toMatchObject({
      rows: 8,
      hundredths: 30_000,
      rules: [
        { key: 'R-1', rows: 3, hundredths: 12_000 },
        { key: 'R-2', rows: 2, hundredths: 8000 },
      ],
    })
  })
})

describe('the judgement of a test run', () => {
  const tally = makeTally(ROWS, DEFAULT_TREATMENT)
  const ended = (stdout: string, exitCode: number | null = 0) =>
    ({ exitCode, timedOut: false, stdout, stderr: '', confined: 'yes' }) as const
  const reported = (passed: number, failed = 0, exitCode = 0) =>
    ended(JSON.stringify({ passed, failed, failures: failed === 0 ? [] : ['a: no'] }), exitCode)
  const sums = {
    rows: 8,
    hundredths: 30_000,
    categories: tally.categories.map(({ name, hundredths, rowCount }) => ({
      key: name,
      rows: rowCount,
      hundredths,
    })),
    rules: [{ key: 'R-1', rows: 3, hundredths: 12_000 }],
  }
  const run: TestRun = {
    agent: 'test',
    tests: reported(6),
    count: ended(JSON.stringify(sums)),
    tally,
    claimedMinutes: 300,
    isRateKnown: true,
    isCodeSimulated: true,
  }

  test('passes when tests passed and every sum is that of the records', () => {
    expect(judgeTestRun(run)).toMatchObject({ type: 'done', body: { type: 'test_report', simulated: false } })
  })

  test('says so when there was no sandbox', () => {
    const open: TestRun = { ...run, tests: { ...run.tests, confined: 'no' } }
    expect(judgeTestRun(open)).toMatchObject({
      statement: expect.stringContaining('without a sandbox') as string,
    })
  })

  test.each<[string, Partial<TestRun>, string]>([
    ['tests fail', { tests: reported(5, 1, 1) }, 'Tests failed (1): a: no'],
    ['tests fail and end with 0', { tests: reported(5, 1) }, 'Tests failed'],
    ['they do not start', { tests: ended('', 1) }, 'ended with 1'],
    ['they end with 0 and no report', { tests: ended('# pass 5') }, 'no report'],
    ['no test was run', { tests: reported(0) }, 'not one test'],
    ['a signal ended them', { tests: ended('', null) }, 'a signal'],
    ['the program crashes', { count: ended('', 2) }, 'Counting'],
    ['it prints no sums', { count: ended('all good') }, 'no sums'],
    ['it leaves a row out', { count: ended(JSON.stringify({ ...sums, rows: 7 })) }, '7 records'],
    ['its total is another', { count: ended(JSON.stringify({ ...sums, hundredths: 1 })) }, '0.01 minutes'],
    ['a category is wrong', { count: ended(JSON.stringify({ ...sums, categories: [] })) }, 'category'],
    ['time_waste says something else', { claimedMinutes: 299 }, 'time_waste says 299'],
  ])('is a contradiction when %s', (_case, change, words) => {
    expect(judgeTestRun({ ...run, ...change })).toMatchObject({
      type: 'failed',
      failure: { category: 'REASONING_CONTRADICTION', message: expect.stringContaining(words) as string },
    })
  })

  test('running out of time is the tool failing, and worth another try', () => {
    const late: TestRun = { ...run, tests: { ...run.tests, exitCode: null, timedOut: true } }
    expect(judgeTestRun(late)).toMatchObject({ failure: { category: 'TOOL_FAILURE', retryable: true } })
  })

  test.each(['../rules.mjs', '/etc/x.mjs', '.hidden.mjs', 'a/b.mjs', 'package.json', 'a\0.mjs'])(
    'a file named %j is not taken out of a deliverable',
    (name) => {
      const body = makeCode()
      const files = [
        { path: name, text: '' },
        { path: 'b.test.mjs', text: '' },
      ]
      expect(parseCode({ ...body, content: { entry: name, test: 'b.test.mjs', files } })).toContain(
        'no program',
      )
    },
  )

  test('a deliverable that names a file it does not have, or two by one name, is refused', () => {
    const parse = (...names: string[]) => {
      const files = names.map((name) => ({ path: name, text: '' }))
      return parseCode({ ...makeCode(), content: { entry: 'a.mjs', test: 'b.test.mjs', files } })
    }
    expect(parse('a.mjs', 'a.mjs')).toContain('one name')
    expect(parse('a.mjs', 'c.mjs')).toContain('b.test.mjs')
    expect(parse('a.mjs', 'b.test.mjs')).toMatchObject({ entry: 'a.mjs' })
  })
})
