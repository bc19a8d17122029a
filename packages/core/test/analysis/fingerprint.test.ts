import { FINGERPRINT_LENGTH, makeFingerprint } from '@ropewalk/core/analysis/fingerprint'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

describe('the fingerprint of a text', () => {
  test('does not see case, accents, digits, punctuation and stop words', () => {
    const expected = 'resend invoice customer'
    for (const text of [
      'Resend invoice to the customer',
      'RESEND: invoice #4711 for customer!',
      '  Résend — invoice 2026/11, customer  ',
    ]) {
      expect(makeFingerprint(text)).toBe(expected)
    }
  })

  test('keeps what tells two things apart', () => {
    expect(makeFingerprint('Resend invoice')).not.toBe(makeFingerprint('Cancel invoice'))
  })

  test('is empty where nothing is left', () => {
    expect(makeFingerprint('the 42 – !!')).toBe('')
  })

  test('reads letters of any script', () => {
    expect(makeFingerprint('Счёт № 7')).toBe(makeFingerprint('счет'))
  })

  test('is never longer than 48 characters, well-formed, and its own fingerprint', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
        const print = makeFingerprint(text)
        expect(Array.from(print).length).toBeLessThanOrEqual(FINGERPRINT_LENGTH)
        expect(print.isWellFormed()).toBe(true)
      }),
    )
  })
})
