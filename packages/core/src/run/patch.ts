import { withEntry } from '../layered-map.ts'
import { RopewalkError } from '../errors.ts'
import type { RunPlan } from '../contract/run-plan.ts'
import type { Phase, Question, Reservation, Run, RunState, Task, Waiver } from './state.ts'

const fail = (what: string): never => {
  throw new RopewalkError('INVARIANT_BROKEN', `A run's history names ${what} that its state does not hold.`)
}

/** The run of a state that must have one. Throws INVARIANT_BROKEN. */
export const expectRun = (state: RunState): Run => state.run ?? fail('a run')

/** The plan of a state that must have one. Throws INVARIANT_BROKEN. */
export const expectPlan = (state: RunState): RunPlan => state.plan ?? fail('a plan')

/** Throws INVARIANT_BROKEN for a phase the plan does not have. */
export const expectPhase = (state: RunState, name: string): Phase =>
  state.phases.get(name) ?? fail(`the phase ${name}`)

/** Throws INVARIANT_BROKEN for a task that was not loaded. */
export const expectTask = (state: RunState, id: string): Task => state.tasks.get(id) ?? fail(`the task ${id}`)

/** Throws INVARIANT_BROKEN for a question that was not loaded. */
export const expectQuestion = (state: RunState, id: string): Question =>
  state.questions.get(id) ?? fail(`the question ${id}`)

/** Throws INVARIANT_BROKEN for a reservation that was not loaded. */
export const expectReservation = (state: RunState, id: string): Reservation =>
  state.reservations.get(id) ?? fail(`the reservation ${id}`)

/** Throws INVARIANT_BROKEN for a waiver that was not loaded. */
export const expectWaiver = (state: RunState, id: string): Waiver =>
  state.waivers.get(id) ?? fail(`the waiver ${id}`)

export const patchRun = (state: RunState, patch: Partial<Run>): RunState => ({
  ...state,
  run: { ...expectRun(state), ...patch },
})

export const patchPhase = (
  state: RunState,
  name: string,
  patch: Partial<Phase> | ((phase: Phase) => Partial<Phase>),
): RunState => {
  const phase = expectPhase(state, name)
  const change = typeof patch === 'function' ? patch(phase) : patch
  return { ...state, phases: withEntry(state.phases, name, { ...phase, ...change }) }
}

export const patchTask = (state: RunState, id: string, patch: Partial<Task>): RunState => ({
  ...state,
  tasks: withEntry(state.tasks, id, { ...expectTask(state, id), ...patch }),
})
