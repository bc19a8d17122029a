import { RopewalkError } from '@ropewalk/core/errors'
import { expect, test } from 'vitest'
import { translateSqlError } from '../../src/store/sql-errors.ts'

const withCode = (code: string, message = 'm') => Object.assign(new Error(message), { code })

test.each([
  ['55P03', 'LOCK_TIMEOUT'],
  ['53100', 'STORAGE_FULL'],
  ['53300', 'STORE_UNAVAILABLE'],
  ['57P01', 'STORE_UNAVAILABLE'],
  ['57P03', 'STORE_UNAVAILABLE'],
  ['08006', 'STORE_UNAVAILABLE'],
  ['ECONNREFUSED', 'STORE_UNAVAILABLE'],
  ['ENOENT', 'STORE_UNAVAILABLE'],
  ['40P01', 'VERSION_CONFLICT'],
  ['40001', 'VERSION_CONFLICT'],
  ['23505', 'CONFLICT'],
  ['22P05', 'INVALID_ARGUMENT'],
  ['42P01', 'MIGRATION_REQUIRED'],
  ['42501', 'INTERNAL'],
  ['XX000', 'INTERNAL'],
])('%s means %s', (state, code) => {
  const cause = withCode(state)
  expect(translateSqlError(cause)).toMatchObject({ code, cause })
})

test.each([
  'Connection terminated unexpectedly',
  'timeout exceeded when trying to connect',
  'Query read timeout',
  'Client has encountered a connection error and is not queryable',
])('the driver’s "%s" means that the store is away', (message) => {
  expect(translateSqlError(new Error(message)).code).toBe('STORE_UNAVAILABLE')
})

test('errors of ours pass as they are', () => {
  const error = new RopewalkError('NOT_FOUND', 'There is none.')
  expect(translateSqlError(error)).toBe(error)
})
