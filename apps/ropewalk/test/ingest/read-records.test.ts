import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Records } from '@ropewalk/core/contract/records'
import { RopewalkError, type ErrorCode } from '@ropewalk/core/errors'
import { describe, expect, test } from 'vitest'
import { readRecords } from '../../src/ingest/read-records.ts'
import { makeXlsx, writeRows } from './support/make-xlsx.ts'

const ROOT = path.join(import.meta.dirname, '../../../..')

const catchError = async (bytes: Buffer, name = 'work.csv'): Promise<RopewalkError> => {
  const result = await readRecords(bytes, name).catch((error: unknown) => error)
  expect(result).toBeInstanceOf(RopewalkError)
  return result as RopewalkError
}

test('the example of invoices is read whole: sixty rows, two of them without a duration', async () => {
  const bytes = readFileSync(path.join(ROOT, 'examples/backlog/invoices.csv'))
  const records = Records.parse(await readRecords(bytes, 'invoices.csv'))
  expect(records.columns.map(({ name, role }) => `${name}: ${role}`)).toEqual([
    'Date: date',
    'Ticket: other',
    'Task: text',
    'Category: category',
    'Duration: duration',
    'Team: person',
  ])
  expect(records.rows).toHaveLength(60)
  expect(records.rows[2]).toEqual({
    row: 4,
    text: 'Correct the billing address, cancel the invoice and issue it again',
    category: 'Correction',
    estimatedMinutes: 75,
    estimate: 'given',
    field: 'Duration',
    unit: 'hours',
    rule: 'unit-in-value',
    person: 'Support South',
    date: '2026-03-02',
  })
  const guessed = records.rows.filter(({ estimate }) => estimate === 'guessed')
  expect(guessed.map(({ row, estimatedMinutes, field }) => [row, estimatedMinutes, field])).toEqual([
    [23, 30, 'Task'],
    [46, 120, 'Task'],
  ])
  // Added up by hand from the file, the two guesses among them.
  const totals: Record<string, number> = {}
  for (const { category, estimatedMinutes } of records.rows)
    totals[category ?? ''] = (totals[category ?? ''] ?? 0) + estimatedMinutes
  expect(totals).toEqual({
    'Status request': 299,
    'Resend invoice': 117,
    Correction: 570,
    'Payment matching': 585,
    'Missing data': 165,
    'Question on content': 110,
    'Manual entry': 495,
    Reminder: 190,
  })
  expect(records.warnings.map(({ code, row }) => [code, row])).toEqual([
    ['COLUMN_NOT_READ', undefined],
    ['DURATION_GUESSED', 23],
    ['DURATION_GUESSED', 46],
  ])
})

test('the same table as a workbook gives the same records, but for the source', async () => {
  const rows = [
    ['Task', 'Minutes', 'Category'],
    ['Call the customer', 12.5, 'Calls'],
    ['Write', '1,5 h', 'Mail'],
  ]
  const csv = await readRecords(
    Buffer.from('Task;Minutes;Category\nCall the customer;12,5;Calls\nWrite;1,5 h;Mail\n'),
    'a.csv',
  )
  const xlsx = await readRecords(makeXlsx({ sheet: writeRows(rows) }), 'a.xlsx')
  expect(xlsx.rows).toEqual(csv.rows)
  expect(csv.source).toMatchObject({ mediaType: 'text/csv', delimiter: ';' })
  expect(xlsx.source).toMatchObject({ sheet: 'Work' })
  expect(xlsx.source.digest).toMatch(/^[0-9a-f]{64}$/u)
})

test('content decides, not the name, and a difference is told', async () => {
  const xlsx = await readRecords(
    makeXlsx({
      sheet: writeRows([
        ['Task', 'Minutes'],
        ['Call', 5],
      ]),
    }),
    'a.csv',
  )
  expect(xlsx.source.mediaType).toContain('spreadsheetml')
  expect(xlsx.warnings[0]?.code).toBe('NAME_DIFFERS')
  const csv = await readRecords(Buffer.from('Task,Minutes\nCall,5\n'), 'a.xlsx')
  expect([csv.source.mediaType, csv.warnings[0]?.code]).toEqual(['text/csv', 'NAME_DIFFERS'])
})

describe('is refused with words:', () => {
  test.each([
    ['an empty file', '', 'INVALID_ARGUMENT', 'empty'],
    ['a header alone', 'Task,Minutes\n', 'INVALID_ARGUMENT', 'no records'],
    ['blank lines', '\n \n,,\n', 'INVALID_ARGUMENT', 'no records'],
    ['an old workbook', Buffer.from('d0cf11e0a1b11ae100', 'hex'), 'UNSUPPORTED_MEDIA_TYPE', '.xls'],
    ['a PDF', '%PDF-1.7\n', 'UNSUPPORTED_MEDIA_TYPE', 'PDF'],
    ['gzip', Buffer.from('1f8b0800', 'hex'), 'UNSUPPORTED_MEDIA_TYPE', 'gzip'],
    ['an empty zip', Buffer.from('504b0506', 'hex'), 'UNSUPPORTED_MEDIA_TYPE', 'zip'],
    ['HTML named .xls', '\ufeff <html><table>', 'UNSUPPORTED_MEDIA_TYPE', 'HTML'],
    ['XML', '<?xml version="1.0"?><x/>', 'UNSUPPORTED_MEDIA_TYPE', 'XML'],
    ['eleven megabytes', 'a,1\n'.repeat(2_890_000), 'PAYLOAD_TOO_LARGE', '10485760 bytes'],
  ] as const)('%s', async (_what, content, code: ErrorCode, words) => {
    const error = await catchError(Buffer.from(content))
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(words)])
  })

  test.each(['', '../x.csv', 'a\\b.csv', 'a\u0000.csv', 'a\n.csv', '\u202evsc.a', 'x'.repeat(201), '\ud800'])(
    'the name %j',
    async (name) => {
      expect((await catchError(Buffer.from('a,b\n'), name)).code).toBe('INVALID_ARGUMENT')
    },
  )
})

test('Node loads the readers as they are: its names of CommonJS exports are not those of a test runner', () => {
  const file = path.join(ROOT, 'apps/ropewalk/src/ingest/read-records.ts')
  const script = `const { readRecords } = await import(${JSON.stringify(file)}); console.log((await readRecords(Buffer.from(process.argv[1], 'base64'), 'a')).rows.length)`
  const xlsx = makeXlsx({
    sheet: writeRows([
      ['Task', 'Minutes'],
      ['Call', 5],
    ]),
  }).toString('base64')
  const out = execFileSync(process.execPath, ['--input-type=module', '-e', script, xlsx], {
    encoding: 'utf8',
  })
  expect(out.trim()).toBe('1')
})
