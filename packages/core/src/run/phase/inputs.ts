import type { InputRef } from '../../contract/artifact.ts'
import { getJsonBytes } from '../../clip.ts'
import type { PhaseOutput, RunState } from '../state.ts'

/** The artifact every run begins with. */
export const IDEA = 'Idea'

/** What no task may replace: what a person asked, and what was found in the repository they named. */
export const GIVEN: readonly string[] = [IDEA, 'RepoContext']

type Newest = PhaseOutput & { readonly phase: string }

/** The newest version of a name over all phases, or over those of `within`. */
export const findNewest = (
  state: RunState,
  name: string,
  within?: ReadonlySet<string>,
): Newest | undefined => {
  let newest: Newest | undefined
  for (const phase of state.phases.values()) {
    if (within !== undefined && !within.has(phase.phase)) continue
    const output = phase.outputs[name]
    if (output && output.version > (newest?.version ?? 0)) newest = { ...output, phase: phase.phase }
  }
  return newest
}

/** The version that the next artifact of this name gets. */
export const getNextVersion = (state: RunState, name: string): number =>
  (findNewest(state, name)?.version ?? 0) + 1

/** Every artifact name of the run, sorted. */
export const listNames = (state: RunState): string[] =>
  [...new Set([...state.phases.values()].flatMap((phase) => Object.keys(phase.outputs)))].toSorted()

/** Which names are meant, how much room their references have, and whose outputs are looked at. */
export type InputQuery = {
  readonly names: readonly string[]
  readonly maxBytes: number
  /** Phases whose outputs count, what was given apart; all where it is left out. */
  readonly within?: ReadonlySet<string> | undefined
}

/**
 * References to the newest versions, in the order of `names`, each once. A name that nothing was handed
 * in under is left out; so are the last ones, should all of them not fit into `maxBytes` of JSON.
 */
export const resolveInputs = (state: RunState, { names, maxBytes, within }: InputQuery): InputRef[] => {
  const refs: InputRef[] = []
  let left = maxBytes
  for (const name of new Set(names)) {
    const newest = findNewest(state, name, GIVEN.includes(name) ? undefined : within)
    if (!newest) continue
    const ref = { artifactId: newest.artifactId, name, digest: newest.digest }
    left -= getJsonBytes(ref) + 1
    if (left < 0) break
    refs.push(ref)
  }
  return refs
}
