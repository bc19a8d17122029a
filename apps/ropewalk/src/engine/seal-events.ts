import { RopewalkError } from '@ropewalk/core/errors'
import type { Stamp } from '@ropewalk/core/decision'
import { MAX_ENTRY_BYTES, sealEntry } from '@ropewalk/core/ledger/entry'
import type { LedgerEntry } from '@ropewalk/core/ledger/entry'
import { RunEvent } from '@ropewalk/core/run/events'
import type { SubmitOptions } from './contract.ts'
import type { RunInHand } from './run-in-hand.ts'

/** A ledger row on its way; its position is given by the last statement of the batch. */
export type SealedEvent = {
  readonly streamId: string
  readonly seq: number
  readonly workspaceId: string
  readonly type: string
  readonly v: number
  readonly at: string
  readonly runId: string
  readonly body: string
  readonly hash: string
}

export type Chain = { readonly version: number; readonly headHash: string }

/**
 * The rows of a command's events, chained to `head` of the run, and the head after them. Pure.
 * Throws INVARIANT_BROKEN for an event that breaks its contract, PAYLOAD_TOO_LARGE for one over 8 KB.
 */
export const sealEvents = (
  run: RunInHand,
  events: readonly RunEvent[],
  stamp: Stamp,
  options: SubmitOptions,
): { readonly rows: readonly SealedEvent[]; readonly head: Chain } => {
  let head: Chain = run
  const rows = events.map((event) => {
    checkEvent(event)
    const entry: LedgerEntry = {
      stream: run.runId,
      seq: head.version + 1,
      prev: head.headHash,
      type: event.type,
      v: event.v,
      at: stamp.at,
      workspaceId: run.workspaceId,
      by: stamp.by,
      ...(options.correlationId === undefined ? {} : { correlationId: options.correlationId }),
      ...(options.causationId === undefined ? {} : { causationId: options.causationId }),
      data: event.data as LedgerEntry['data'],
    }
    const { body, hash } = sealEntry(entry)
    if (Buffer.byteLength(body) > MAX_ENTRY_BYTES) {
      throw new RopewalkError(
        'PAYLOAD_TOO_LARGE',
        `Expected ${event.type} to take at most ${MAX_ENTRY_BYTES} bytes in the ledger, got ${Buffer.byteLength(body)}.`,
        { details: { type: event.type } },
      )
    }
    head = { version: entry.seq, headHash: hash }
    const { workspaceId, runId } = run
    const { seq, type, v, at } = entry
    return { streamId: runId, seq, workspaceId, type, v, at, runId, body, hash }
  })
  return { rows, head }
}

const checkEvent = (event: RunEvent): void => {
  const checked = RunEvent.safeParse({ type: event.type, v: event.v, data: event.data })
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
