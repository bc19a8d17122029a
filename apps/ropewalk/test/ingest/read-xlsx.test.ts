import { randomBytes } from 'node:crypto'
import { RopewalkError, type ErrorCode } from '@ropewalk/core/errors'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readXlsx } from '../../src/ingest/read-xlsx.ts'
import { makeXlsx, writeRows, wrapSheet, type TestBook } from './support/make-xlsx.ts'
import { makeZip, type ZipEntry } from './support/make-zip.ts'

const read = (book: TestBook) => readXlsx(makeXlsx(book))
const cellsOf = async (book: TestBook) => (await read(book)).rows.map(({ line, cells }) => [line, ...cells])

const refuses = async (bytes: Buffer, code: ErrorCode, words: string): Promise<void> => {
  const result = await readXlsx(bytes).catch((error: unknown) => error)
  expect(result).toBeInstanceOf(RopewalkError)
  const error = result as RopewalkError
  expect([error.code, error.message]).toEqual([code, expect.stringContaining(words)])
}

const SHEET = 'xl/worksheets/sheet1.xml'
const ROW = '<row r="1"><c r="A1"><v>1</v></c></row>'

describe('cells', () => {
  test('are found by their references, with gaps in rows and columns', async () => {
    const sheet =
      '<row r="3"><c r="B3"><v>7</v></c><c r="AB3" t="b"><v>1</v></c></row><row r="5"><c t="str"><v>x</v></c></row><row/><row r="9"><c r="A9" s="1"/></row>'
    expect(await cellsOf({ sheet })).toEqual([
      [3, '', 7, ...Array.from({ length: 25 }, () => ''), 'TRUE'],
      [5, 'x'],
    ])
  })

  test('take shared texts in runs, without hints on how they sound', async () => {
    const strings =
      '<sst><si><t>Call</t></si><si><r><t>Look </t></r><r><t>up</t></r><rPh><t>lukap</t></rPh></si><si><t>a_x000D_&#10;b &amp; c</t></si></sst>'
    const sheet = '<row><c t="s"><v>1</v></c><c t="s"><v>0</v></c><c t="s"><v>2</v></c></row>'
    expect(await cellsOf({ sheet, strings })).toEqual([[1, 'Look up', 'Call', 'a\nb & c']])
  })

  test('show dates and times as people see them', async () => {
    const styles =
      '<styleSheet><numFmts><numFmt numFmtId="170" formatCode="[h]:mm"/><numFmt numFmtId="171" formatCode="0.0&quot; days&quot;"/><numFmt numFmtId="172" formatCode="[$-407]d. mmmm yyyy;@"/></numFmts>' +
      '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/><xf numFmtId="170"/><xf numFmtId="171"/><xf numFmtId="172"/></cellXfs></styleSheet>'
    const serial = (style: number, value: number) => `<c s="${style}"><v>${value}</v></c>`
    const sheet = `<row>${serial(0, 46053)}${serial(1, 46053)}${serial(2, 46053.4375)}${serial(3, 1.0625)}${serial(4, 2.5)}${serial(5, 1)}</row>`
    expect(await cellsOf({ sheet, styles })).toEqual([
      [1, 46053, '2026-01-31', '2026-01-31 10:30:00', '25:30:00', 2.5, '1900-01-01'],
    ])
    const early = await cellsOf({ sheet: `<row>${serial(1, 44591)}</row>`, styles, date1904: true })
    expect(early).toEqual([[1, '2026-01-31']])
  })

  test('keep numbers to fifteen digits', async () => {
    expect(
      await cellsOf({ sheet: '<row><c><v>0.30000000000000004</v></c><c><v>1E-3</v></c></row>' }),
    ).toEqual([[1, 0.3, 0.001]])
  })

  test('with formulas give the stored value; nothing is computed', async () => {
    const sheet =
      '<row><c><f>1+1</f><v>7</v></c><c t="str"><f>A1</f><v>=HYPERLINK("x")</v></c><c><f>NOW()</f></c><c t="e"><v>#REF!</v></c></row>'
    const { rows, warnings } = await read({ sheet })
    expect(rows).toEqual([{ line: 1, cells: [7, '=HYPERLINK("x")'] }])
    expect(warnings.map(({ code, column }) => `${code} ${column}`)).toEqual([
      'FORMULA_NOT_RUN Column 1',
      'FORMULA_NOT_RUN Column 2',
      'FORMULA_LIKE_TEXT Column 2',
      'FORMULA_NOT_RUN Column 3',
      'CELL_ERROR Column 4',
    ])
  })

  test('are read whatever prefix the elements have', async () => {
    const sheet = `<x:worksheet xmlns:x="urn:x"><x:sheetData><x:row r="1"><x:c r="A1"><x:v>5</x:v></x:c></x:row></x:sheetData></x:worksheet>`
    expect(await cellsOf({ more: [{ name: SHEET, data: sheet }] })).toEqual([[1, 5]])
  })

  test('come from the first visible sheet, and the others are named', async () => {
    const workbook =
      '<workbook xmlns:r="r"><sheets><sheet name="Secret" sheetId="1" state="hidden" r:id="rId9"/><sheet name="Now" sheetId="2" r:id="rId1"/><sheet name="Old" sheetId="3" r:id="rId8"/></sheets></workbook>'
    const { sheet, warnings } = await read({ workbook, sheet: ROW })
    expect(sheet).toBe('Now')
    expect(warnings).toEqual([
      { code: 'SHEET_NOT_READ', message: 'Only the sheet "Now" was read; 2 more: "Secret", "Old".' },
    ])
  })
})

