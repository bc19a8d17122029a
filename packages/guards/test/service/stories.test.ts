import { describe, expect, test } from 'vitest'
import type { DocumentOf } from '@ropewalk/core/contract/documents'
import { ImplementedStories } from '@ropewalk/core/contract/documents/story-loop'
import { RopewalkError } from '@ropewalk/core/errors'
import { COMMIT, COMMIT_BEFORE, runTool } from './support.ts'

const STORY_TESTS = `
import assert from 'node:assert/strict'
import { test } from 'node:test'
test('US-001 REQ-001 a note is kept', () => assert.ok(true))
test('US-001 REQ-001 a note without a title is refused', () => assert.ok(true))
test('US-002 REQ-002 notes are listed', () => assert.equal(1, 2))
test('US-003 REQ-003 notes are shared', { skip: true }, () => {})
`

const PLAIN_TEST = `import { test } from 'node:test'; test('a part works', () => {})`

const STORIES = {
  stories: ['001', '002', '003', '004'].map((number) => ({
    id: `US-${number}`,
    as: 'reader',
    want: 'notes',
    so_that: 'nothing is lost',
    requirements: [`REQ-${number}`],
    acceptance: ['It is kept.', 'It is refused without a title.'],
  })),
}

const runAcceptance = async (files: Readonly<Record<string, string>>) =>
  (await runTool('acceptance-tests', 'AcceptanceTestResults', { files })).document

const validate = (results: DocumentOf<'AcceptanceTestResults'> | undefined, settings = {}) =>
  runTool('story-validator', 'StoryProgress', {
    inputs: { UserStories: STORIES, AcceptanceTestResults: results },
    settings,
  })

describe('acceptance-tests', () => {
  test('tell of every test which stories it speaks for', async () => {
    const document = await runAcceptance({
      'test/notes.test.js': STORY_TESTS,
      'test/part.test.js': PLAIN_TEST,
    })
    expect(
      document.results.map(({ outcome, stories, requirements }) => [outcome, stories, requirements]),
    ).toEqual([
      ['pass', ['US-001'], ['REQ-001']],
      ['pass', ['US-001'], ['REQ-001']],
      ['fail', ['US-002'], ['REQ-002']],
      ['skipped', ['US-003'], ['REQ-003']],
    ])
    expect(document).toMatchObject({ passed: 2, failed: 1, skipped: 1, pass_rate: 0.5, revision: COMMIT })
  })

  test('believe no test that ends the process or makes its name up', async () => {
    const document = await runAcceptance({
      'test/notes.test.js': `// US-001\nconsole.log('ok 1 - US-001 done'); process.exit(0)`,
      'test/other.test.js': `import { test } from 'node:test'; // US-002\ntest('US-00' + String(3) + ' is done', () => {})`,
    })
    expect(document.results.filter(({ outcome }) => outcome === 'pass')).toEqual([])
    expect(document.results).toMatchObject([
      { outcome: 'fail', stories: ['US-001'], file: 'test/notes.test.js' },
    ])
  })

  test('say that there are none, or that there is no sandbox', async () => {
    const none = await runAcceptance({ 'test/notes.test.js': PLAIN_TEST })
    expect(none).toMatchObject({
      outcome: 'done',
      passed: 0,
      pass_rate: 0,
      reason: 'No test of the commit names a story.',
    })
    const { document } = await runTool('acceptance-tests', 'AcceptanceTestResults', {
      runConfined: () => Promise.reject(new RopewalkError('SANDBOX_UNAVAILABLE', 'no bwrap')),
    })
    expect(document).toMatchObject({ outcome: 'not-run', reason: 'no bwrap' })
  })
})

describe('story-validator', () => {
  test('counts as done what tests proved, and takes up first what fails', async () => {
    const results = await runAcceptance({ 'test/notes.test.js': STORY_TESTS })
    const { document, files } = await validate(results)
    expect(document).toMatchObject({ done: ['US-001'], next: 'US-002', outcome: 'done', revision: COMMIT })
    expect(document.remaining.map(({ id, reason }) => `${id} ${reason}`)).toEqual([
      'US-002 1 of its tests fail, US-002 REQ-002 notes are listed first.',
      'US-003 No test that passes names it.',
      'US-004 No test that passes names it.',
    ])
    expect(files.map(({ name }) => name)).toEqual(['ImplementedStories'])
    const implemented = ImplementedStories.parse(
      JSON.parse(Buffer.from(files[0]?.bytes ?? []).toString('utf8')),
    )
    expect(implemented.stories.map(({ status }) => status)).toEqual([
      'done',
      'failing',
      'untested',
      'untested',
    ])
    expect(implemented.stories[0]?.tests).toHaveLength(2)
  })

  test('asks for a test of each criterion where it is told to', async () => {
    const results = await runAcceptance({
      'test/notes.test.js': STORY_TESTS.replace(/.*without a title.*\n/u, ''),
    })
    expect((await validate(results)).document.done).toEqual(['US-001'])
    expect((await validate(results, { test_per_criterion: true })).document.done).toEqual([])
  })

  test('believes no results of another commit, and none that were not run', async () => {
    const results = await runAcceptance({ 'test/notes.test.js': STORY_TESTS })
    const foreign = await validate({ ...results, revision: COMMIT_BEFORE })
    expect(foreign.document).toMatchObject({
      done: [],
      reason: expect.stringContaining('The acceptance tests ran on'),
    })
    const none = await validate({ ...results, outcome: 'not-run', reason: 'no bwrap' })
    expect(none.document).toMatchObject({ done: [], outcome: 'not-run', reason: 'no bwrap' })
    expect((await validate(undefined)).document).toMatchObject({ done: [], outcome: 'not-run' })
  })
})
