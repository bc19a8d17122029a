import type { ErrorCode, ErrorDetails } from './errors.ts'
import { sha256 } from './canonical.ts'

/** Who asked: taken from the verified token or from the engine itself, never from a body. */
export type Principal = { readonly kind: 'person' | 'agent' | 'policy' | 'engine'; readonly id: string }

/** Time, identity and randomness, stamped by `handle`. `seed` differs for every command. */
export type Stamp = { readonly at: string; readonly seed: string; readonly by: Principal }

/**
 * Work for a doer, done after commit. `ref` holds ids only. An effect with `fireAt` waits until then.
 * `handle` gives it its deterministic id: SHA-256 of stream, version and index.
 */
export type Effect = {
  readonly kind: EffectKind
  readonly fireAt?: string
  readonly ref: Readonly<Record<string, string | number>>
}

export type EffectKind =
  | 'phase-clock' // ref: phase, version
  | 'question-deadline' // ref: questionId, version
  | 'notify-question' // ref: questionId, version; tells people that it waits for them
  | 'reservation-deadline' // ref: reservationId
  | 'expire-waiver' // ref: waiverId, version
  | 'expire-message' // ref: seq; its doer reads who has not read it
  | 'build-dossier' // ref: runId; signs the head as well
  | 'close-run' // ref: runId; signs the head as well
  | 'publish-report' // ref: projectId
  | 'sign-head' // ref: runId; the doer signs the head it finds

/** `state` is what the events make of the state that was given. */
export type Accepted<E, S> = {
  readonly type: 'accepted'
  readonly events: readonly E[]
  readonly state: S
  readonly effects: readonly Effect[]
  readonly answer: Readonly<Record<string, unknown>>
}

export type Refused = {
  readonly type: 'refused'
  readonly code: ErrorCode
  readonly message: string
  readonly details: ErrorDetails
}

export type Decision<E, S> = Accepted<E, S> | Refused

export const refuse = (code: ErrorCode, message: string, details: ErrorDetails = {}): Refused => ({
  type: 'refused',
  code,
  message,
  details,
})

/** Accepts without effects; `state` is what `events` make of the one that was given. */
export const accept = <E, S>(
  events: readonly E[],
  state: S,
  answer: Readonly<Record<string, unknown>> = {},
): Accepted<E, S> => ({ type: 'accepted', events, state, effects: [], answer })

/**
 * The n-th id made while deciding one command: a UUIDv7 whose time is the stamp's and whose random part
 * is SHA-256 of seed and index, so that deciding twice gives the same ids.
 */
export const makeStampedId = (stamp: Stamp, index: number): string => {
  const time = Date.parse(stamp.at).toString(16).padStart(12, '0')
  const random = sha256(`${stamp.seed}/${index}`)
  const variant = ((Number.parseInt(random.slice(3, 4), 16) & 0x3) | 0x8).toString(16)
  return `${time.slice(0, 8)}-${time.slice(8, 12)}-7${random.slice(0, 3)}-${variant}${random.slice(4, 7)}-${random.slice(7, 19)}`
}

/** The last instant that `Instant` can write. */
const LAST_INSTANT = Date.parse('9999-12-31T23:59:59.999Z')

/** The instant `ms` after another; what would lie past the year 9999 is cut to its end. */
export const addMs = (instant: string, ms: number): string =>
  new Date(Math.min(Date.parse(instant) + ms, LAST_INSTANT)).toISOString()

/** Milliseconds from one instant to another, never below 0. */
export const getElapsedMs = (from: string, to: string): number =>
  Math.max(0, Date.parse(to) - Date.parse(from))