describe('is refused with words:', () => {
  const more = (entry: ZipEntry) => makeXlsx({ sheet: ROW, more: [entry] })
  const types = (type: string) =>
    `<Types><Override PartName="/xl/workbook.xml" ContentType="${type}"/></Types>`

  test('a zip bomb that says how large it is', async () => {
    const bomb = { name: SHEET, data: Buffer.alloc(50_000_000, 0x20) }
    await refuses(more(bomb), 'PAYLOAD_TOO_LARGE', 'hundredfold')
  })

  test('a zip bomb in a part that is not read at all', async () => {
    const bomb = { name: 'xl/media/image1.bin', data: Buffer.alloc(50_000_000) }
    await refuses(more(bomb), 'PAYLOAD_TOO_LARGE', 'hundredfold')
  })

  test('a zip bomb that lies about its size', async () => {
    const bomb = { name: SHEET, data: Buffer.alloc(50_000_000, 0x20), claims: 1000 }
    await refuses(more(bomb), 'INVALID_ARGUMENT', 'sound zip')
  })

  test('a bomb in a part that is read in passing', async () => {
    const strings = `<sst>${'<si><t>aaaaaaaaaaaaaaaa</t></si>'.repeat(1_500_000)}</sst>`
    await refuses(makeXlsx({ sheet: ROW, strings }), 'PAYLOAD_TOO_LARGE', 'hundredfold')
  })

  test('a repeated text that would fill the memory', async () => {
    const strings = `<sst><si><t>${'x'.repeat(10_000)}</t></si></sst>`
    const sheet = Array.from(
      { length: 3000 },
      (_, i) => `<row r="${i + 1}"><c t="s"><v>0</v></c></row>`,
    ).join('')
    await refuses(makeXlsx({ sheet, strings }), 'PAYLOAD_TOO_LARGE', '20000000 characters')
  })

  test('parts that together unpack to too much', async () => {
    // Hardly packed at all, and farther apart than the packer looks back: no entry is a bomb by itself.
    const noise = Buffer.concat([randomBytes(2048), Buffer.alloc(63_488)])
    const parts = Array.from({ length: 6 }, (_, i) => ({
      name: `xl/media/${i}.bin`,
      data: Buffer.concat(Array.from({ length: 300 }, () => noise)),
    }))
    await refuses(makeXlsx({ sheet: ROW, more: parts }), 'PAYLOAD_TOO_LARGE', '104857600 bytes')
  })

  test('more entries than a workbook has', async () => {
    const parts = Array.from({ length: 1001 }, (_, i) => ({ name: `x/${i}`, data: '' }))
    await refuses(makeXlsx({ sheet: ROW, more: parts }), 'PAYLOAD_TOO_LARGE', 'entries')
  })

  test.each([
    ['xl/embeddings/inner.xlsx', 'UNSUPPORTED_MEDIA_TYPE', 'another archive'],
    ['xl/inner.zip', 'UNSUPPORTED_MEDIA_TYPE', 'another archive'],
    ['../../etc/passwd', 'INVALID_ARGUMENT', 'sound zip'],
    ['/etc/passwd', 'INVALID_ARGUMENT', 'sound zip'],
    ['C:/x', 'INVALID_ARGUMENT', 'sound zip'],
    ['xl\\..\\x', 'INVALID_ARGUMENT', 'sound zip'],
    ['xl/a\u0000b', 'INVALID_ARGUMENT', 'sound zip'],
    ['XL/WORKBOOK.XML', 'INVALID_ARGUMENT', 'one name'],
    ['xl/vbaProject.bin', 'UNSUPPORTED_MEDIA_TYPE', 'macros'],
    ['xl/macrosheets/sheet1.xml', 'UNSUPPORTED_MEDIA_TYPE', 'macros'],
    ['xl/activeX/activeX1.xml', 'UNSUPPORTED_MEDIA_TYPE', 'macros'],
  ] as const)('an entry named %s', async (name, code, words) => {
    await refuses(more({ name, data: 'x' }), code, words)
  })

  test.each([
    ['encrypted', { encrypted: true }, 'encrypted'],
    ['packed in an unknown way', { method: 12 }, 'unknown way'],
    ['a symbolic link', { attributes: 0xa1ff0000 }, 'no workbook'],
  ])('an entry that is %s', async (_what, extra, words) => {
    await refuses(more({ name: SHEET, data: 'x', ...extra }), 'INVALID_ARGUMENT', words)
  })

  test.each([
    ['application/vnd.ms-excel.sheet.macroEnabled.main+xml', 'macros'],
    ['application/vnd.ms-excel.sheet.binary.macroEnabled.main', 'macros'],
    ['application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml', 'another kind'],
  ])('a workbook of type %s', async (type, words) => {
    await refuses(makeXlsx({ types: types(type) }), 'UNSUPPORTED_MEDIA_TYPE', words)
  })

  test('another zip', async () => {
    await refuses(makeZip([{ name: 'a.txt', data: 'x' }]), 'UNSUPPORTED_MEDIA_TYPE', 'another zip')
  })

  test.each([
    ['a document type', '<!DOCTYPE x><worksheet/>', 'document type'],
    [
      'an entity that reads a file',
      '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><worksheet><sheetData><row><c t="str"><v>&e;</v></c></row></sheetData></worksheet>',
      'document type',
    ],
    [
      'entities that multiply',
      `<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "${'&a;'.repeat(100)}">]><worksheet>&b;</worksheet>`,
      'document type',
    ],
    ['an endless document type', `<!DOCTYPE x [${'<!ENTITY a "a">'.repeat(20_000)}`, 'not read'],
    ['an entity of HTML', wrapSheet('<row><c t="str"><v>&nbsp;</v></c></row>'), 'not read'],
    ['nesting without end', '<a>'.repeat(100_000), 'nested'],
    ['a broken end', wrapSheet('<row>'), 'not read'],
    ['UTF-16', Buffer.from(`\ufeff${wrapSheet(ROW)}`, 'utf16le'), 'UTF-8'],
  ])('XML with %s', async (_what, data, words) => {
    await refuses(more({ name: SHEET, data }), 'INVALID_ARGUMENT', words)
  })

  test.each([
    ['rows out of order', '<row r="2"/><row r="1"/>', 'out of order'],
    ['a row past the last', '<row r="1048577"/>', 'out of order'],
    ['a row that is no number', '<row r="x"/>', 'out of order'],
    ['cells out of order', '<row><c r="B1"/><c r="A1"/></row>', 'out of order'],
    ['a text that is not there', '<row><c t="s"><v>0</v></c></row>', 'not there'],
    ['a number that is none', '<row><c><v>1e999</v></c></row>', 'is none'],
    ['an unknown type', '<row><c t="zz"><v>1</v></c></row>', 'unknown type'],
  ])('a sheet with %s', async (_what, sheet, words) => {
    await refuses(makeXlsx({ sheet }), 'INVALID_ARGUMENT', words)
  })

  test.each([
    ['201 columns', '<row><c r="GS1"><v>1</v></c></row>', '200 columns'],
    ['100,002 rows', '<row><c><v>1</v></c></row>'.repeat(100_002), '100000 rows'],
    ['a very long cell', `<row><c t="str"><v>${'x'.repeat(10_001)}</v></c></row>`, '10000 characters'],
  ])('a sheet with %s', async (_what, sheet, words) => {
    // Noise in a comment keeps the sheet from looking like a bomb.
    const noise = Array.from({ length: 30_000 }, (_, i) => ((i * 48271) % 2147483647).toString(36)).join('')
    const comments = Array.from(
      { length: 4 },
      (_, i) => `<!--${noise.slice(i * 30_000, (i + 1) * 30_000)}-->`,
    ).join('')
    await refuses(makeXlsx({ sheet: comments + sheet }), 'PAYLOAD_TOO_LARGE', words)
  })

  test('a workbook whose sheet lies outside the file', async () => {
    const relations =
      '<Relationships><Relationship Id="rId1" Type="x/worksheet" Target="http://127.0.0.1/sheet.xml" TargetMode="External"/></Relationships>'
    await refuses(makeXlsx({ relations }), 'INVALID_ARGUMENT', 'no sheet of cells')
    const up = relations
      .replace('http://127.0.0.1/sheet.xml', '../../../../etc/passwd')
      .replace(' TargetMode="External"', '')
    await refuses(makeXlsx({ relations: up }), 'INVALID_ARGUMENT', 'no etc/passwd')
  })
})

