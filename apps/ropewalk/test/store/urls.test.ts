import { hasCode } from '@ropewalk/core/errors'
import { expect, test } from 'vitest'
import { makeRoleUrl } from '../../src/store/urls.ts'

test.each([
  [
    'postgres://admin:secret@/postgres?host=%2Frun%2Fx&port=5432',
    'postgres://w:p%40ss@/postgres?host=%2Frun%2Fx&port=5432',
  ],
  [
    'postgresql://db.example.org:5432/ropewalk?sslmode=require',
    'postgresql://w:p%40ss@db.example.org:5432/ropewalk?sslmode=require',
  ],
  ['postgres://me@localhost/db', 'postgres://w:p%40ss@localhost/db'],
])('%s under another login', (url, expected) => {
  expect(makeRoleUrl(url, 'w', 'p@ss')).toBe(expected)
})

test('what is no Postgres url is refused', () => {
  let error: unknown
  try {
    makeRoleUrl('mysql://localhost/db', 'w', 'p')
  } catch (caught) {
    error = caught
  }
  expect(hasCode(error, 'INVALID_ARGUMENT')).toBe(true)
})
