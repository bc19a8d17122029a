import { RopewalkError } from '@ropewalk/core/errors'
import type { Stamp } from '@ropewalk/core/decision'
import { getTypes, MAX_ENTRY_BYTES, sealEntries } from '@ropewalk/core/ledger/entry'
import type { EntryEvent } from '@ropewalk/core/ledger/entry'
import type { EventContract, LedgerEvent } from './aggregate.ts'
import type { SubmitOptions } from './contract.ts'
import type { InHand } from './lane.ts'

/** A ledger row on its way; its position is given by the last statement of the batch. */
export type SealedRow = {
  readonly streamId: string
  readonly seq: number
  readonly workspaceId: string
  /** How many events the entry holds. */
  readonly events: number
  readonly types: string
  readonly at: string
  readonly body: string
  readonly hash: string
}

export type Chain = { readonly version: number; readonly headHash: string }

/**
 * The rows of a command's events, chained to the head of their aggregate, and the head after them. Pure.
 * Throws INVARIANT_BROKEN for an event that breaks its contract, PAYLOAD_TOO_LARGE for one over 8 KB.
 */
export const sealEvents = (
  hand: Pick<InHand, 'id' | 'workspaceId' | 'version' | 'headHash' | 'contract'>,
  events: readonly LedgerEvent[],
  stamp: Stamp,
  options: SubmitOptions,
): { readonly rows: readonly SealedRow[]; readonly head: Chain } => {
  const { id, workspaceId, version, headHash } = hand
  if (events.length === 0) return { rows: [], head: { version, headHash } }
  for (const event of events) checkEvent(hand.contract, event)
  const { at, by } = stamp
  const { correlationId, causationId } = options
  const header = { stream: id, at, workspaceId, by, correlationId, causationId }
  const sealed = sealEntries(header, events as readonly EntryEvent[], { seq: version, hash: headHash })
  const rows = sealed.map(({ seq, body, hash, events: own }): SealedRow => {
    checkSize(body, own)
    const types = getTypes(own)
    return { streamId: id, seq, workspaceId, events: own.length, types, at, body, hash }
  })
  const last = sealed.at(-1)
  return {
    rows,
    head: last === undefined ? { version, headHash } : { version: last.seq, headHash: last.hash },
  }
}

const checkSize = (body: string, events: readonly EntryEvent[]): void => {
  // A UTF-16 unit takes three bytes at most, so short texts need no count.
  if (body.length * 3 <= MAX_ENTRY_BYTES || Buffer.byteLength(body) <= MAX_ENTRY_BYTES) return
  const type = getTypes(events)
  throw new RopewalkError(
    'PAYLOAD_TOO_LARGE',
    `Expected ${type} to take at most ${MAX_ENTRY_BYTES} bytes in the ledger, got ${Buffer.byteLength(body)}.`,
    { details: { type } },
  )
}

const checkEvent = (contract: EventContract, event: LedgerEvent): void => {
  const checked = contract.safeParse(event)
  if (checked.success) return
  throw new RopewalkError(
    'INVARIANT_BROKEN',
    `The event ${event.type} breaks its contract; nothing was written.`,
    {
      cause: checked.error,
      details: { type: event.type, issues: checked.error.issues.slice(0, 5) },
    },
  )
}
