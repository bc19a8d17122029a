import { expect, test } from 'vitest'
import { countReport } from './test-report.ts'

const passed = { status: 'passed', ancestorTitles: ['a group'], title: 'holds' }
const failed = { ...passed, status: 'failed' }
const skipped = { ...passed, status: 'skipped' }

test('tests are counted by outcome, and skipped ones named by file and group', () => {
  const file = {
    name: '/root/a.test.ts',
    status: 'failed',
    assertionResults: [passed, failed, skipped, skipped],
  }
  expect(countReport([file], '/root')).toEqual({
    passed: 1,
    failed: 1,
    skipped: 2,
    skippedTitles: ['2 of a.test.ts › a group'],
  })
})

test('a file that fails before its tests are known is a failure', () => {
  const broken = { name: '/root/b.test.ts', status: 'failed', assertionResults: [] }
  expect(countReport([broken], '/root')).toMatchObject({ passed: 0, failed: 1, skipped: 0 })
})

test('a file whose tests all passed but whose clean-up failed is a failure', () => {
  const file = { name: '/root/c.test.ts', status: 'failed', assertionResults: [passed] }
  expect(countReport([file], '/root')).toMatchObject({ passed: 1, failed: 1 })
})
