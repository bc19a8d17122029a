import { escapeCsvCell } from '@ropewalk/core/ingest/escape-csv-cell'
import { RopewalkError } from '@ropewalk/core/errors'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findDelimiter } from '../../src/ingest/find-delimiter.ts'
import { readCsv } from '../../src/ingest/read-csv.ts'

const read = (text: string) => readCsv(Buffer.from(text))
const rowsOf = async (text: string) => (await read(text)).rows.map(({ line, cells }) => [line, ...cells])

const catchError = async (promise: Promise<unknown>): Promise<RopewalkError> => {
  try {
    await promise
  } catch (error) {
    if (error instanceof RopewalkError) return error
    throw error
  }
  throw new Error('it was taken')
}

describe('the delimiter', () => {
  test.each([
    ['a,b\n1,2\n', ','],
    ['a;b\n1,5;2,5\n3,5;x\n', ';'],
    ['a\tb\n1, 2\t3\n', '\t'],
    ['a|b\n1|2', '|'],
    ['"a;b;c",x\n"d;e;f",y\n', ','],
    ['Report\n\nTask;Minutes\na;1\nb;2\n', ';'],
    ['1,5;2\n1,7;3\n', ';'],
  ])('of %j is %j', (text, delimiter) => {
    expect(findDelimiter(text)).toBe(delimiter)
  })

  test('is none in a file of one column whose texts hold commas', async () => {
    expect(await rowsOf('Task\nCall the customer, then wait\nSend it\nAsk\n')).toEqual([
      [1, 'Task'],
      [2, 'Call the customer, then wait'],
      [3, 'Send it'],
      [4, 'Ask'],
    ])
  })

  test('may be named by a first line, which is no row', async () => {
    expect(await rowsOf('sep=;\r\na,x;b\r\n1;2\r\n')).toEqual([
      [2, 'a,x', 'b'],
      [3, '1', '2'],
    ])
  })
})

describe('rows', () => {
  test('have the line where they begin, whatever the line ends', async () => {
    for (const end of ['\n', '\r\n', '\r']) {
      const text = ['a,b', '', '"x', 'y",2', ',', '3,4'].join(end)
      const rows = await rowsOf(text)
      expect(
        rows.map(([line]) => line),
        JSON.stringify(end),
      ).toEqual([1, 3, 6])
      expect(rows[2]).toEqual([6, '3', '4'])
    }
  })

  test('keep quotes that are part of a text', async () => {
    expect(await rowsOf('a,b\n5" pipe,"say ""hi"", now"\n')).toEqual([
      [1, 'a', 'b'],
      [2, '5" pipe', 'say "hi", now'],
    ])
  })

  test('keep their own length', async () => {
    expect((await read('a,b,c\n1\n1,2,3,4\n')).rows.map(({ cells }) => cells.length)).toEqual([3, 1, 4])
  })

  test('lose control characters and marks that turn text round', async () => {
    expect(await rowsOf(`a,b\n${'x'.repeat(400)}\u001b[31m,\u202eabc\n`)).toEqual([
      [1, 'a', 'b'],
      [2, `${'x'.repeat(400)} [31m`, ' abc'],
    ])
  })

  test('that could run as formulas are kept as text and marked', async () => {
    const { rows, warnings } = await read('a,b\n=1+1,-5\n@SUM(A1),+x\n')
    expect(rows.map(({ cells }) => cells)).toEqual([
      ['a', 'b'],
      ['=1+1', '-5'],
      ['@SUM(A1)', '+x'],
    ])
    expect(warnings.map(({ code, row, column }) => [code, row, column])).toEqual([
      ['FORMULA_LIKE_TEXT', 2, 'Column 1'],
      ['FORMULA_LIKE_TEXT', 3, 'Column 1'],
      ['FORMULA_LIKE_TEXT', 3, 'Column 2'],
    ])
  })
})

