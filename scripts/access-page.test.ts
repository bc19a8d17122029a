import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { fillAccessPage, makeAccessTables } from './access-page.ts'

const page = readFileSync(path.join(import.meta.dirname, '../docs/access.md'), 'utf8')

test('docs/access.md has the tables of permissions and operations as core has them', () => {
  expect(fillAccessPage(page)).toBe(page)
})

test('a row that changed, is missing or is too many is seen', () => {
  for (const changed of [
    page.replace(/^(\| `runs:write` +\|) {13}\|/mu, '$1 yes         |'),
    page.replace(/^\| `topUpRun`.*\n/mu, ''),
    page.replace(/^(\| `topUpRun`.*\n)/mu, '$1$1'),
  ]) {
    expect(changed).not.toBe(page)
    expect(fillAccessPage(changed)).toBe(page)
  }
})

test('a page without the marks is no page of these', () => {
  expect(() => fillAccessPage(page.replace('<!-- /operations -->', ''))).toThrow(/operations/u)
})

test('only the token of a task has what belongs to one', () => {
  const row = makeAccessTables().operations.find(([name]) => name === '`completeTask`')
  expect(row).toEqual(['`completeTask`', '`work:do`', '', '', '', '', 'only'])
})
