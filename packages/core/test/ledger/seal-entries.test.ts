import fc from 'fast-check'
import { expect, test } from 'vitest'
import { WorkspaceId } from '../../src/ids.ts'
import {
  type EntryEvent,
  GENESIS,
  getEventId,
  getTypes,
  LedgerEntry,
  MAX_ENTRY_BYTES,
  sealEntries,
} from '../../src/ledger/entry.ts'
import { makeChainVerifier } from '../../src/ledger/verify.ts'
import { sealEntry } from './seal-entry.ts'

const header = {
  stream: '01a1f86e-54a8-7a26-8f1f-e4f6ef027060',
  at: '2026-01-01T00:00:00.000Z',
  workspaceId: WorkspaceId.parse('default'),
  by: { kind: 'engine', id: 'test' },
} as const

const string = (maxLength: number) =>
  fc.string({ unit: 'binary', minLength: 1, maxLength }).filter((value) => !value.includes('\u0000'))

const events = fc.array(
  fc.record(
    {
      type: string(30),
      v: fc.integer({ min: 1, max: 9 }),
      // No contract of an event lets such a key through, and parsers drop it.
      data: fc.dictionary(
        string(10).filter((key) => key !== '__proto__'),
        fc.oneof(string(900), fc.integer(), fc.constant(null)),
        {
          noNullPrototype: true,
        },
      ),
    },
    { noNullPrototype: true },
  ),
  { minLength: 1, maxLength: 12 },
)

const names = fc.option(string(120), { nil: undefined })

test('every body is the canonical form of its entry, no event is lost, and the chain verifies', () => {
  fc.assert(
    fc.property(events, names, names, (all, correlationId, causationId) => {
      const sealed = sealEntries({ ...header, correlationId, causationId }, all as EntryEvent[], {
        seq: 0,
        hash: GENESIS,
      })
      const verifier = makeChainVerifier(header.stream)
      for (const row of sealed) {
        const entry = LedgerEntry.parse(JSON.parse(row.body))
        expect(sealEntry(entry)).toEqual({ stream: row.stream, seq: row.seq, body: row.body, hash: row.hash })
        const { at, workspaceId } = header
        expect(verifier.add({ ...row, types: getTypes(entry.events), at, workspaceId })).toBeUndefined()
        if (row.events.length > 1) expect(Buffer.byteLength(row.body)).toBeLessThanOrEqual(MAX_ENTRY_BYTES)
      }
      expect(sealed.flatMap((row) => row.events)).toEqual(all)
    }),
  )
})

test('few small events share an entry, and each has an id of its own', () => {
  const small = Array.from({ length: 5 }, (_, n) => ({ type: 'run.started', v: 1, data: { n } }))
  const [entry, ...more] = sealEntries(header, small, { seq: 7, hash: 'a'.repeat(64) })
  expect(more).toEqual([])
  expect(entry?.seq).toBe(8)
  const ids = small.map((_, index) => getEventId(entry?.hash ?? '', index))
  expect(new Set(ids).size).toBe(5)
})

test('an event too large for any entry stands alone, for the caller to refuse', () => {
  const large = { type: 'run.started', v: 1, data: { text: 'x'.repeat(9000) } }
  const sealed = sealEntries(header, [large, { ...large, data: {} }], { seq: 0, hash: GENESIS })
  expect(sealed.map(({ events: own }) => own.length)).toEqual([1, 1])
  expect(Buffer.byteLength(sealed[0]?.body ?? '')).toBeGreaterThan(MAX_ENTRY_BYTES)
})
