import { clipText } from './clip.ts'
import { type Effect, makeStampedId, type Refused, type Stamp } from './decision.ts'

/**
 * A decision in the making, of whatever aggregate: what its state `S` has become by the events `E` so far. It lives
 * inside one call of a decider.
 */
export type DraftOf<S, E> = {
  state: S
  ids: number
  readonly stamp: Stamp
  readonly events: E[]
  readonly effects: Effect[]
}

/** What a handler of a command gives back: the answer for the caller, or why not. */
export type Outcome =
  Refused | { readonly type: 'answered'; readonly answer: Readonly<Record<string, unknown>> }

export const makeDraftOf = <S, E>(state: S, stamp: Stamp): DraftOf<S, E> => ({
  state,
  stamp,
  ids: 0,
  events: [],
  effects: [],
})

export const answered = (answer: Readonly<Record<string, unknown>> = {}): Outcome => ({
  type: 'answered',
  answer,
})

/** Adds an effect, unless this decision has the very same one. */
export const addEffect = ({ effects }: Pick<DraftOf<unknown, unknown>, 'effects'>, effect: Effect): void => {
  const key = JSON.stringify(effect)
  if (!effects.some((other) => JSON.stringify(other) === key)) effects.push(effect)
}

/** The next id of this decision. */
export const makeId = (draft: Pick<DraftOf<unknown, unknown>, 'ids' | 'stamp'>): string => {
  draft.ids += 1
  return makeStampedId(draft.stamp, draft.ids)
}

/** Who asked, as events name them. */
export const getActor = ({ stamp }: Pick<DraftOf<unknown, unknown>, 'stamp'>): string =>
  clipText(stamp.by.id, 120)
