import type { Stamp } from '../decision.ts'
import { type DraftOf, makeDraftOf } from '../draft.ts'
import { evolve } from './evolve.ts'
import type { RunEvent, RunEventOf, RunEventType } from './events.ts'
import type { RunState } from './state.ts'

/**
 * A decision about a run in the making. Each event is folded into `state` as it is added, so that a later step of
 * the same decision sees what an earlier one did.
 */
export type Draft = DraftOf<RunState, RunEvent>

export const makeDraft = (state: RunState, stamp: Stamp): Draft => makeDraftOf(state, stamp)

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
