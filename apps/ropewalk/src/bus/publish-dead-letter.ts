import { sha256 } from '@ropewalk/core/canonical'
import type { DeadLetter, DeadLetterReason } from '@ropewalk/core/contract/api/dead-letters'
import type { Problem } from '@ropewalk/core/contract/events/problems'
import { DeadLetterId, type WorkspaceId } from '@ropewalk/core/ids'
import { findShapeFault } from '@ropewalk/core/json-shape'
import { findDeadLetter, makeRecordDeadLetter, type NewDeadLetter } from '../store/bus/dead-letters.ts'
import type { Store } from '../store/open.ts'
import { MAX_BODY_CHARS, type Bus, type BusMessage } from './port.ts'

/** Why a message comes to rest, and what is known of it. */
export type DeadLetterDraft = {
  readonly message: BusMessage
  readonly topic: string
  readonly group: string
  readonly reason: DeadLetterReason
  readonly eventId: string | null
  readonly eventType: string | null
  readonly schemaId: string | null
  readonly problems: readonly Problem[]
  readonly errorClass: string | null
  readonly errorMessage: string
  readonly trace: string | null
}

/** Puts one message to rest. Resolves to its record as it stands then; it may be acked after that. */
export type PublishDeadLetter = (draft: DeadLetterDraft) => Promise<DeadLetter>

type Place = Pick<NewDeadLetter, 'id' | 'redrives'>

const MAX_TRACE = 4_000
const MAX_TEXT = 2_000

/** Text as Postgres and every reader can keep it. */
const clean = <T extends string | null>(text: T, max: number): T =>
  (text === null ? null : text.slice(0, max).replaceAll('\0', '\u{fffd}').toWellFormed()) as T

const readJson = (body: string): DeadLetter['event'] => {
  // Neither we nor Postgres could write such a value again: the message would never come to rest.
  if (findShapeFault(Buffer.from(body)) !== undefined) return null
  try {
    return JSON.parse(body) as DeadLetter['event']
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

/** A UUID made of what it names, so that naming the same again gives the same. */
export const makeNamedId = (...parts: readonly string[]): string => {
  const hash = sha256(JSON.stringify(parts))
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-8${hash.slice(17, 20)}-${hash.slice(20, 32)}`
}

/** The key of a dead letter sent again for the n-th time. What comes back with it comes back to its record. */
export const makeRedriveKey = (id: DeadLetterId, redrives: number): string => `redrive:${id}:${redrives}`

/** Which dead letter a message was, and the how manieth time it was sent again; undefined for all others. */
export const parseRedriveKey = (
  key: string | null,
): { readonly id: DeadLetterId; readonly redrives: number } | undefined => {
  const [, id, count] = /^redrive:([0-9a-f-]{36}):([1-9]\d{0,8})$/u.exec(key ?? '') ?? []
  const parsed = DeadLetterId.safeParse(id)
  return parsed.success ? { id: parsed.data, redrives: Number(count) } : undefined
}

/**
 * A message that breaks its contract breaks it for every group, and is one dead letter; what one group could not
 * work on is that group's.
 */
const getOwnPlace = (workspaceId: WorkspaceId, { message, topic, group, reason }: DeadLetterDraft): Place => {
  const owner = reason === 'HANDLER_FAILED' || reason === 'REFUSED' ? [group] : []
  const id = DeadLetterId.parse(makeNamedId('dead-letter', workspaceId, topic, message.id, ...owner))
  return { id, redrives: 0 }
}

/** Whoever writes to the bus may write any key: only a letter that can have been sent again so often comes back. */
const isBack = (letter: DeadLetter | undefined, redrives: number): boolean =>
  letter !== undefined &&
  (redrives <= letter.redrives || (redrives === letter.redrives + 1 && letter.status === 'open'))

const makeRecord = (draft: DeadLetterDraft, place: Place): NewDeadLetter => {
  const { message, topic, group } = draft
  // What somebody put past `publish` may be of any length; nobody could send more than this again.
  const body = message.body.slice(0, MAX_BODY_CHARS)
  return {
    ...place,
    eventId: clean(draft.eventId, 200),
    eventType: clean(draft.eventType, 200),
    reason: draft.reason,
    schemaId: draft.schemaId,
    problems: draft.problems.map(({ path, message: text }) => ({
      path: clean(path, 400),
      message: clean(text, 400),
    })),
    topic,
    consumerGroup: group,
    attempts: message.deliveries,
    firstSeenAt: message.publishedAt,
    errorClass: clean(draft.errorClass, 200),
    errorMessage: clean(draft.errorMessage, MAX_TEXT),
    trace: clean(draft.trace, MAX_TRACE),
    event: readJson(body),
    original: { key: message.key, body, headers: { ...message.headers } },
  }
}

/** The record as topic `dlq` carries it; without its content where that would be too much. */
const makeBody = (letter: DeadLetter): string => {
  const whole = JSON.stringify(letter).toWellFormed()
  if (whole.length <= MAX_BODY_CHARS) return whole
  return JSON.stringify({ ...letter, event: null, original: { ...letter.original, body: '' } }).toWellFormed()
}

/**
 * What every consumer gives its dead letters to: the row first, which is the truth, then topic `dlq` with the
 * letter's id as key. Durable when it resolves. Repeating it, after a crash in between, adds nothing.
 * Throws STORE_UNAVAILABLE and BUS_UNAVAILABLE; the message is to stay in hand then.
 */
export const makePublishDeadLetter = (of: {
  readonly store: Store
  readonly bus: Pick<Bus, 'publish'>
  readonly workspaceId: WorkspaceId
}): PublishDeadLetter => {
  const { store, bus, workspaceId } = of
  const record = makeRecordDeadLetter(store, workspaceId)
  const findPlace = async (draft: DeadLetterDraft): Promise<Place> => {
    const again = parseRedriveKey(draft.message.key)
    const isOurs =
      again !== undefined && isBack(await findDeadLetter(store, workspaceId, again.id), again.redrives)
    return isOurs ? again : getOwnPlace(workspaceId, draft)
  }
  return async (draft) => {
    const letter = await record(makeRecord(draft, await findPlace(draft)))
    const key = letter.redrives === 0 ? letter.id : `${letter.id}:${letter.redrives}`
    await bus.publish('dlq', [{ key, body: makeBody(letter) }])
    return letter
  }
}
