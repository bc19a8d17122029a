import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findDecimalMark, parseAmount, parseNumber } from '../../src/ingest/numbers.ts'

describe('a number', () => {
  test.each([
    ['1.234,5', '.', 1234.5],
    ['1,234.5', ',', 1234.5],
    ['0,500', '.', 0.5],
    ['1,5', '.', 1.5],
    ['1.500', ',', 1500],
    ['1.500', '.', 1.5],
    ['1,500', '.', 1500],
    ['1.234.567', '.', 1_234_567],
    ['1 234,5', '.', 1234.5],
    ['1\u202f234', '.', 1234],
    ["1'234.50", ',', 1234.5],
    ['\u22127', '.', -7],
    ['.5', ',', 0.5],
    ['007', '.', 7],
  ] as const)('%s with the mark %s is %d', (text, mark, number) => {
    expect(parseNumber(text, mark)).toBe(number)
  })

  test.each(['', '-', '1,', '1.2.3', '1,23,456', '1.234,567.8', '1e5', '0x10', 'NaN', '12 34', '1..2'])(
    '%s is none',
    (text) => {
      expect(parseNumber(text, '.')).toBeUndefined()
    },
  )

  test('of money is read without its currency and what it is counted by', () => {
    for (const text of [
      '40',
      '€40',
      '40 €',
      '40,00 EUR',
      '40.00 EUR/h',
      '$40 per hour',
      'EUR 40',
      '40 € / Std.',
      '40/h',
    ])
      expect(parseAmount(text, '.'), text).toBe(40)
    expect(parseAmount('free', '.')).toBeUndefined()
  })
})

describe('the decimal mark of a column', () => {
  test('is told by values that leave no doubt', () => {
    expect(findDecimalMark(['1,5', '1.500', '2'], '.')).toEqual({ mark: ',', isDoubtful: false })
    expect(findDecimalMark(['1,5 h', '20 min'], '.')).toEqual({ mark: ',', isDoubtful: false })
    expect(findDecimalMark(['1.234.567'], '.')).toEqual({ mark: ',', isDoubtful: false })
  })

  test('is the fallback, with doubt, where nothing tells', () => {
    expect(findDecimalMark(['1.500', '2'], ',')).toEqual({ mark: ',', isDoubtful: true })
    expect(findDecimalMark(['1', 2.5], '.')).toEqual({ mark: '.', isDoubtful: false })
  })
})

test('properties: a column written in one locale is read as it was meant', () => {
  const locales = [
    { locale: 'en-US', mark: '.' },
    { locale: 'de-DE', mark: ',' },
    { locale: 'fr-FR', mark: ',' },
    { locale: 'de-CH', mark: '.' },
  ] as const
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 10_000_000 }), { minLength: 1, maxLength: 20 }),
      fc.constantFrom(...locales),
      (hundredths, { locale, mark }) => {
        const format = new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 })
        const cells = hundredths.map((value) => format.format(value / 100))
        expect(findDecimalMark(cells, '.').mark).toBe(mark)
        expect(cells.map((cell) => parseNumber(cell, mark))).toEqual(hundredths.map((value) => value / 100))
      },
    ),
  )
})
