import { canonicalText, sha256 } from '../../src/canonical.ts'
import type { LedgerEntry, LedgerRow } from '../../src/ledger/entry.ts'

/** The stored form of one entry as the contract defines it, for forgeries and for comparison. */
export const sealEntry = (entry: LedgerEntry): LedgerRow => {
  const body = canonicalText(entry)
  return { stream: entry.stream, seq: entry.seq, body, hash: sha256(body) }
}
