import { describe, expect, test } from 'vitest'
import { Records } from '../../src/contract/records.ts'
import { RopewalkError } from '../../src/errors.ts'
import { makeRecords } from '../../src/ingest/make-records.ts'
import type { Cell, Table } from '../../src/ingest/table.ts'

const SOURCE = { name: 'work.csv', digest: 'a'.repeat(64), mediaType: 'text/csv' } as const

const read = (lines: readonly (readonly Cell[])[], extra: Partial<Table> = {}): Records =>
  Records.parse(
    makeRecords(
      { rows: lines.map((cells, index) => ({ line: index + 1, cells })), warnings: [], ...extra },
      SOURCE,
    ),
  )

const rolesOf = ({ columns }: Records) => Object.fromEntries(columns.map(({ name, role }) => [name, role]))
const durationsOf = ({ rows }: Records) =>
  rows.map(({ estimatedMinutes, estimate, unit, rule }) => [estimatedMinutes, estimate, unit, rule])
const codesOf = ({ warnings }: Records) => [...new Set(warnings.map(({ code }) => code))]

describe('columns are recognised', () => {
  test.each([
    ['English', ['Task', 'Category', 'Minutes', 'Team', 'Date', 'Count', 'Hourly rate']],
    ['German', ['Tätigkeit', 'Kategorie', 'Dauer (Min.)', 'Bearbeiter', 'Datum', 'Anzahl', 'Stundensatz']],
    ['French', ['Tâche', 'Catégorie', 'Durée en minutes', 'Équipe', 'Date', 'Quantité', 'Taux horaire']],
    ['Spanish', ['Tarea', 'Categoría', 'Minutos', 'Responsable', 'Fecha', 'Cantidad', 'Tarifa por hora']],
  ])('by their %s names', (_language, header) => {
    const records = read([header, ['Call back', 'Calls', '30', 'Support', '2026-01-31', '4', '40 €']])
    expect(records.columns.map(({ role }) => role)).toEqual([
      'text',
      'category',
      'duration',
      'person',
      'date',
      'count',
      'rate',
    ])
    expect(records.rows).toEqual([
      {
        row: 2,
        text: 'Call back',
        category: 'Calls',
        estimatedMinutes: 30,
        estimate: 'given',
        field: header[2],
        unit: 'minutes',
        rule: 'unit-in-header',
        count: 4,
        rate: 40,
        person: 'Support',
        date: '2026-01-31',
      },
    ])
  })

  test('by their values where the names tell nothing', () => {
    const records = read([
      ['ticket', 'blah', 'x', 'remarks'],
      ['T-1', '30 min', 'a', 'Looked for the invoice in three systems'],
      ['T-2', '1 h', 'b', 'Called the customer about the missing number'],
    ])
    expect(rolesOf(records)).toMatchObject({ blah: 'duration', remarks: 'text' })
  })

  test('not by a name that the values contradict', () => {
    const records = read([
      ['Description', 'Time'],
      ['Look up', 'in the morning'],
      ['Send out', 'at night'],
    ])
    expect(rolesOf(records)['Time']).toBe('other')
    expect(records.warnings).toContainEqual(
      expect.objectContaining({ column: 'Time', code: 'COLUMN_NOT_READ' }),
    )
  })

  test('without a header, by values, and the first line is a record', () => {
    const records = read([
      ['Looked for an invoice', 'Search', '30 min'],
      ['Looked for a payment', 'Search', '1,5 h'],
    ])
    expect(records.columns.map(({ name, role }) => [name, role])).toEqual([
      ['Column 1', 'text'],
      ['Column 2', 'category'],
      ['Column 3', 'duration'],
    ])
    expect(records.rows.map(({ row, estimatedMinutes }) => [row, estimatedMinutes])).toEqual([
      [1, 30],
      [2, 90],
    ])
    expect(codesOf(records)).toContain('HEADER_NOT_FOUND')
  })

  test('below title lines, which are told as left out', () => {
    const records = read([['Support, March'], ['Task', 'Minutes'], ['Call', 5]])
    expect(records.rows).toMatchObject([{ row: 3, text: 'Call', estimatedMinutes: 5 }])
    expect(records.warnings).toContainEqual(expect.objectContaining({ row: 1, code: 'ROW_LEFT_OUT' }))
  })

  test('with a unit that is not read left aside, so that days never count as minutes', () => {
    const records = read([
      ['Task', 'Duration (days)'],
      ['Migrate', '3'],
    ])
    expect(rolesOf(records)['Duration (days)']).toBe('other')
    expect(durationsOf(records)).toEqual([[30, 'guessed', 'guess', 'text-length']])
  })

  test.each([
    ['Number of minutes', 'minutes'],
    ['Anzahl Stunden', 'hours'],
    ['Total hours', 'hours'],
    ["Nombre d'heures", 'hours'],
    ['Zeitaufwand (Std.)', 'hours'],
    ['Temps passé en minutes', 'minutes'],
    ['Tiempo en horas', 'hours'],
    ['Bearbeitungszeit [min]', 'minutes'],
    ['Arbeitsstunden', 'hours'],
    ['h', 'hours'],
    ['Hours/Minutes', undefined],
    ['Duration hh:mm', undefined],
  ])('%s is a duration in %s', (name, unit) => {
    const records = read([
      ['Task', name],
      ['Call', '0:30'],
    ])
    expect([records.columns[1]?.role, records.columns[1]?.unit]).toEqual(['duration', unit])
  })

  test.each([
    ['Start time', '0:30', 'other'],
    ['Invoice number', '30', 'other'],
    ['Total amount', '30', 'other'],
    ['Cost per hour', '30', 'rate'],
    ['EUR/h', '30', 'rate'],
    ['Cases per month', '30', 'count'],
    ['Created at', '2026-01-31', 'date'],
    ['Created by', 'Ann', 'person'],
    ['Issue type', 'Mail', 'category'],
  ])('%s with %s is %s', (name, value, role) => {
    expect(
      read([
        ['Task', 'Minutes', name],
        ['Call', '5', value],
      ]).columns[2]?.role,
    ).toBe(role)
  })

  test('with times of day not taken for durations', () => {
    const morning = read([
      ['Task', 'Time'],
      ['Call', '09:15'],
      ['Write', '10:40'],
    ])
    expect(rolesOf(morning)['Time']).toBe('other')
    const shift = read([
      ['Task', 'Start', 'End'],
      ['Call', '9:15', '9:30'],
      ['Write', '10:40', '10:45'],
    ])
    expect(shift.rows.map(({ estimate }) => estimate)).toEqual(['guessed', 'guessed'])
    const short = read([
      ['Task', 'Time'],
      ['Call', '0:15'],
      ['Write', '1:40'],
    ])
    expect(short.rows.map(({ estimatedMinutes }) => estimatedMinutes)).toEqual([15, 100])
  })

  test('in a first line of data with words that headers have', () => {
    const records = read([
      ['Update task description', 'Mail process', '30 min'],
      ['Update customer data', 'Mail process', '20 min'],
    ])
    expect(records.rows.map(({ row, estimatedMinutes }) => [row, estimatedMinutes])).toEqual([
      [1, 30],
      [2, 20],
    ])
  })

  test('with names made unique', () => {
    const records = read([
      ['Task', 'Note', 'Note', '', 'x'],
      ['Call', 'a', 'b', 'c', 'd'],
    ])
    expect(records.columns.map(({ name }) => name)).toEqual(['Task', 'Note', 'Note (2)', 'Column 4', 'x'])
  })
})

