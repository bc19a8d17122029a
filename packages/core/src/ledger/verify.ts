import { canonicalText, sha256 } from '../canonical.ts'
import { GENESIS, getTypes, LedgerEntry, type LedgerRow, type SignedHead } from './entry.ts'

/** A row with the columns that repeat what its body says; an edit of either must show. */
export type KeptRow = LedgerRow & {
  readonly types: string
  readonly at: string
  readonly workspaceId: string
}

/** The first thing wrong with a stream. `seq` is the entry at fault, or the first one missing. */
export type ChainFault = { readonly stream: string; readonly seq: number; readonly what: string }

export type ChainVerifier = {
  /** Rows in order of `seq`. Gives the first fault, after which the verifier must not be fed. */
  readonly add: (row: KeptRow) => ChainFault | undefined
  /** After the last row: compares with what the state and the signed heads remember. */
  readonly end: (known: {
    readonly heads: readonly SignedHead[]
    readonly head?: { readonly seq: number; readonly hash: string } | undefined
  }) => ChainFault | undefined
  readonly getCount: () => number
}

const findRowFault = (row: KeptRow, seq: number, prev: string): string | undefined => {
  if (row.seq > seq) return `is missing; the next entry found is ${row.seq}`
  if (row.seq < seq) return 'stands twice or out of order'
  if (sha256(row.body) !== row.hash) return 'was edited: its bytes do not give its hash'
  let value: unknown
  try {
    value = JSON.parse(row.body)
  } catch {
    return 'was edited: its body is not JSON'
  }
  const parsed = LedgerEntry.safeParse(value)
  if (!parsed.success) return 'was edited: its body is not a ledger entry'
  const entry = parsed.data
  if (canonicalText(value) !== row.body) return 'was edited: its body is not in canonical form'
  if (entry.stream !== row.stream || entry.seq !== row.seq) return 'was moved: its body names another place'
  if (entry.prev !== prev) return 'does not follow from the entry before it'
  if (getTypes(entry.events) !== row.types || entry.at !== row.at || entry.workspaceId !== row.workspaceId) {
    return 'was edited: its columns and its body differ'
  }
  return undefined
}

/**
 * Checks one stream entry by entry: bytes against hash, hash against the next entry, columns against body,
 * numbers without a gap. Keeps only the hashes that signed heads may ask for.
 */
export const makeChainVerifier = (stream: string): ChainVerifier => {
  const hashes: string[] = [GENESIS]
  const fault = (seq: number, what: string): ChainFault => ({ stream, seq, what })
  return {
    add: (row) => {
      const seq = hashes.length
      const what =
        row.stream === stream
          ? findRowFault(row, seq, hashes[seq - 1] ?? GENESIS)
          : 'belongs to another stream'
      if (what !== undefined) return fault(seq, what)
      hashes.push(row.hash)
      return undefined
    },
    end: ({ heads, head }) => {
      const last = hashes.length - 1
      for (const signed of heads.toSorted((a, b) => a.seq - b.seq)) {
        if (signed.seq > last)
          return fault(last + 1, `is missing: a signed head remembers ${signed.seq} entries`)
        if (hashes[signed.seq] !== signed.hash)
          return fault(signed.seq, 'differs from its signed head: the chain was rewritten')
      }
      if (head !== undefined && head.seq > last)
        return fault(last + 1, `is missing: the run remembers ${head.seq} entries`)
      if (head !== undefined && (head.seq < last || hashes[head.seq] !== head.hash)) {
        return fault(Math.min(head.seq + 1, last), 'is not what the run remembers as its newest entry')
      }
      return undefined
    },
    getCount: () => hashes.length - 1,
  }
}
