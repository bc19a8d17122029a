import { z } from 'zod'
import { canonicalText, sha256 } from '../canonical.ts'
import { EventId, WorkspaceId } from '../ids.ts'
import { Count, Digest, Instant, text } from '../text.ts'

/** What the first entry of a stream names as its predecessor. */
export const GENESIS = '0'.repeat(64)

/** The most bytes of one entry, as UTF-8; larger things are blobs that the entry names by digest. */
export const MAX_ENTRY_BYTES = 8192

/** What happened, in the form of version `v` of its contract. */
export const EntryEvent = z.strictObject({
  type: text(120, 1),
  v: z.int().min(1),
  data: z.record(z.string(), z.json()),
})
export type EntryEvent = z.infer<typeof EntryEvent>

/**
 * One entry of a stream's chain: what one command brought about, in order. A command with more events than
 * fit goes into several. `body` (the RFC 8785 form of everything but `hash`) is what is kept and hashed;
 * `prev` is the hash of the entry before it, so an edit breaks every later link.
 */
export const LedgerEntry = z.strictObject({
  stream: text(120, 1),
  seq: z.int().min(1),
  prev: Digest,
  at: Instant,
  workspaceId: WorkspaceId,
  by: z.strictObject({ kind: z.enum(['person', 'agent', 'policy', 'engine']), id: text(120, 1) }),
  /** What the entry belongs to; absent where that is the stream itself. */
  correlationId: text(120, 1).optional(),
  /** What brought it about; absent where that was a caller. */
  causationId: text(120, 1).optional(),
  events: z.array(EntryEvent).min(1),
})
export type LedgerEntry = z.infer<typeof LedgerEntry>

/** The id of an entry's n-th event, counted from 0: the first bits of the entry's hash, and n, as a UUID (version 8). */
export const getEventId = (hash: string, index: number): EventId =>
  EventId.parse(
    `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(12, 15)}-a${hash.slice(15, 18)}-${hash.slice(18, 27)}${index.toString(16).padStart(3, '0')}`,
  )

/** A ledger row as the store keeps it: `body` as text, `hash` = SHA-256 of its UTF-8. */
export type LedgerRow = {
  readonly stream: string
  readonly seq: number
  readonly body: string
  readonly hash: string
}

/** The types of an entry's events, in order, as the column beside the body has them. */
export const getTypes = (events: readonly { readonly type: string }[]): string =>
  events.map(({ type }) => type).join(' ')

/** Everything of an entry but its place in the chain and its events. */
export type EntryHeader = Pick<
  LedgerEntry,
  'stream' | 'at' | 'workspaceId' | 'by' | 'correlationId' | 'causationId'
>

/** Where a stream stands: the number and the hash of its newest entry. */
export type ChainHead = { readonly seq: number; readonly hash: string }

export type SealedEntry = LedgerRow & { readonly events: readonly EntryEvent[] }

/** Events, each with its canonical text, in as few groups as have at most `maxBytes` of text. Order is kept. */
const pack = (events: readonly EntryEvent[], maxBytes: number) => {
  const groups: { readonly events: EntryEvent[]; readonly texts: string[]; bytes: number }[] = []
  for (const event of events) {
    const text = canonicalText(event)
    const bytes = Buffer.byteLength(text) + 1
    const last = groups.at(-1)
    if (last === undefined || last.bytes + bytes > maxBytes)
      groups.push({ events: [event], texts: [text], bytes })
    else {
      last.events.push(event)
      last.texts.push(text)
      last.bytes += bytes
    }
  }
  return groups
}

/** What a body has besides its events' texts, at most: two hashes' worth of numbers and names of members. */
const FRAME_BYTES = 160

/**
 * The entries of one command's events after `head`, each in its stored form. Every body is the RFC 8785 form
 * of its `LedgerEntry`, put together from the forms of its parts. An event too large for an entry makes one
 * of more than MAX_ENTRY_BYTES, which the caller refuses.
 */
export const sealEntries = (
  { at, by, causationId, correlationId, stream, workspaceId }: EntryHeader,
  events: readonly EntryEvent[],
  head: ChainHead,
): SealedEntry[] => {
  const before = canonicalText({ at, by, causationId, correlationId }).slice(0, -1)
  const after = canonicalText({ stream, workspaceId }).slice(1)
  const room = MAX_ENTRY_BYTES - FRAME_BYTES - Buffer.byteLength(before) - Buffer.byteLength(after)
  let { seq, hash } = head
  return pack(events, room).map((group) => {
    seq += 1
    const body = `${before},"events":[${group.texts.join(',')}],"prev":"${hash}","seq":${seq},${after}`
    hash = sha256(body)
    return { stream, seq, body, hash, events: group.events }
  })
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
