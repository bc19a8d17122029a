import { type Effect, makeStampedId, type Refused, type Stamp } from '../decision.ts'
import { clipText } from './clip.ts'
import { evolve } from './evolve.ts'
import type { RunEvent, RunEventOf, RunEventType } from './events.ts'
import type { RunState } from './state.ts'

/**
 * A decision in the making. Each event is folded into `state` as it is added, so that a later step of the
 * same decision sees what an earlier one did. It lives inside one call of `decide`.
 */
export type Draft = {
  state: RunState
  ids: number
  readonly stamp: Stamp
  readonly events: RunEvent[]
  readonly effects: Effect[]
}

/** What a handler of a command gives back: the answer for the caller, or why not. */
export type Outcome =
  Refused | { readonly type: 'answered'; readonly answer: Readonly<Record<string, unknown>> }

export const makeDraft = (state: RunState, stamp: Stamp): Draft => ({
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

/** Adds an event and folds it. */
export const addEvent = <T extends RunEventType>(
  draft: Draft,
  type: T,
  data: RunEventOf<T>['data'],
): void => {
  // One generic constructor for a union: type and data belong together by the signature.
  const event = { type, v: 1, data } as unknown as RunEvent
  draft.events.push(event)
  draft.state = evolve(draft.state, { ...event, at: draft.stamp.at })
}

/** Adds an effect, unless this decision has the very same one. */
export const addEffect = (draft: Draft, effect: Effect): void => {
  const key = JSON.stringify(effect)
  if (!draft.effects.some((other) => JSON.stringify(other) === key)) draft.effects.push(effect)
}

/** The next id of this decision. */
export const makeId = (draft: Draft): string => {
  draft.ids += 1
  return makeStampedId(draft.stamp, draft.ids)
}

/** Who asked, as events name them. */
export const getActor = (draft: Draft): string => clipText(draft.stamp.by.id, 120)
