import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { canonicalText, sha256 } from '../../src/canonical.ts'
import { makeEnvelope, PREDICATE_TYPE, STATEMENT_TYPE, type Statement } from '../../src/dossier/envelope.ts'
import { ENVELOPE_FILE, INDEX_FILE, LEDGER_FILE, PUBLIC_KEY_FILE } from '../../src/dossier/index-file.ts'
import { parseBase64 } from '../../src/dossier/keys.ts'
import { verifyDossier, type DossierFolder } from '../../src/dossier/verify.ts'
import { GENESIS, LedgerEntry } from '../../src/ledger/entry.ts'
import { sealEntry } from '../ledger/seal-entry.ts'

const keys = generateKeyPairSync('ed25519')
const others = generateKeyPairSync('ed25519')
const STREAM = '01a1f86e-54a8-7a26-8f1f-e4f6ef027060'

type Files = Readonly<Record<string, Buffer>>

const makeLedger = () => {
  const bodies: string[] = []
  let prev = GENESIS
  for (let seq = 1; seq <= 3; seq += 1) {
    const row = sealEntry(
      LedgerEntry.parse({
        stream: STREAM,
        seq,
        prev,
        at: '2026-01-01T00:00:00.000Z',
        workspaceId: 'default',
        by: { kind: 'engine', id: 'test' },
        events: [{ type: 'run.started', v: 1, data: {} }],
      }),
    )
    bodies.push(row.body)
    prev = row.hash
  }
  return { text: Buffer.from(`${bodies.join('\n')}\n`), head: { stream: STREAM, seq: 3, hash: prev } }
}

/** A whole dossier in memory; `signWith` signs it, the public key inside is always that of `keys`. */
const makeDossier = (more: Files = {}, signWith = keys): Files => {
  const ledger = makeLedger()
  const listed: Files = {
    'dossier.json': Buffer.from('{"run":1}'),
    'artifacts/prd/PRD-v1.json': Buffer.from('{"title":"a"}'),
    [LEDGER_FILE]: ledger.text,
    [PUBLIC_KEY_FILE]: Buffer.from(keys.publicKey.export({ type: 'spki', format: 'pem' })),
    ...more,
  }
  const index = Buffer.from(
    canonicalText({
      version: 1,
      files: Object.entries(listed).map(([path, bytes]) => ({
        path,
        sha256: sha256(bytes),
        bytes: bytes.length,
        mediaType: 'application/octet-stream',
        about: 'a file',
      })),
    }),
  )
  const statement: Statement = {
    _type: STATEMENT_TYPE,
    subject: [{ name: INDEX_FILE, digest: { sha256: sha256(index) } }],
    predicateType: PREDICATE_TYPE,
    predicate: {
      runId: STREAM,
      title: 'a',
      verdict: 'verified',
      simulated: true,
      finishedAt: '2026-01-01T00:00:00.000Z',
      ledger: ledger.head,
    },
  }
  return {
    ...listed,
    [INDEX_FILE]: index,
    [ENVELOPE_FILE]: Buffer.from(makeEnvelope(statement, signWith.privateKey)),
  }
}

const openFolder = (files: Files): DossierFolder => ({
  entries: Object.keys(files).map((path) => ({ path, kind: 'file' as const })),
  read: (path) => files[path] ?? Buffer.alloc(0),
})

const verify = (files: Files, trusted = [keys.publicKey]) => verifyDossier(openFolder(files), trusted)

const flip = (bytes: Buffer, index: number, bit: number): Buffer => {
  const copy = Buffer.from(bytes)
  copy[index] = (copy[index] ?? 0) ^ (1 << bit)
  return copy
}

const whole = makeDossier()

test('a whole dossier is authentic to those who trust its key, and self-consistent to others', () => {
  expect(verify(whole)).toMatchObject({ standing: 'authentic', faults: [], files: 4 })
  expect(verify(whole, [others.publicKey])).toMatchObject({ standing: 'self-consistent', faults: [] })
})

