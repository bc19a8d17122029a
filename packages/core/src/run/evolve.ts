import type { RunPlan } from '../contract/run-plan.ts'
import { budgetEvolvers } from './budget/evolve-budget.ts'
import type { RunEvent, RunEventAt } from './events.ts'
import { type Evolvers, unchanged } from './evolver.ts'
import { gateEvolvers } from './gate/evolve-gate.ts'
import { patchRun } from './patch.ts'
import { phaseEvolvers } from './phase/evolve-phase.ts'
import { planEvolvers } from './plan/evolve-plan.ts'
import { questionEvolvers } from './question/evolve-question.ts'
import { makeEmptyRunState, type RunState } from './state.ts'
import { taskEvolvers } from './task/evolve-task.ts'
import { waiverEvolvers } from './waiver/evolve-waiver.ts'

const EVOLVERS: Evolvers = {
  ...planEvolvers,
  ...phaseEvolvers,
  ...taskEvolvers,
  ...gateEvolvers,
  ...questionEvolvers,
  ...budgetEvolvers,
  ...waiverEvolvers,
  'signal.received': unchanged,
  'dossier.published': (state, data) =>
    patchRun(state, { dossierDigest: data.digest, verdict: data.verdict }),
}

/**
 * The state after one more event. Works on a state that holds only the children the event names.
 * A task's claim is not history: it folds as `ready` where the store may show `running`.
 * Throws INVARIANT_BROKEN for an event about what the state does not hold.
 */
export const evolve = (state: RunState, event: RunEventAt): RunState => {
  // The table pairs each type with its own data; TypeScript cannot follow that through an index.
  const evolver = EVOLVERS[event.type] as (of: RunState, data: RunEvent['data'], at: string) => RunState
  return evolver(state, event.data, event.at)
}

/** The whole state of a run from its whole history, oldest first. */
export const foldRun = (events: Iterable<RunEventAt>, plan?: RunPlan): RunState => {
  let state = makeEmptyRunState(plan)
  for (const event of events) state = evolve(state, event)
  return state
}
