import { type Decision, refuse, type Stamp } from '../decision.ts'
import type { Workspace } from '../workspace/workspace.ts'
import { reserveBudget } from './budget/reserve-budget.ts'
import { assumeReservation, settleBudget } from './budget/settle-budget.ts'
import { topUpRun } from './budget/top-up-run.ts'
import { closeRun, recordDossier } from './closing/close-run.ts'
import type { RunCommand } from './commands.ts'
import type { Outcome } from '../draft.ts'
import { type Draft, makeDraft } from './draft.ts'
import type { RunEvent } from './events.ts'
import { settleRun } from './phase/clock.ts'
import { editArtifact } from './phase/edit-artifact.ts'
import { firePhaseClock } from './phase/fire-phase-clock.ts'
import { startRun } from './plan/start-run.ts'
import { answerQuestion, decideQuestionByPolicy } from './question/answer-question.ts'
import { signalRun } from './signal/signal-run.ts'
import type { RunState } from './state.ts'
import { completeTask } from './task/complete-task.ts'
import { failTask, loseAttempt, refuseTool } from './task/fail-task.ts'
import { decideWaiver } from './waiver/decide-waiver.ts'
import { expireWaiver, revokeWaiver } from './waiver/end-waiver.ts'
import { requestWaiver } from './waiver/request-waiver.ts'

const dispatch = (draft: Draft, command: RunCommand, workspace: Workspace | undefined): Outcome => {
  switch (command.type) {
    case 'StartRun':
      return startRun(draft, command, workspace)
    case 'SignalRun':
      return signalRun(draft, command)
    case 'CompleteTask':
      return completeTask(draft, command)
    case 'FailTask':
      return failTask(draft, command)
    case 'LoseAttempt':
      return loseAttempt(draft, command)
    case 'RefuseTool':
      return refuseTool(draft, command)
    case 'FirePhaseClock':
      return firePhaseClock(draft, command)
    case 'AnswerQuestion':
      return answerQuestion(draft, command)
    case 'DecideQuestionByPolicy':
      return decideQuestionByPolicy(draft, command)
    case 'RequestWaiver':
      return requestWaiver(draft, command)
    case 'DecideWaiver':
      return decideWaiver(draft, command)
    case 'RevokeWaiver':
      return revokeWaiver(draft, command)
    case 'ExpireWaiver':
      return expireWaiver(draft, command)
    case 'ReserveBudget':
      return reserveBudget(draft, command)
    case 'SettleBudget':
      return settleBudget(draft, command)
    case 'AssumeReservation':
      return assumeReservation(draft, command)
    case 'TopUpRun':
      return topUpRun(draft, command, workspace)
    case 'EditArtifact':
      return editArtifact(draft, command)
    case 'RecordDossier':
      return recordDossier(draft, command)
    case 'CloseRun':
      return closeRun(draft, command)
  }
}

/**
 * What a command means for a run: events and effects, or a refusal. Pure: the same state, command and
 * stamp give the same decision. `state` must hold what `getNeeds(command)` names; `workspace` matters to
 * StartRun and TopUpRun alone. Throws INVARIANT_BROKEN when a child that must be loaded is not.
 */
export const decide = (
  state: RunState,
  workspace: Workspace | undefined,
  command: RunCommand,
  stamp: Stamp,
): Decision<RunEvent, RunState> => {
  if (command.type !== 'StartRun' && !state.run)
    return refuse('NOT_FOUND', `There is no run ${command.runId} in this workspace.`, {
      runId: command.runId,
    })
  const draft = makeDraft(state, stamp)
  const outcome = dispatch(draft, command, workspace)
  if (outcome.type === 'refused') return outcome
  settleRun(draft)
  const { events, effects, state: next } = draft
  return { type: 'accepted', events, effects, state: next, answer: outcome.answer }
}
