import { expect, test } from 'vitest'
import { addMs, getElapsedMs, refuse } from '../src/decision.ts'
import { Instant } from '../src/text.ts'

test('an instant some time after another stays one that can be written', () => {
  expect(addMs('2026-01-31T23:59:59.999Z', 1)).toBe('2026-02-01T00:00:00.000Z')
  expect(Instant.parse(addMs('2026-01-01T00:00:00.000Z', Number.MAX_SAFE_INTEGER))).toBe(
    '9999-12-31T23:59:59.999Z',
  )
})

test('elapsed time is never less than nothing', () => {
  expect(getElapsedMs('2026-01-01T00:00:00.000Z', '2026-01-01T00:00:01.500Z')).toBe(1500)
  expect(getElapsedMs('2026-01-01T00:00:01.000Z', '2026-01-01T00:00:00.000Z')).toBe(0)
})

test('a refusal has no details by default', () => {
  expect(refuse('CONFLICT', 'no')).toEqual({ type: 'refused', code: 'CONFLICT', message: 'no', details: {} })
})