describe('broken, and named, is', () => {
  test.each([INDEX_FILE, ENVELOPE_FILE, 'dossier.json', LEDGER_FILE, 'artifacts/prd/PRD-v1.json'])(
    '%s with any one byte flipped',
    (path) => {
      const bytes = whole[path] ?? Buffer.alloc(0)
      for (let index = 0; index < bytes.length; index += 1) {
        const report = verify({ ...whole, [path]: flip(bytes, index, index % 8) })
        expect([index, report.standing, report.faults[0]?.path]).toEqual([index, 'broken', path])
      }
    },
  )

  test('the public key with any one byte of its body flipped', () => {
    const bytes = whole[PUBLIC_KEY_FILE] ?? Buffer.alloc(0)
    for (let index = 0; index < bytes.length; index += 1) {
      const report = verify({ ...whole, [PUBLIC_KEY_FILE]: flip(bytes, index, 0) })
      expect([index, report.standing]).toEqual([index, 'broken'])
    }
  })

  test('a file that was added', () => {
    const report = verify({ ...whole, 'artifacts/extra.txt': Buffer.from('x') })
    expect(report).toMatchObject({ standing: 'broken', faults: [{ path: 'artifacts/extra.txt' }] })
  })

  test('a file that was removed', () => {
    const { 'dossier.json': _, ...rest } = whole
    expect(verify(rest)).toMatchObject({ standing: 'broken', faults: [{ path: 'dossier.json' }] })
  })

  test.each(['empty-folder', 'other'] as const)('an entry that is no file (%s)', (kind) => {
    const folder = openFolder(whole)
    const entries = [...folder.entries, { path: 'artifacts/odd', kind }]
    const report = verifyDossier({ ...folder, entries }, [keys.publicKey])
    expect(report).toMatchObject({ standing: 'broken', faults: [{ path: 'artifacts/odd' }] })
  })

  test('two files changed, both of them', () => {
    const report = verify({
      ...whole,
      'dossier.json': Buffer.from('{"run":2}'),
      [LEDGER_FILE]: Buffer.from(''),
    })
    expect(report.faults.map(({ path }) => path)).toEqual(['dossier.json', LEDGER_FILE])
  })

  test('an index made anew over a changed file', () => {
    const changed = makeDossier({ 'dossier.json': Buffer.from('{"run":2}') })
    const report = verify({ ...changed, [ENVELOPE_FILE]: whole[ENVELOPE_FILE] ?? Buffer.alloc(0) })
    expect(report).toMatchObject({ standing: 'broken', faults: [{ path: INDEX_FILE }] })
  })

  test('one that somebody else signed under our key', () => {
    expect(verify(makeDossier({}, others))).toMatchObject({
      standing: 'broken',
      faults: [{ path: ENVELOPE_FILE }],
    })
  })

  test('a ledger that does not hold together, though index and signature fit', () => {
    const lines = makeLedger().text.toString('utf8').split('\n')
    const swapped = Buffer.from([lines[1], lines[0], lines[2], ''].join('\n'))
    expect(verify(makeDossier({ [LEDGER_FILE]: swapped }))).toMatchObject({
      standing: 'broken',
      faults: [{ path: LEDGER_FILE }],
    })
  })

  test('a ledger whose tail was cut, though index and signature fit', () => {
    const lines = makeLedger().text.toString('utf8').split('\n')
    const cut = Buffer.from([lines[0], lines[1], ''].join('\n'))
    expect(verify(makeDossier({ [LEDGER_FILE]: cut }))).toMatchObject({ faults: [{ path: LEDGER_FILE }] })
  })
})

describe('base64', () => {
  test('is read in its one spelling', () => {
    expect(parseBase64('aGk=')?.toString()).toBe('hi')
  })

  test.each(['aGk', 'aGl=', 'aGk=\n', ' aGk=', 'aGk==', 'aGk=aGk=', '_-8=', 'a*Gk='])(
    'in any other spelling is refused: %j',
    (text) => {
      expect(parseBase64(text)).toBeUndefined()
    },
  )

  test('of an envelope in another spelling is a fault, though it means the same bytes', () => {
    const envelope = JSON.parse(String(whole[ENVELOPE_FILE])) as { signatures: [{ sig: string }] }
    const [signature] = envelope.signatures
    const loose = { ...envelope, signatures: [{ ...signature, sig: signature.sig.replace(/=+$/u, '') }] }
    const report = verify({ ...whole, [ENVELOPE_FILE]: Buffer.from(canonicalText(loose)) })
    expect(report.faults).toEqual([{ path: ENVELOPE_FILE, what: 'holds base64 that is not strict' }])
  })
})