test('properties: any table of texts and numbers comes back', async () => {
  const unit = fc.constantFrom('a', '=', '&', '<', '"', 'ü', '\n', ' ', '_x000D', ']]>', '😀')
  const cell = fc.oneof(
    fc.string({ unit, minLength: 1 }),
    fc.integer(),
    fc.double({ noNaN: true, min: -1e9, max: 1e9 }),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(cell, { minLength: 1, maxLength: 6 }), { maxLength: 6 }),
      async (table) => {
        const { rows } = await read({ sheet: writeRows(table) })
        const expected = table
          .map((cells, index) => ({
            line: index + 1,
            cells: cells.map((each) => (typeof each === 'number' ? Number(each.toPrecision(15)) : each)),
          }))
          .filter(({ cells }) => cells.some((each) => typeof each === 'number' || each.trim() !== ''))
        expect(
          rows.map(({ line, cells }) => ({ line, cells: cells.map((each) => (each === 0 ? 0 : each)) })),
        ).toEqual(
          expected.map(({ line, cells }) => ({ line, cells: cells.map((each) => (each === 0 ? 0 : each)) })),
        )
      },
    ),
  )
})

test('properties: a workbook with any one byte changed is read or refused by one of our errors', async () => {
  const bytes = makeXlsx({
    sheet: writeRows([
      ['Task', 'Minutes'],
      ['Call', 5],
    ]),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: bytes.length - 1 }),
      fc.integer({ min: 1, max: 255 }),
      async (at, flip) => {
        const broken = Buffer.from(bytes)
        broken[at] = (broken[at] ?? 0) ^ flip
        const result = await readXlsx(broken).catch((error: unknown) => error)
        expect(result instanceof Error && !(result instanceof RopewalkError), String(result)).toBe(false)
      },
    ),
    { numRuns: 500 },
  )
})

test('properties: a workbook cut short is refused by one of our errors', async () => {
  const bytes = makeXlsx({ sheet: ROW })
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: bytes.length - 1 }), async (length) => {
      const result = await readXlsx(bytes.subarray(0, length)).catch((error: unknown) => error)
      expect(result).toBeInstanceOf(RopewalkError)
    }),
  )
})
