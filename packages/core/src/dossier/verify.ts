import type { KeyObject } from 'node:crypto'
import { sha256 } from '../canonical.ts'
import { hasCode } from '../errors.ts'
import { makeChainVerifier, type KeptRow } from '../ledger/verify.ts'
import { getTypes, LedgerEntry } from '../ledger/entry.ts'
import { openEnvelope, parseCanonical, type Statement } from './envelope.ts'
import { DossierIndex, ENVELOPE_FILE, INDEX_FILE, LEDGER_FILE, PUBLIC_KEY_FILE } from './index-file.ts'
import { getKeyId, parsePublicKey } from './keys.ts'

/** A dossier folder as verification sees it; nothing of it is trusted. Paths use forward slashes. */
export type DossierFolder = {
  readonly entries: readonly { readonly path: string; readonly kind: 'file' | 'empty-folder' | 'other' }[]
  readonly read: (path: string) => Buffer
}

export type DossierFault = { readonly path: string; readonly what: string }

/**
 * `self-consistent`: whole and unchanged since somebody signed it with the key inside.
 * `authentic`: and that key is one the verifier trusts.
 */
export type DossierReport = {
  readonly standing: 'authentic' | 'self-consistent' | 'broken'
  readonly faults: readonly DossierFault[]
  readonly keyId: string | null
  readonly files: number
  readonly statement: Statement | null
}

const checkFiles = (folder: DossierFolder, index: DossierIndex): DossierFault[] => {
  const faults: DossierFault[] = []
  const listed = new Map(index.files.map((file) => [file.path, file]))
  const present = new Set(folder.entries.filter((entry) => entry.kind === 'file').map((entry) => entry.path))
  if (listed.size < index.files.length) faults.push({ path: INDEX_FILE, what: 'lists a path twice' })
  for (const entry of folder.entries) {
    if (entry.kind !== 'file') faults.push({ path: entry.path, what: 'is not a plain file of the dossier' })
    else if (entry.path !== INDEX_FILE && entry.path !== ENVELOPE_FILE && !listed.has(entry.path)) {
      faults.push({ path: entry.path, what: 'was added: the index does not list it' })
    }
  }
  for (const file of index.files) {
    if (!present.has(file.path)) {
      faults.push({ path: file.path, what: 'was removed: the index lists it' })
      continue
    }
    const bytes = folder.read(file.path)
    if (bytes.length !== file.bytes || sha256(bytes) !== file.sha256)
      faults.push({ path: file.path, what: 'was changed' })
  }
  return faults
}

const checkLedger = (folder: DossierFolder, statement: Statement): DossierFault[] => {
  const verifier = makeChainVerifier(statement.predicate.ledger.stream)
  const fault = (what: string): DossierFault[] => [{ path: LEDGER_FILE, what }]
  for (const body of folder.read(LEDGER_FILE).toString('utf8').split('\n').filter(Boolean)) {
    const entry = parseCanonical(body, LedgerEntry)
    if (entry === undefined) return fault(`entry ${verifier.getCount() + 1} is not a ledger entry`)
    const row: KeptRow = {
      stream: entry.stream,
      seq: entry.seq,
      body,
      hash: sha256(body),
      types: getTypes(entry.events),
      at: entry.at,
      workspaceId: entry.workspaceId,
    }
    const found = verifier.add(row)
    if (found) return fault(`entry ${found.seq} ${found.what}`)
  }
  const { seq, hash } = statement.predicate.ledger
  const found = verifier.end({ heads: [], head: { seq, hash } })
  return found ? fault(`entry ${found.seq} ${found.what}`) : []
}

const broken = (path: string, what: string, keyId: string | null = null): DossierReport => ({
  standing: 'broken',
  faults: [{ path, what }],
  keyId,
  files: 0,
  statement: null,
})

/**
 * Verifies a dossier from its bytes alone: envelope, index, every file, the ledger inside. Needs no
 * database and no network. `trusted` holds keys that the verifier knows from elsewhere.
 */
export const verifyDossier = (folder: DossierFolder, trusted: readonly KeyObject[]): DossierReport => {
  const has = (path: string) => folder.entries.some((entry) => entry.path === path && entry.kind === 'file')
  for (const path of [INDEX_FILE, ENVELOPE_FILE, PUBLIC_KEY_FILE])
    if (!has(path)) return broken(path, 'is missing')
  let key: KeyObject
  try {
    key = parsePublicKey(folder.read(PUBLIC_KEY_FILE))
  } catch (error) {
    if (!hasCode(error, 'INVALID_ARGUMENT')) throw error
    return broken(PUBLIC_KEY_FILE, 'is not an Ed25519 public key')
  }
  const opened = openEnvelope(folder.read(ENVELOPE_FILE), key)
  if ('fault' in opened) return broken(ENVELOPE_FILE, opened.fault)
  const indexBytes = folder.read(INDEX_FILE)
  if (sha256(indexBytes) !== opened.statement.subject[0].digest.sha256) {
    return broken(INDEX_FILE, 'was changed: the signed statement names other bytes', opened.keyId)
  }
  const index = parseCanonical(indexBytes.toString('utf8'), DossierIndex)
  if (index === undefined) return broken(INDEX_FILE, 'is not a dossier index in canonical form', opened.keyId)
  const faults = checkFiles(folder, index)
  if (faults.length === 0) faults.push(...checkLedger(folder, opened.statement))
  const isTrusted = trusted.some((candidate) => getKeyId(candidate) === opened.keyId)
  const standing = faults.length > 0 ? 'broken' : isTrusted ? 'authentic' : 'self-consistent'
  return { standing, faults, keyId: opened.keyId, files: index.files.length, statement: opened.statement }
}
