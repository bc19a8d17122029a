import { type Effect, makeStampedId, type Refused, type Stamp } from '../decision.ts'
import type { QuestionId } from '../ids.ts'
import { clipText } from '../run/clip.ts'
import { evolveProject } from './evolve.ts'
import type { ProjectEvent, ProjectEventOf, ProjectEventType } from './events.ts'
import type { ProjectState } from './state.ts'

/**
 * A decision about a project in the making: each event is folded into `state` as it is added. `before` is the
 * state it began with. It lives inside one call of `decideProject`.
 */
export type Draft = {
  state: ProjectState
  ids: number
  /** The question this command has decided, if any: what it lets go on names it. */
  decided: QuestionId | null
  readonly before: ProjectState
  readonly stamp: Stamp
  readonly events: ProjectEvent[]
  readonly effects: Effect[]
}

/** What a handler of a command gives back: the answer for the caller, or why not. */
export type Outcome =
  Refused | { readonly type: 'answered'; readonly answer: Readonly<Record<string, unknown>> }

export const makeDraft = (state: ProjectState, stamp: Stamp): Draft => ({
  state,
  before: state,
  stamp,
  ids: 0,
  decided: null,
  events: [],
  effects: [],
})

export const answered = (answer: Readonly<Record<string, unknown>> = {}): Outcome => ({
  type: 'answered',
  answer,
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

export const addEffect = (draft: Draft, effect: Effect): void => {
  draft.effects.push(effect)
}

/** The next id of this decision. */
export const makeId = (draft: Draft): string => {
  draft.ids += 1
  return makeStampedId(draft.stamp, draft.ids)
}

/** Who asked, as events name them. */
export const getActor = (draft: Draft): string => clipText(draft.stamp.by.id, 120)

/** Whether a handler's step was refused. */
export const isRefused = <T>(found: T | Refused): found is Refused =>
  typeof found === 'object' && found !== null && 'type' in found && found.type === 'refused'
