import { sha256 } from '../canonical.ts'
import { clipText, getJsonBytes } from '../clip.ts'
import type { MessageEventType } from '../contract/thread.ts'
import { type Refused, refuse, type Stamp } from '../decision.ts'
import { type DraftOf, makeDraftOf, makeId } from '../draft.ts'
import { MessageId } from '../ids.ts'
import { evolveThread } from './evolve.ts'
import type { ThreadEvent, ThreadEventOf, ThreadEventType } from './events.ts'
import { expectThread } from './patch.ts'
import type { ThreadState } from './state.ts'

/** A decision about a thread in the making: each event is folded into `state` as it is added. */
export type Draft = DraftOf<ThreadState, ThreadEvent>

export const makeDraft = (state: ThreadState, stamp: Stamp): Draft =>
  makeDraftOf<ThreadState, ThreadEvent>(state, stamp)

/** As whom Ropewalk itself speaks in threads. */
export const ROPEWALK = 'ropewalk'

/** Adds an event and folds it. */
export const addEvent = <T extends ThreadEventType>(
  draft: Draft,
  type: T,
  data: ThreadEventOf<T>['data'],
): void => {
  // One generic constructor for a union: type and data belong together by the signature.
  const event = { type, v: 1, data } as unknown as ThreadEvent
  draft.events.push(event)
  draft.state = evolveThread(draft.state, { ...event, at: draft.stamp.at })
}

/** A message of Ropewalk's own, so that those who read the thread see what became of it. */
export const addSystemMessage = (
  draft: Draft,
  note: string,
  of: { readonly eventType: MessageEventType | null; readonly finding?: string | null },
): void => {
  const text = clipText(note, 400, 1600)
  addEvent(draft, 'thread.message_posted', {
    messageId: MessageId.parse(makeId(draft)),
    seq: expectThread(draft.state).lastSeq + 1,
    kind: 'system',
    sender: ROPEWALK,
    senderKind: 'engine',
    sessionId: null,
    to: { kind: 'all' },
    inReplyTo: null,
    digest: sha256(text),
    bytes: Buffer.byteLength(text),
    note: text,
    eventType: of.eventType,
    finding: of.finding ?? null,
    fix: null,
    isProgress: false,
    bounced: [],
    expiresAt: null,
  })
}

/** Whether a handler's step was refused. */
export const isRefused = <T>(found: T | Refused): found is Refused =>
  typeof found === 'object' && found !== null && 'type' in found && found.type === 'refused'

/** The same for a thread that there is not and for one that the caller takes no part in, and the same as readers are told. */
export const refuseMissingThread = (threadId: string): Refused =>
  refuse('NOT_FOUND', `There is no thread ${threadId} in this workspace.`)

/** Whether the names are few and short enough for one entry of the ledger, beside all else that an event has. */
export const fitsEntry = (names: readonly string[]): boolean => getJsonBytes(names) <= MAX_NAMES_BYTES

/** Twice this, with texts as long as they may be, still fits the 8 KB of an entry. */
const MAX_NAMES_BYTES = 2000
