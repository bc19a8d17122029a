import type { ProjectEventOf, ProjectEventType } from './events.ts'
import type { ProjectState } from './state.ts'

/** How one type of event changes the state. `at` is the instant `handle` gave the event. */
export type Evolver<T extends ProjectEventType> = (
  state: ProjectState,
  data: ProjectEventOf<T>['data'],
  at: string,
) => ProjectState

export type Evolvers<T extends ProjectEventType = ProjectEventType> = { readonly [K in T]: Evolver<K> }

/** For events that tell readers something and change nothing. */
export const unchanged = (state: ProjectState): ProjectState => state
