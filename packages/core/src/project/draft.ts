import type { Refused, Stamp } from '../decision.ts'
import { type DraftOf, makeDraftOf } from '../draft.ts'
import type { QuestionId } from '../ids.ts'
import { evolveProject } from './evolve.ts'
import type { ProjectEvent, ProjectEventOf, ProjectEventType } from './events.ts'
import type { ProjectState } from './state.ts'

/**
 * A decision about a project in the making: each event is folded into `state` as it is added. `before` is the
 * state it began with.
 */
export type Draft = DraftOf<ProjectState, ProjectEvent> & {
  /** The question this command has decided, if any: what it lets go on names it. */
  decided: QuestionId | null
  readonly before: ProjectState
}

export const makeDraft = (state: ProjectState, stamp: Stamp): Draft => ({
  ...makeDraftOf<ProjectState, ProjectEvent>(state, stamp),
  before: state,
  decided: null,
})

/** Adds an event and folds it. */
export const addEvent = <T extends ProjectEventType>(
  draft: Draft,
  type: T,
  data: ProjectEventOf<T>['data'],
): void => {
  // One generic constructor for a union: type and data belong together by the signature.
  const event = { type, v: 1, data } as unknown as ProjectEvent
  draft.events.push(event)
  draft.state = evolveProject(draft.state, { ...event, at: draft.stamp.at })
}

/** Whether a handler's step was refused. */
export const isRefused = <T>(found: T | Refused): found is Refused =>
  typeof found === 'object' && found !== null && 'type' in found && found.type === 'refused'
