import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PolicyId, SessionKey } from '../src/ids.ts'
import { makeNamedId } from '../src/named-id.ts'

const names = fc.array(fc.string({ unit: 'binary' }), { maxLength: 4 })

test('a named id is a UUID of version 8 that every id here accepts', () => {
  expect(makeNamedId('session', 'default', 'alice')).toMatch(
    /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/u,
  )
  fc.assert(
    fc.property(names, (parts) => {
      expect(SessionKey.parse(makeNamedId(...parts))).toBe(PolicyId.parse(makeNamedId(...parts)))
    }),
  )
})

test('the same names give the same id for ever', () => {
  expect(makeNamedId('policy', 'default')).toBe('1a1888ea-548b-869a-8472-7a9c6c03ac07')
})

test('other names, or the same cut elsewhere, give another id', () => {
  expect(makeNamedId('ab', 'c')).not.toBe(makeNamedId('a', 'bc'))
  expect(makeNamedId('a","b')).not.toBe(makeNamedId('a', 'b'))
  expect(makeNamedId('a', '')).not.toBe(makeNamedId('a'))
  fc.assert(
    fc.property(names, names, (one, other) => {
      const same = JSON.stringify(one) === JSON.stringify(other)
      expect(makeNamedId(...one) === makeNamedId(...other)).toBe(same)
    }),
  )
})
