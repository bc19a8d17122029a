import { expect, test } from 'vitest'
import { parseInstant, TYPE_PARSERS } from '../../src/store/type-parsers.ts'

test.each([
  ['2026-01-31 12:00:00+00', '2026-01-31T12:00:00.000Z'],
  ['2026-01-31 12:00:00.5+00', '2026-01-31T12:00:00.500Z'],
  ['2026-01-31 12:00:00.12+00', '2026-01-31T12:00:00.120Z'],
  ['2026-01-31 12:00:00.123+00', '2026-01-31T12:00:00.123Z'],
  ['2026-01-31 12:00:00.123999+00', '2026-01-31T12:00:00.123Z'],
])('the instant %s is read as %s', (text, instant) => {
  expect(parseInstant(text)).toBe(instant)
})

test('a bigint that no number holds is refused, not rounded', () => {
  const parse = TYPE_PARSERS.getTypeParser(20, 'text') as (text: string) => unknown
  expect(parse('9007199254740991')).toBe(9_007_199_254_740_991)
  expect(() => parse('9007199254740993')).toThrow('does not fit')
})
