import { addMs, getElapsedMs } from '../../decision.ts'
import { addEffect } from '../../draft.ts'
import { addEvent, type Draft } from '../draft.ts'
import { expectPhase, expectPlan, expectRun } from '../patch.ts'
import { getTimeboxMs } from '../plan/find-in-plan.ts'
import { isTerminalRun, type Phase } from '../state.ts'

/** Milliseconds that a phase has left, whether its clock runs, stands or was never set. */
export const getTimeLeftMs = (draft: Draft, phase: Phase): number => {
  if (phase.deadlineAt !== null) return getElapsedMs(draft.stamp.at, phase.deadlineAt)
  return phase.timeLeftMs ?? getTimeboxMs(expectPlan(draft.state), phase.phase)
}

/** Whether a phase can do nothing before a question of its own is decided. */
const isWaiting = (phase: Phase): boolean => phase.openQuestions > 0 && phase.stageOpen === 0

/**
 * Makes the clock of one running phase run or stand, as the run's status and its questions ask.
 * `hasWork` is for a phase that gets its tasks in the next breath, and so does not wait on its questions.
 */
export const settleClock = (draft: Draft, name: string, hasWork = false): void => {
  const phase = expectPhase(draft.state, name)
  if (phase.status !== 'running' && phase.status !== 'gating') return
  const runs = expectRun(draft.state).status !== 'paused' && (hasWork || !isWaiting(phase))
  const clockVersion = phase.clockVersion + 1
  const timeLeftMs = getTimeLeftMs(draft, phase)
  if (runs && phase.deadlineAt === null) {
    const deadlineAt = addMs(draft.stamp.at, timeLeftMs)
    addEvent(draft, 'phase.clock_set', { phase: name, deadlineAt, clockVersion })
    addEffect(draft, { kind: 'phase-clock', fireAt: deadlineAt, ref: { phase: name, version: clockVersion } })
  } else if (!runs && (phase.deadlineAt !== null || phase.timeLeftMs === null)) {
    addEvent(draft, 'phase.clock_stopped', { phase: name, timeLeftMs, clockVersion })
  }
}

/** Says that the run goes on, if it stood still for a person. */
export const wakeRun = (draft: Draft): void => {
  if (expectRun(draft.state).status === 'awaiting_human') addEvent(draft, 'run.human_done', {})
}

/**
 * The last step of every decision: a run with open questions and nothing else to do awaits a person, and
 * the clocks of phases that cannot go on stand still.
 */
export const settleRun = (draft: Draft): void => {
  const run = draft.state.run
  if (!run || run.status === 'planned' || isTerminalRun(run.status)) return
  const phases = [...draft.state.phases.values()]
  const waits = run.openQuestions > 0 && !run.closing && phases.every(({ stageOpen }) => stageOpen === 0)
  if (waits && run.status === 'running')
    addEvent(draft, 'run.awaiting_human', { openQuestions: run.openQuestions })
  if (!waits) wakeRun(draft)
  for (const { phase } of phases) settleClock(draft, phase)
}