describe('durations', () => {
  test('follow the header, unless the value names its own unit', () => {
    const records = read([
      ['Task', 'Hours'],
      ['a', '1,5'],
      ['b', '20 min'],
      ['c', '0:45'],
    ])
    expect(durationsOf(records)).toEqual([
      [90, 'given', 'hours', 'unit-in-header'],
      [20, 'given', 'minutes', 'unit-in-value'],
      [45, 'given', 'hours', 'clock-value'],
    ])
  })

  test('follow a unit column where the header names no unit', () => {
    const records = read([
      ['Task', 'Duration', 'Unit'],
      ['a', '1.5', 'h'],
      ['b', '90', 'min'],
      ['c', '15', ''],
    ])
    expect(durationsOf(records)).toEqual([
      [90, 'given', 'hours', 'unit-in-column'],
      [90, 'given', 'minutes', 'unit-in-column'],
      [900, 'guessed', 'guess', 'unit-by-size'],
    ])
  })

  test('without any unit are guessed: hours where some have a fraction, else minutes', () => {
    const whole = read([
      ['Task', 'Duration'],
      ['a', '20'],
      ['b', '90'],
    ])
    expect(durationsOf(whole).map(([minutes, estimate]) => [minutes, estimate])).toEqual([
      [20, 'guessed'],
      [90, 'guessed'],
    ])
    expect(codesOf(whole)).toContain('UNIT_GUESSED')
    const broken = read([
      ['Task', 'Duration'],
      ['a', '2'],
      ['b', '0.5'],
    ])
    expect(durationsOf(broken).map(([minutes]) => minutes)).toEqual([120, 30])
  })

  test('that are missing or unreadable are guessed by the length of the text', () => {
    const records = read([
      ['Task', 'Minutes'],
      ['short', ''],
      ['m'.repeat(100), 'n/a'],
      ['l'.repeat(200), ''],
      ['fine', '5'],
      ['fine', '6'],
    ])
    expect(durationsOf(records).slice(0, 3)).toEqual([
      [30, 'guessed', 'guess', 'text-length'],
      [60, 'guessed', 'guess', 'text-length'],
      [120, 'guessed', 'guess', 'text-length'],
    ])
    expect(records.rows[0]?.field).toBe('Task')
    expect(records.warnings).toContainEqual(
      expect.objectContaining({ row: 3, column: 'Minutes', code: 'DURATION_NOT_READ' }),
    )
  })

  test('in an hours and a minutes column are one duration', () => {
    const records = read([
      ['Task', 'Hours', 'Minutes'],
      ['a', '1', '30'],
      ['b', '', '20'],
      ['c', '2', ''],
    ])
    expect(records.rows.map(({ estimatedMinutes, field, rule }) => [estimatedMinutes, field, rule])).toEqual([
      [90, 'Hours + Minutes', 'hours-and-minutes'],
      [20, 'Minutes', 'unit-in-header'],
      [120, 'Hours', 'unit-in-header'],
    ])
  })

  test('in several columns: the first filled one counts and a contradiction is told', () => {
    const records = read([
      ['Task', 'Time spent (min)', 'Estimated hours'],
      ['a', '30', '2'],
      ['b', '', '1.5'],
    ])
    expect(records.rows.map(({ estimatedMinutes, field }) => [estimatedMinutes, field])).toEqual([
      [30, 'Time spent (min)'],
      [90, 'Estimated hours'],
    ])
    expect(records.warnings).toContainEqual(expect.objectContaining({ row: 2, code: 'DURATION_CONFLICT' }))
  })

  test('use the decimal mark of their column; a semicolon file settles what nothing else does', () => {
    const header = ['Aufgabe', 'Minuten']
    expect(read([header, ['a', '1.500'], ['b', '2,5']]).rows[0]?.estimatedMinutes).toBe(1500)
    const doubtful = read([header, ['a', '1.500']], { delimiter: ';' })
    expect(doubtful.rows[0]?.estimatedMinutes).toBe(1500)
    expect(codesOf(doubtful)).toContain('AMBIGUOUS_NUMBER')
    expect(read([header, ['a', '1.500']], { delimiter: ',' }).rows[0]?.estimatedMinutes).toBe(1.5)
  })
})

