import { addEvent, type Draft } from '../draft.ts'
import { closeGate } from '../gate/close-gate.ts'
import { openGate } from '../gate/open-gate.ts'
import { expectPhase, expectPlan, expectRun } from '../patch.ts'
import { getDefinition, getPhasePlan } from '../plan/find-in-plan.ts'
import { createStageTasks } from '../task/create-tasks.ts'
import { wakeRun } from './clock.ts'
import { startReadyPhases } from './start-phase.ts'
import { isTerminalRun, type Phase } from '../state.ts'

/** Whether a run is under way: begun and not ended. */
export const isUnderWay = (draft: Draft): boolean => {
  const { status } = expectRun(draft.state)
  return status !== 'planned' && !isTerminalRun(status)
}

/** Row DX-50: an iterative phase that never comes to its end is judged by what it has. */
const MAX_ITERATIONS = 100

/** Whether the phase goes over its stages once more: its last stage asked for it, and the code has moved. */
const mayIterate = (draft: Draft, { phase, again, iteration, commit, iterationCommit }: Phase): boolean =>
  again &&
  commit !== iterationCommit &&
  iteration + 1 < MAX_ITERATIONS &&
  getDefinition(expectPlan(draft.state), phase).parallelism === 'iterative'

const iterate = (draft: Draft, { phase, iteration }: Phase): void => {
  const { stages } = getPhasePlan(expectPlan(draft.state), phase)
  addEvent(draft, 'phase.iterated', { phase, iteration: iteration + 1, stages })
  createStageTasks(draft, phase, 0)
}

/**
 * Takes a phase one step on when its present stage has no open task and it has no open question: to the
 * next stage, to its guards, or through its gate.
 */
export const advancePhase = (draft: Draft, name: string): void => {
  const phase = expectPhase(draft.state, name)
  if (!isUnderWay(draft) || phase.stageOpen > 0 || phase.openQuestions > 0) return
  if (phase.status !== 'running' && phase.status !== 'gating') return
  wakeRun(draft)
  if (phase.status === 'gating') closeGate(draft, name)
  else if (phase.stage + 1 < phase.stages.length) createStageTasks(draft, name, phase.stage + 1)
  else if (mayIterate(draft, phase)) iterate(draft, phase)
  else openGate(draft, name)
}

/** Sets everything going that can go: gates that wait to be judged anew, then phases whose needs have passed. */
export const launchPhases = (draft: Draft): void => {
  for (const { phase, status, stageOpen, approvalId } of draft.state.phases.values())
    if (status === 'gating' && stageOpen === 0 && approvalId === null) openGate(draft, phase)
  startReadyPhases(draft)
}

const countTasks = (phase: Phase, guards: number): { completed: number; total: number } => {
  const agents = phase.stages.flat().length
  if (phase.status === 'gating')
    return { completed: agents + guards - phase.stageOpen, total: agents + guards }
  const reached = phase.stages.slice(0, phase.stage + 1).flat().length
  return { completed: reached - phase.stageOpen, total: agents + guards }
}

/** Tells how far the round of a phase has come, each time another quarter of its tasks has ended. */
export const reportProgress = (draft: Draft, name: string, guards: number): void => {
  const phase = expectPhase(draft.state, name)
  const { completed, total } = countTasks(phase, guards)
  const getQuarter = (tasks: number) => Math.floor((4 * tasks) / Math.max(1, total))
  // The last quarter is told by phase.ready or by the gate.
  if (completed >= total || getQuarter(completed) === getQuarter(completed - 1)) return
  const percent = total === 0 ? 100 : Math.min(100, Math.max(0, Math.round((completed / total) * 1000) / 10))
  const { stage, stageOpen } = phase
  addEvent(draft, 'phase.progress', {
    phase: name,
    stage,
    stageOpen,
    completed: Math.max(0, completed),
    total,
    percent,
  })
}
