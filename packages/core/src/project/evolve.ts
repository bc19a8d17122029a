import { projectEvolvers } from './closing/evolve-project.ts'
import type { ProjectEvent, ProjectEventAt } from './events.ts'
import type { Evolvers } from './evolver.ts'
import { itemEvolvers } from './items/evolve-items.ts'
import { questionEvolvers } from './questions/evolve-questions.ts'
import { makeEmptyProjectState, type ProjectState } from './state.ts'
import { workEvolvers } from './work/evolve-work.ts'

const EVOLVERS: Evolvers = { ...projectEvolvers, ...itemEvolvers, ...workEvolvers, ...questionEvolvers }

/**
 * The state after one more event. Works on a state that holds only what the command of the event needs.
 * The lease and heartbeat of a claim are not history: the store may show later ones.
 * Throws INVARIANT_BROKEN for an event about what the state does not hold, or that the transitions do not allow.
 */
export const evolveProject = (state: ProjectState, event: ProjectEventAt): ProjectState => {
  // The table pairs each type with its own data; TypeScript cannot follow that through an index.
  const evolver = EVOLVERS[event.type] as (
    of: ProjectState,
    data: ProjectEvent['data'],
    at: string,
  ) => ProjectState
  return evolver(state, event.data, event.at)
}

/** The whole state of a project from its whole history, oldest first. */
export const foldProject = (events: Iterable<ProjectEventAt>): ProjectState => {
  let state = makeEmptyProjectState()
  for (const event of events) state = evolveProject(state, event)
  return state
}
