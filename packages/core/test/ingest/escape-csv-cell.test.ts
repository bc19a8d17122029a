import { describe, expect, test } from 'vitest'
import { escapeCsvCell, isFormulaLike } from '../../src/ingest/escape-csv-cell.ts'

describe('text that a spreadsheet could run', () => {
  test.each(['=1+1', '+SUM(A1)', '-2+3', '@cmd', '\t=1', '\r=1', '=HYPERLINK("http://x")', '-', '\uff1d1+1'])(
    '%j is known',
    (cell) => {
      expect(isFormulaLike(cell)).toBe(true)
      expect(escapeCsvCell(cell)).toMatch(/^"?'/u)
    },
  )

  test.each(['-5', '+49 30 123', '-1.234,5', '-3 %', '-1e5', 'a=b', ' ', ''])('%j is none', (cell) => {
    expect(isFormulaLike(cell)).toBe(false)
  })
})

test('a cell is quoted where the format needs it', () => {
  expect(['a,b', 'say "hi"', 'two\nlines', ' x', 'plain', -5, null].map(escapeCsvCell)).toEqual([
    '"a,b"',
    '"say ""hi"""',
    '"two\nlines"',
    '" x"',
    'plain',
    '-5',
    '',
  ])
})
