import { describe, expect, test } from 'vitest'
import { canonicalText, sha256 } from '../../src/canonical.ts'
import { GENESIS, getTypes, LedgerEntry, type SignedHead } from '../../src/ledger/entry.ts'
import { makeChainVerifier, type KeptRow } from '../../src/ledger/verify.ts'
import { sealEntry } from './seal-entry.ts'

const STREAM = '01a1f86e-54a8-7a26-8f1f-e4f6ef027060'

const settled = (micros: number): LedgerEntry['events'] => [
  { type: 'budget.settled', v: 1, data: { micros } },
]

const makeEntry = (seq: number, prev: string, more: Partial<LedgerEntry> = {}): LedgerEntry =>
  LedgerEntry.parse({
    stream: STREAM,
    seq,
    prev,
    at: `2026-01-01T00:00:${String(seq).padStart(2, '0')}.000Z`,
    workspaceId: 'default',
    by: { kind: 'engine', id: 'test' },
    events: settled(seq),
    ...more,
  })

const keep = (entry: LedgerEntry): KeptRow => ({
  ...sealEntry(entry),
  types: getTypes(entry.events),
  at: entry.at,
  workspaceId: entry.workspaceId,
})

/** A chain of five sound rows, `change` applied to an entry before it is sealed and the rest linked to it. */
const makeChain = (change: Readonly<Record<number, Partial<LedgerEntry>>> = {}): KeptRow[] => {
  const rows: KeptRow[] = []
  for (let seq = 1; seq <= 5; seq += 1)
    rows.push(keep(makeEntry(seq, rows.at(-1)?.hash ?? GENESIS, change[seq])))
  return rows
}

const at = (rows: readonly KeptRow[], seq: number): KeptRow => {
  const row = rows[seq - 1]
  if (row === undefined) throw new Error(`no row ${seq}`)
  return row
}

const replace = (seq: number, row: KeptRow): KeptRow[] => makeChain().with(seq - 1, row)

const sound = makeChain()
const soundHead = { seq: 5, hash: at(sound, 5).hash }

const verify = (rows: readonly KeptRow[], heads: readonly SignedHead[] = [], head = soundHead) => {
  const verifier = makeChainVerifier(STREAM)
  for (const row of rows) {
    const fault = verifier.add(row)
    if (fault) return fault
  }
  return verifier.end({ heads, head })
}

const signed = (seq: number, hash: string): SignedHead => ({
  stream: STREAM,
  seq,
  hash,
  at: '2026-01-01T00:00:09.000Z',
  keyId: 'k',
  signature: 's',
})

test('a sound chain has no fault', () => {
  expect(verify(sound, [signed(3, at(sound, 3).hash)])).toBeUndefined()
})

describe('found, with the first bad entry, is', () => {
  const edited = at(sound, 3).body.replace('"micros":3', '"micros":9')
  const resealed = keep(makeEntry(3, at(sound, 2).hash, { events: settled(9) }))
  test.each<[string, readonly KeptRow[], number, RegExp]>([
    ['an edit of the body', replace(3, { ...at(sound, 3), body: edited }), 3, /do not give its hash/u],
    ['an edit with its hash made anew', replace(3, resealed), 4, /does not follow/u],
    [
      'an edit of the last with its hash made anew',
      replace(5, keep(makeEntry(5, at(sound, 4).hash, { events: settled(0) }))),
      5,
      /newest entry/u,
    ],
    [
      'an edit of a column',
      replace(2, { ...at(sound, 2), types: 'budget.reserved' }),
      2,
      /columns and its body/u,
    ],
    ['an edit of the time', replace(2, { ...at(sound, 2), at: '2026-01-01T00:00:00.000Z' }), 2, /columns/u],
    ['a move to another workspace', replace(2, { ...at(sound, 2), workspaceId: 'other' }), 2, /columns/u],
    ['a deletion', sound.toSpliced(2, 1), 3, /is missing/u],
    ['a deletion of the first', sound.slice(1), 1, /is missing/u],
    ['a cut tail', sound.slice(0, 4), 5, /is missing/u],
    ['all of it gone', [], 1, /is missing/u],
    ['a swap', [at(sound, 1), at(sound, 3), at(sound, 2), at(sound, 4), at(sound, 5)], 2, /is missing/u],
    [
      'a swap under swapped numbers',
      sound.with(1, { ...at(sound, 3), seq: 2 }).with(2, { ...at(sound, 2), seq: 3 }),
      2,
      /another place/u,
    ],
    ['an insertion', [...sound, keep(makeEntry(6, at(sound, 5).hash))], 6, /newest entry/u],
    ['one entry twice', sound.toSpliced(2, 0, at(sound, 2)), 3, /twice/u],
    [
      'an entry of another stream',
      replace(2, keep(makeEntry(2, at(sound, 1).hash, { stream: 'x' }))),
      2,
      /another stream/u,
    ],
  ])('%s', (_what, rows, seq, what) => {
    expect(verify(rows)).toMatchObject({ seq, what: expect.stringMatching(what) as string })
  })

  test('a body that is not in canonical form, under its own hash', () => {
    const body = JSON.stringify(JSON.parse(at(sound, 2).body), null, 1)
    const rows = replace(2, { ...at(sound, 2), body, hash: sha256(body) })
    expect(verify(rows)).toMatchObject({ seq: 2, what: expect.stringMatching(/canonical/u) as string })
  })

  test('a body with a field that no contract knows', () => {
    const body = canonicalText({ ...(JSON.parse(at(sound, 2).body) as object), more: 1 })
    expect(verify(replace(2, { ...at(sound, 2), body, hash: sha256(body) }))).toMatchObject({ seq: 2 })
  })

  test('a chain rewritten from some entry on, by what was signed before', () => {
    const rewritten = makeChain({ 2: { events: settled(99) } })
    const head = { seq: 5, hash: at(rewritten, 5).hash }
    expect(verify(rewritten, [], head)).toBeUndefined()
    const heads = [signed(4, at(sound, 4).hash), signed(2, at(sound, 2).hash)]
    expect(verify(rewritten, heads, head)).toMatchObject({
      seq: 2,
      what: expect.stringMatching(/rewritten/u) as string,
    })
  })

  test('a tail cut together with the run’s own memory of it', () => {
    const rows = sound.slice(0, 3)
    const fault = verify(rows, [signed(5, at(sound, 5).hash)], { seq: 3, hash: at(sound, 3).hash })
    expect(fault).toMatchObject({ seq: 4, what: expect.stringMatching(/signed head remembers 5/u) as string })
  })
})