describe('the encoding', () => {
  const text = 'Tätigkeit;Minuten\nRückruf – Käufer;5\n'
  const utf16 = Buffer.from(`\ufeff${text}`, 'utf16le')
  const expected = [
    [1, 'Tätigkeit', 'Minuten'],
    [2, 'Rückruf – Käufer', '5'],
  ]
  const rows = async (bytes: Buffer) => (await readCsv(bytes)).rows.map(({ line, cells }) => [line, ...cells])

  test('is UTF-8 with or without its mark, or UTF-16 with it', async () => {
    expect(await rows(Buffer.from(text))).toEqual(expected)
    expect(await rows(Buffer.from(`\ufeff${text}`))).toEqual(expected)
    expect(await rows(utf16)).toEqual(expected)
    expect(await rows(Buffer.from(utf16).swap16())).toEqual(expected)
  })

  test('is Windows-1252 where it is not UTF-8, and that is told', async () => {
    const bytes = Buffer.from(text.replace('–', '\u0096'), 'latin1')
    expect(await rows(bytes)).toEqual(expected)
    expect((await readCsv(bytes)).warnings).toContainEqual(
      expect.objectContaining({ code: 'ENCODING_GUESSED' }),
    )
  })

  test.each([
    ['NUL', Buffer.from('a,b\n\u0000,2\n'), 'UNSUPPORTED_MEDIA_TYPE'],
    ['UTF-16 without its mark', utf16.subarray(2), 'UNSUPPORTED_MEDIA_TYPE'],
    ['a lone surrogate', Buffer.from([0xff, 0xfe, 0x61, 0, 0, 0xd8, 0x62, 0]), 'INVALID_ARGUMENT'],
    [
      'random bytes',
      Buffer.from(Array.from({ length: 4096 }, (_, i) => ((i * 7919) % 251) + 1)),
      'UNSUPPORTED_MEDIA_TYPE',
    ],
  ])('with %s is refused', async (_what, bytes, code) => {
    expect((await catchError(readCsv(bytes))).code).toBe(code)
  })
})

describe('is refused with words:', () => {
  test('a quote that is never closed, with its line', async () => {
    const error = await catchError(read('a,b\n1,2\n"x,3\n4,5\n'))
    expect(error.code).toBe('INVALID_ARGUMENT')
    expect(error.message).toContain('after line 2')
    expect(error.details).toEqual({ line: 3 })
  })

  test.each([
    ['a million columns', `${'a,'.repeat(1_000_000)}a\n`, 'columns'],
    ['201 columns', `${'a,'.repeat(200)}a\n`, '200 columns'],
    ['too many rows', 'a,1\n'.repeat(100_002), '100000 rows'],
    ['rows without content, too many', ',\n'.repeat(3_000_000), '100000 rows'],
    ['a very long cell', `a,b\n${'x'.repeat(10_001)},1\n`, 'row 2, column 1'],
  ])('%s', async (_what, text, words) => {
    const error = await catchError(read(text))
    expect(error.code).toBe('PAYLOAD_TOO_LARGE')
    expect(error.message).toContain(words)
  })
})

test('other work goes on while ten megabytes are read', async () => {
  let turns = 0
  const timer = setInterval(() => (turns += 1), 1)
  await read('something that was done,calls,30\n'.repeat(95_000).slice(0, 3_000_000))
  clearInterval(timer)
  expect(turns).toBeGreaterThan(20)
})

test('properties: any table of texts comes back from CSV, whatever the delimiter and line end', async () => {
  const cell = fc.string({
    unit: fc.constantFrom('a', 'b', '"', ',', ';', '\t', '|', '\n', ' ', 'ü', '=', '-', "'"),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 8 }),
      fc.constantFrom(',', ';', '\t', '|'),
      fc.constantFrom('\n', '\r\n'),
      async (body, delimiter, end) => {
        const text = body
          .map((row) =>
            row
              .map(escapeCsvCell)
              .map((each) => (each.startsWith('"') ? each : `"${each}"`))
              .join(delimiter),
          )
          .join(end)
        const { rows } = await read(`sep=${delimiter}\n${text}`)
        const kept = body.filter((row) => row.some((each) => each.trim() !== ''))
        // What could run as a formula has the apostrophe that keeps it from running.
        const same = (got: string, sent: string) => got === sent || got === `'${sent}`
        expect(rows).toHaveLength(kept.length)
        for (const [index, row] of rows.entries()) {
          const pairs = row.cells.map((got, column) => [String(got), kept[index]?.[column] ?? ''] as const)
          expect(pairs.filter(([got, sent]) => !same(got, sent))).toEqual([])
        }
      },
    ),
  )
})

test('properties: any bytes are read or refused by one of our errors', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (bytes) => {
      const result = await readCsv(bytes).catch((error: unknown) => error)
      expect(result instanceof Error && !(result instanceof RopewalkError)).toBe(false)
    }),
    { numRuns: 300 },
  )
})
