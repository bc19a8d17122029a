import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findUnit, guessMinutes, readDuration, roundMinutes, toMinutes } from '../../src/ingest/durations.ts'

const minutesOf = (cell: string | number, headerUnit?: 'minutes' | 'hours') => {
  const read = readDuration(cell, '.', headerUnit)
  return read?.kind === 'minutes' ? [read.minutes, read.unit, read.rule] : undefined
}

describe('a duration that names its unit', () => {
  test.each([
    ['90 min', 90, 'minutes'],
    ['90min.', 90, 'minutes'],
    ['1h 30m', 90, 'hours'],
    ['1 h 30 min', 90, 'hours'],
    ['1,5 h', 90, 'hours'],
    ['1.5 hours', 90, 'hours'],
    ['0.25 Std.', 15, 'hours'],
    ['2 Stunden und 5 Minuten', 125, 'hours'],
    ['1h30', 90, 'hours'],
    ['2 heures et 5 min', 125, 'hours'],
    ['3 horas y 15 minutos', 195, 'hours'],
    ['90 s', 1.5, 'minutes'],
    ['ca. 20 Min', 20, 'minutes'],
    ['~45 minutes', 45, 'minutes'],
    ['PT1H30M', 90, 'hours'],
    ['PT45M', 45, 'minutes'],
    ['PT0.5H', 30, 'hours'],
    ['0 min', 0, 'minutes'],
  ])('%s is %d minutes, written in %s', (cell, minutes, unit) => {
    expect(minutesOf(cell)).toEqual([minutes, unit, 'unit-in-value'])
  })

  test.each([
    ['1:30', undefined, 90, 'hours'],
    ['0:05', undefined, 5, 'hours'],
    ['12:00:30', undefined, 720.5, 'hours'],
    ['1:30 h', undefined, 90, 'hours'],
    ['1:30', 'minutes', 1.5, 'minutes'],
    ['1:30', 'hours', 90, 'hours'],
  ] as const)('%s below a header of %s is %d minutes', (cell, header, minutes, unit) => {
    expect(minutesOf(cell, header)).toEqual([minutes, unit, 'clock-value'])
  })

  test.each([
    ['', 'nothing'],
    ['soon', 'a word'],
    ['-5', 'a negative number'],
    ['-1 h', 'a negative duration'],
    ['2 days', 'days, which have no fixed number of hours'],
    ['1-2 h', 'a range'],
    ['5 min 1 h', 'the smaller unit first'],
    ['5 min 5 min', 'a unit twice'],
    ['1:75', 'seventy-five minutes past'],
    ['P1D', 'a day in ISO form'],
    ['PT', 'an empty ISO form'],
    ['1000001', 'more than a million minutes'],
    ['99999999999 h', 'endless hours'],
    ['1 h '.repeat(5000), 'a very long cell'],
    ['NaN', 'no number'],
    ['1e3 min', 'a number in powers of ten'],
  ])('%s is not read: %s', (cell) => {
    expect(readDuration(cell, '.')).toBeUndefined()
  })
})

describe('a bare number', () => {
  test('has no unit of its own', () => {
    expect(readDuration('45', '.')).toEqual({ kind: 'number', amount: 45 })
    expect(readDuration(' 0,75 ', '.')).toEqual({ kind: 'number', amount: 0.75 })
    expect(readDuration(45, ',')).toEqual({ kind: 'number', amount: 45 })
  })

  test('in hours becomes exact minutes', () => {
    expect(toMinutes(1.1, 'hours')).toBe(66)
    expect(toMinutes(0.1, 'hours')).toBe(6)
    expect(toMinutes(45, 'minutes')).toBe(45)
    expect(toMinutes(20_000, 'hours')).toBeUndefined()
  })
})

test('properties: hours and minutes written in any of the forms come back as they are', () => {
  const forms = [
    (h: number, m: number) => `${h}h ${m}m`,
    (h: number, m: number) => `${h} Std. ${m} Min.`,
    (h: number, m: number) => `${h}h${m}`,
    (h: number, m: number) => `${h}:${String(m).padStart(2, '0')}`,
    (h: number, m: number) => `${h * 60 + m} min`,
    (h: number, m: number) => `PT${h}H${m}M`,
  ]
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 999 }),
      fc.integer({ min: 0, max: 59 }),
      fc.constantFrom(...forms),
      (h, m, form) => {
        expect(minutesOf(form(h, m))?.[0]).toBe(h * 60 + m)
      },
    ),
  )
})

test('properties: hours with hundredths are sixty times as many minutes, with either mark', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000_000 }), fc.constantFrom('.', ','), (hundredths, mark) => {
      const written = `${Math.floor(hundredths / 100)}${mark}${String(hundredths % 100).padStart(2, '0')} h`
      expect(minutesOf(written)?.[0]).toBe(Number((BigInt(hundredths) * 60n).toString()) / 100)
    }),
  )
})

test('properties: any text is read or not, and never a negative or endless duration', () => {
  const pieces = fc.constantFrom(
    '1',
    '30',
    '.',
    ',',
    ':',
    ' ',
    'h',
    'min',
    'PT',
    '-',
    'e',
    "'",
    'et ',
    '\u00a0',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(pieces).map((all) => all.join('')),
      ),
      (cell) => {
        const read = readDuration(cell, ',')
        if (read === undefined) return
        const amount = read.kind === 'minutes' ? read.minutes : read.amount
        expect(amount).toBeGreaterThanOrEqual(0)
        expect(amount).toBeLessThanOrEqual(1_000_000)
        expect(roundMinutes(amount)).toBeCloseTo(amount, 2)
      },
    ),
    { numRuns: 2000 },
  )
})

test('a unit is found by any of its words', () => {
  expect(['Std.', 'HOURS', 'mn', 'heure'].map(findUnit)).toEqual(['hours', 'hours', 'minutes', 'hours'])
  expect(findUnit('days')).toBeUndefined()
})

test('a guess is 30, 60 or 120 minutes by the length of the text', () => {
  expect([0, 60, 61, 160, 161].map((length) => guessMinutes('x'.repeat(length)))).toEqual([
    30, 30, 60, 60, 120,
  ])
})
