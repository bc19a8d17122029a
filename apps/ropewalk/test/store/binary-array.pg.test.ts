import { afterAll, beforeAll, expect, test } from 'vitest'
import { encodeArray, type ArrayType } from '../../src/store/binary-array.ts'
import { makeLog } from '../../src/log.ts'
import { openStore, type Store } from '../../src/store/open.ts'
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts'

let database: TestDatabase
let store: Store
beforeAll(async () => {
  database = await createTestDatabase()
  store = await openStore({
    urls: { writer: database.urlFor('ropewalk_writer'), reader: database.urlFor('ropewalk_reader') },
    log: makeLog({ level: 'silent' }),
  })
})
afterAll(async () => {
  await store.close()
  await database.drop()
})

const CASES: readonly (readonly [ArrayType, readonly unknown[]])[] = [
  ['text', ['', 'a', 'it\'s \\ {"x"},', 'ümläut 漢字 🚢', 'x'.repeat(3_000_000), null]],
  ['json', [{ a: [1, 'ü', null] }, [], 'text', 0, false, null]],
  ['uuid', ['01a1f86c-dd64-72e4-8744-4a3f14f68175', '00000000-0000-0000-0000-000000000000', null]],
  [
    'bigint',
    [
      0,
      -1,
      1,
      4_294_967_295,
      4_294_967_296,
      -4_294_967_297,
      Number.MAX_SAFE_INTEGER,
      Number.MIN_SAFE_INTEGER,
      null,
    ],
  ],
  ['integer', [0, -1, 2_147_483_647, -2_147_483_648, null]],
  ['boolean', [true, false, null]],
  ['double precision', [0, -0.5, 1e-300, 0.1, null]],
  [
    'timestamp(3) with time zone',
    ['2026-01-31T12:00:00.123Z', '1999-12-31T23:59:59.999Z', '1969-07-20T20:17:40.000Z', null],
  ],
]

test.each(CASES)('values of type %s arrive as they were', async (type, values) => {
  const { rows } = await store.reader.query<{ value: unknown }>(
    `SELECT value FROM unnest($1::${type}[]) WITH ORDINALITY AS u(value, n) ORDER BY n`,
    [encodeArray(type, values)],
  )
  expect(rows.map((row) => row.value)).toEqual(values)
})

test('no values are an empty array', async () => {
  const { rows } = await store.reader.query('SELECT cardinality($1::text[]) AS n', [encodeArray('text', [])])
  expect(rows).toEqual([{ n: 0 }])
})
