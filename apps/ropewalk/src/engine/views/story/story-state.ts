import type { StoryKind } from '@ropewalk/core/contract/api/story'
import type { Principal } from '@ropewalk/core/decision'
import type { PackReport } from '@ropewalk/core/contract/evidence-pack'
import type { RunEventOf, RunEventType } from '@ropewalk/core/run/events'

/** What is remembered of a task while it runs. */
export type KnownTask = { readonly agent: string; readonly phase: string; readonly isGuard: boolean }

export type KnownArtifact = {
  readonly name: string
  readonly version: number
  readonly simulated: boolean
}

/** What is remembered of a phase from its beginning to its end. */
export type KnownPhase = {
  startedAt: string | null
  round: number
  tokens: number
  micros: number
  /** Reports of the present round. */
  reports: PackReport[]
  /** Handed in before any work was done: taken over by a fork. */
  given: { readonly name: string; readonly isEdited: boolean }[]
}

/** All that a story's later lines need of earlier events; what has ended is forgotten. */
export type StoryState = {
  plannedAt: string | null
  readonly tasks: Map<string, KnownTask>
  readonly artifacts: Map<string, KnownArtifact>
  readonly questions: Map<string, { readonly text: string; isDecided: boolean }>
  readonly waivers: Map<string, string>
  readonly phases: Map<string, KnownPhase>
  /** What was charged for calls that nobody had reported. */
  readonly assumed: Map<string, { readonly tokens: number; readonly micros: number }>
  tokens: number
  micros: number
}

export const makeStoryState = (): StoryState => ({
  plannedAt: null,
  tasks: new Map(),
  artifacts: new Map(),
  questions: new Map(),
  waivers: new Map(),
  phases: new Map(),
  assumed: new Map(),
  tokens: 0,
  micros: 0,
})

export const getKnownPhase = (state: StoryState, name: string): KnownPhase => {
  const known = state.phases.get(name)
  if (known !== undefined) return known
  const made: KnownPhase = { startedAt: null, round: 1, tokens: 0, micros: 0, reports: [], given: [] }
  state.phases.set(name, made)
  return made
}

/** A line before it is given its place and time. */
export type Told = {
  readonly kind: StoryKind
  readonly phase: string | null
  readonly text: string
  readonly details?: readonly string[]
}

/** When an event happened, and who brought it about. */
export type Moment = { readonly at: string; readonly by: Principal }

/** Tells one event; undefined where it is folded into a later line or only the machinery's own. */
export type Tellers<T extends RunEventType> = {
  readonly [K in T]: (state: StoryState, data: RunEventOf<K>['data'], moment: Moment) => Told | undefined
}

export const untold = (): undefined => undefined
