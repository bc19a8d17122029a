import type { RunEventOf, RunEventType } from './events.ts'
import type { RunState } from './state.ts'

/** How one type of event changes the state. `at` is the instant `handle` gave the event. */
export type Evolver<T extends RunEventType> = (
  state: RunState,
  data: RunEventOf<T>['data'],
  at: string,
) => RunState

export type Evolvers<T extends RunEventType = RunEventType> = { readonly [K in T]: Evolver<K> }

/** For events that tell readers something and change nothing. */
export const unchanged = (state: RunState): RunState => state
