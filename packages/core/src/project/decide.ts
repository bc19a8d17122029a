import { type Decision, refuse, type Stamp } from '../decision.ts'
import { publishReport } from './closing/publish-report.ts'
import { settleProject } from './closing/settle-project.ts'
import { signalProject } from './closing/signal-project.ts'
import type { ProjectCommand, ProjectCommandType } from './commands.ts'
import type { Outcome } from '../draft.ts'
import { type Draft, makeDraft } from './draft.ts'
import type { ProjectEvent } from './events.ts'
import { addItems } from './items/add-items.ts'
import { addDependency, removeDependency } from './items/dependencies.ts'
import { cancelItem, deleteItem, retryItem } from './items/end-items.ts'
import { blockItemByHand, unblockItemByHand } from './items/hold-items.ts'
import { moveItem, splitItem, updateItem } from './items/change-items.ts'
import {
  answerProjectQuestion,
  decideProjectQuestionByPolicy,
  setProjectParameters,
} from './questions/answer-question.ts'
import { submitApproval } from './questions/submit-approval.ts'
import { startProject } from './starting/start-project.ts'
import { isTerminalProject, type ProjectState } from './state.ts'
import { completeWork } from './work/complete-work.ts'
import { dispatchItems } from './work/dispatch-items.ts'
import { failWork, loseWork } from './work/fail-work.ts'
import { recallItems } from './work/recall-items.ts'
import { needClarification } from './work/need-clarification.ts'
import { requestApproval, reviewItem } from './work/review-item.ts'
import { startWork } from './work/start-work.ts'

// One line for each command there is.
const dispatch = (draft: Draft, command: ProjectCommand): Outcome => {
  switch (command.type) {
    case 'StartProject':
      return startProject(draft, command)
    case 'AddItems':
      return addItems(draft, command)
    case 'UpdateItem':
      return updateItem(draft, command)
    case 'MoveItem':
      return moveItem(draft, command)
    case 'AddDependency':
      return addDependency(draft, command)
    case 'RemoveDependency':
      return removeDependency(draft, command)
    case 'SplitItem':
      return splitItem(draft, command)
    case 'CancelItem':
      return cancelItem(draft, command)
    case 'DeleteItem':
      return deleteItem(draft, command)
    case 'RetryItem':
      return retryItem(draft, command)
    case 'BlockItem':
      return blockItemByHand(draft, command)
    case 'UnblockItem':
      return unblockItemByHand(draft, command)
    case 'SetParameters':
      return setProjectParameters(draft, command)
    case 'DispatchItems':
      return dispatchItems(draft, command)
    case 'RecallItems':
      return recallItems(draft, command)
    case 'StartWork':
      return startWork(draft, command)
    case 'LoseWork':
      return loseWork(draft, command)
    case 'CompleteWork':
      return completeWork(draft, command)
    case 'FailWork':
      return failWork(draft, command)
    case 'NeedClarification':
      return needClarification(draft, command)
    case 'ReviewItem':
      return reviewItem(draft, command)
    case 'RequestApproval':
      return requestApproval(draft, command)
    case 'SubmitApproval':
      return submitApproval(draft, command)
    case 'AnswerProjectQuestion':
      return answerProjectQuestion(draft, command)
    case 'DecideProjectQuestionByPolicy':
      return decideProjectQuestionByPolicy(draft, command)
    case 'SignalProject':
      return signalProject(draft, command)
    case 'PublishReport':
      return publishReport(draft, command)
  }
}

/**
 * What a project that has ended still hears, beside changes of what failed: a retry takes it up again, a second start is told so, and those that
 * speak for an attempt or give work out are told that there is none.
 */
const HEARD_AFTER_THE_END: readonly ProjectCommandType[] = [
  'StartProject',
  'RetryItem',
  'DispatchItems',
  'RecallItems',
  'StartWork',
  'LoseWork',
  'CompleteWork',
  'FailWork',
  'NeedClarification',
]

/**
 * What a command means for a project: events and effects, or a refusal. Pure: the same state, command and stamp
 * give the same decision. `state` must hold what `getProjectNeeds(command)` names. Throws INVARIANT_BROKEN when
 * something that must be loaded is not, or when an event would take an item where no transition leads.
 */
export const decideProject = (
  state: ProjectState,
  command: ProjectCommand,
  stamp: Stamp,
): Decision<ProjectEvent, ProjectState> => {
  const { project } = state
  if (command.type !== 'StartProject' && !project)
    return refuse('NOT_FOUND', `There is no project ${command.projectId} in this workspace.`, {
      projectId: command.projectId,
    })
  const isHeard =
    HEARD_AFTER_THE_END.includes(command.type) ||
    (command.type === 'UpdateItem' && project?.status === 'failed')
  if (project && isTerminalProject(project.status) && !isHeard)
    return refuse(
      'CONFLICT',
      `The project is ${project.status}; only a failed item that is retried takes it up again.`,
      {
        status: project.status,
      },
    )
  const draft = makeDraft(state, stamp)
  const outcome = dispatch(draft, command)
  if (outcome.type === 'refused') return outcome
  settleProject(draft)
  const { events, effects, state: next } = draft
  return { type: 'accepted', events, effects, state: next, answer: outcome.answer }
}
