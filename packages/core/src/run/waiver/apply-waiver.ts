import { cancelTasks } from '../closing/end-run.ts'
import type { Draft } from '../draft.ts'
import { closeGate, judgePhase } from '../gate/close-gate.ts'
import { expectPhase, expectRun } from '../patch.ts'
import { isUnderWay, launchPhases } from '../phase/advance-phase.ts'
import { reviveRun } from '../signal/pause-run.ts'
import type { Phase } from '../state.ts'

/** Whether a phase is at the very beginning of a round that mends: what its gate last saw is still what there is. */
const hasOnlyJustFailed = ({ status, round, stage, stages, stageOpen, openQuestions }: Phase): boolean =>
  status === 'running' &&
  round > 1 &&
  stage === 0 &&
  openQuestions === 0 &&
  stageOpen === (stages[0]?.length ?? 0)

/** Whether the run ended because of this very gate. */
const hasEndedRun = (draft: Draft, { status, strategy }: Phase): boolean =>
  status === 'failed' &&
  strategy === 'manual-intervention' &&
  expectRun(draft.state).failureCode === 'GATE_FAILED'

/**
 * Judges a phase once more from the evidence at hand, now that a waiver is in force: one whose round of
 * mending has not handed anything in yet, or one whose gate ended the run, which then goes on. Where that
 * does not pass nothing changes, and in a later round the waiver has its say when the gate speaks.
 */
export const applyWaiver = (draft: Draft, name: string): void => {
  const phase = expectPhase(draft.state, name)
  const ended = hasEndedRun(draft, phase)
  if (!ended && !(isUnderWay(draft) && hasOnlyJustFailed(phase))) return
  if (!judgePhase(draft, name).passed) return
  if (ended) reviveRun(draft, name)
  else cancelTasks(draft, 'A waiver lets the gate pass.', ({ phase: of }) => of === name)
  closeGate(draft, name)
  if (ended) launchPhases(draft)
}