describe('rows', () => {
  test('that add up others are left out and told', () => {
    const records = read([
      ['Task', 'Minutes'],
      ['a', 5],
      ['Total:', 5],
    ])
    expect(records.rows).toHaveLength(1)
    expect(records.warnings).toContainEqual(expect.objectContaining({ row: 3, code: 'ROW_LEFT_OUT' }))
  })

  test('that name the columns once more are left out and told', () => {
    const records = read([
      ['Task', 'Minutes'],
      ['a', 5],
      ['Task', 'Minutes'],
      ['b', 6],
    ])
    expect(records.rows.map(({ row }) => row)).toEqual([2, 4])
    expect(records.warnings).toContainEqual(expect.objectContaining({ row: 3, code: 'ROW_LEFT_OUT' }))
  })

  test('without a column of texts say their category', () => {
    const records = read([
      ['Category', 'Minutes'],
      ['Calls', ''],
      ['Mail', '5'],
    ])
    expect(records.rows.map(({ text, category, field }) => [text, category, field])).toEqual([
      ['Calls', 'Calls', 'Category'],
      ['Mail', 'Mail', 'Minutes'],
    ])
  })

  test('too long or too short are told with their line', () => {
    const records = read([
      ['Task', 'Minutes', 'Category'],
      ['a', '5', 'x', 'more'],
      ['b', '5'],
    ])
    expect(records.warnings).toContainEqual(expect.objectContaining({ row: 2, code: 'ROW_TOO_LONG' }))
    expect(records.warnings).toContainEqual(expect.objectContaining({ row: 3, code: 'ROW_TOO_SHORT' }))
    expect(records.rows[1]?.category).toBeNull()
  })

  test('of a sheet are not short because their end is empty', () => {
    const records = read(
      [
        ['Task', 'Minutes', 'Category'],
        ['b', 5],
      ],
      { sheet: 'One' },
    )
    expect(codesOf(records)).not.toContain('ROW_TOO_SHORT')
  })

  test('of a hundred thousand give bounded warnings', () => {
    const lines = Array.from({ length: 100_000 }, () => ['something', ''])
    const records = read([['Task', 'Minutes'], ...lines])
    expect(records.rows).toHaveLength(100_000)
    expect(records.warnings.length).toBeLessThan(100)
    expect(records.warnings).toContainEqual({
      code: 'MORE_LIKE_THIS',
      message: '99950 more of DURATION_GUESSED.',
    })
  })
})

test('dates are ISO where their form leaves no doubt', () => {
  const dates = (values: readonly string[]) =>
    read([['Task', 'Minutes', 'Date'], ...values.map((value) => ['a', '5', value])]).rows.map(
      ({ date }) => date,
    )
  expect(dates(['31.1.2026', '2026/02/01', '2026-03-04T10:00'])).toEqual([
    '2026-01-31',
    '2026-02-01',
    '2026-03-04',
  ])
  expect(dates(['03/04/2026', '31/01/2026'])).toEqual(['2026-04-03', '2026-01-31'])
  expect(dates(['03/04/2026', '01/31/2026'])).toEqual(['2026-03-04', '2026-01-31'])
  expect(dates(['03/04/2026', '31.02.2026'])).toEqual(['03/04/2026', '31.02.2026'])
})

test.each([
  ['no rows below the header', [['Task', 'Minutes']]],
  ['nothing at all', []],
  [
    'numbers alone',
    [
      ['1', '2'],
      ['3', '4'],
    ],
  ],
])('a table with %s is refused', (_what, lines) => {
  expect(() => read(lines)).toThrow(RopewalkError)
})
