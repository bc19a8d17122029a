import { refuse } from '../../decision.ts'
import type { ProjectCommandOf } from '../commands.ts'
import { answered, getActor, type Outcome } from '../../draft.ts'
import type { Draft } from '../draft.ts'
import { cancelLeaf, listOpenLeaves, listSubtree } from '../items/end-items.ts'
import { expectItem, isParent } from '../patch.ts'
import { mendOrFail } from '../work/review.ts'
import { recordVote } from './approvals.ts'

/** What a rejection makes of its item, beyond what its event says. */
const applyRejection = (draft: Draft, itemId: string, notes: string): void => {
  const item = expectItem(draft.state, itemId)
  if (item.status === 'in_progress' && !isParent(item)) {
    mendOrFail(draft, itemId, `Rejected: ${notes}`)
    return
  }
  // It asked for leave before it went on, and was refused: there is nothing to mend.
  for (const leaf of listOpenLeaves(listSubtree(draft, item)))
    cancelLeaf(draft, expectItem(draft.state, leaf.id), `Leave was refused: ${notes}`)
}

/**
 * One person's vote. Each person has one; a rejection decides at once, leave takes as many persons as the quorum.
 * What is rejected in review is mended for the notes' reason, or fails where rounds are used up.
 */
export const submitApproval = (draft: Draft, command: ProjectCommandOf<'SubmitApproval'>): Outcome => {
  const question = draft.state.questions.get(command.questionId)
  if (question?.kind !== 'approval')
    return refuse('NOT_FOUND', `The project has no approval ${command.questionId}.`, {
      questionId: command.questionId,
    })
  if (question.status !== 'open')
    return refuse('ALREADY_DECIDED', `The approval was decided by ${question.decidedBy ?? 'nobody'}.`, {
      questionId: question.id,
      decidedBy: question.decidedBy,
      version: question.version,
    })
  if (draft.stamp.by.kind !== 'person') return refuse('FORBIDDEN', 'Only a person approves or rejects.')
  const actor = getActor(draft)
  if (question.votes.some(({ by }) => by === actor))
    return refuse('ALREADY_DECIDED', `${actor} has voted on this already; each person has one vote.`, {
      questionId: question.id,
    })
  const { approved, notes } = command
  if (!approved && notes.trim() === '')
    return refuse('INVALID_ARGUMENT', 'A rejection says why: notes are what the next round is told.', {
      path: 'notes',
    })
  const decided = !approved || question.votes.length + 1 >= question.quorum
  const [itemId] = question.itemIds
  if (itemId === undefined)
    return refuse('CONFLICT', 'The approval is about no item.', { questionId: question.id })
  recordVote(draft, question, { approved, notes, decided })
  if (decided) draft.decided = question.id
  if (!approved) applyRejection(draft, itemId, notes)
  const { status } = expectItem(draft.state, itemId)
  const votes = question.votes.length + 1
  return answered({ questionId: question.id, itemId, decided, votes, quorum: question.quorum, status })
}
