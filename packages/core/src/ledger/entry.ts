import { z } from 'zod'
import { canonicalText, sha256 } from '../canonical.ts'
import { EventId, WorkspaceId } from '../ids.ts'
import { Count, Digest, Instant, text } from '../text.ts'

/** What the first entry of a stream names as its predecessor. */
export const GENESIS = '0'.repeat(64)

/** The most bytes of one entry, as UTF-8; larger things are blobs that the entry names by digest. */
export const MAX_ENTRY_BYTES = 8192

/**
 * One entry of a stream's chain. `body` (the RFC 8785 form of everything but `hash`) is what is kept
 * and hashed; `prev` is the hash of the entry before it, so an edit breaks every later link.
 */
export const LedgerEntry = z.strictObject({
  stream: text(120, 1),
  seq: z.int().min(1),
  prev: Digest,
  type: text(120, 1),
  v: z.int().min(1),
  at: Instant,
  workspaceId: WorkspaceId,
  by: z.strictObject({ kind: z.enum(['person', 'agent', 'policy', 'engine']), id: text(120, 1) }),
  /** What the entry belongs to; absent where that is the stream itself. */
  correlationId: text(120, 1).optional(),
  /** What brought it about; absent where that was a caller. */
  causationId: text(120, 1).optional(),
  data: z.record(z.string(), z.json()),
})
export type LedgerEntry = z.infer<typeof LedgerEntry>

/** The id of an entry: the first bits of its hash in the form of a UUID (version 8). */
export const getEntryId = (hash: string): EventId =>
  EventId.parse(
    `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(12, 15)}-a${hash.slice(15, 18)}-${hash.slice(18, 30)}`,
  )

/** A ledger row as the store keeps it: `body` as text, `hash` = SHA-256 of its UTF-8. */
export type LedgerRow = {
  readonly stream: string
  readonly seq: number
  readonly body: string
  readonly hash: string
}

/** The stored form of an entry. */
export const sealEntry = (entry: LedgerEntry): LedgerRow => {
  const body = canonicalText(entry)
  return { stream: entry.stream, seq: entry.seq, body, hash: sha256(body) }
}

/** A signed statement that a stream stood at `seq` with `hash`; kept outside the database. */
export const SignedHead = z.strictObject({
  stream: text(120, 1),
  seq: Count,
  hash: Digest,
  at: Instant,
  keyId: text(120, 1),
  signature: text(200, 1),
})
export type SignedHead = z.infer<typeof SignedHead>
