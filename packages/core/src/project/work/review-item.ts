import { type Refused, refuse } from '../../decision.ts'
import { clipText } from '../../clip.ts'
import type { ProjectCommandOf } from '../commands.ts'
import { answered, getActor, type Outcome } from '../../draft.ts'
import { addEvent, type Draft, isRefused } from '../draft.ts'
import { blockItem } from '../items/settle-items.ts'
import { findItem } from '../items/find-item.ts'
import { expectItem, expectProject, isParent } from '../patch.ts'
import { askApproval, findOpenApproval } from '../questions/approvals.ts'
import { isTerminalItem, type Item } from '../state.ts'
import { refuseTransition } from '../transitions.ts'
import { letGo } from './let-go.ts'
import { isLastRound, mendOrFail } from './review.ts'

type Review = ProjectCommandOf<'ReviewItem'>

/** Whether people do an item: it names no capability, so nobody is given it. */
const isDoneByPeople = ({ capability, status }: Item): boolean => capability === null && status === 'ready'

const findReviewFault = (draft: Draft, item: Item, { result, notes }: Review): Refused | undefined => {
  const details = { itemId: item.id, status: item.status }
  if (isParent(item))
    return refuse('CONFLICT', `"${item.title}" holds others: its status follows from theirs.`, details)
  if (item.runRef !== null)
    return refuse('CONFLICT', `"${item.title}" stands for work of a run, which reviews it.`, details)
  if (notes.trim() === '' && (result !== 'approved' || isDoneByPeople(item)))
    return refuse(
      'INVALID_ARGUMENT',
      'Notes are compulsory here: say what was done, or what is to be mended.',
      { path: 'notes' },
    )
  if (item.status === 'done') return result === 'approved' ? undefined : refuseTransition(item, 'in_progress')
  if (item.status === 'in_review') {
    const approval = findOpenApproval(draft, item.id)
    return approval
      ? refuse('CONFLICT', `"${item.title}" waits for the approval ${approval.id}; vote there.`, {
          ...details,
          questionId: approval.id,
        })
      : undefined
  }
  if (isDoneByPeople(item) && result === 'approved')
    return draft.stamp.by.kind === 'person'
      ? undefined
      : refuse('FORBIDDEN', 'Only a person says that people have done it.')
  return refuse('CONFLICT', `"${item.title}" is ${item.status}; nothing of it is in review.`, details)
}

/**
 * A word on what is in review. An item without a capability is done by people: a person who approves it, and says
 * what was done, has begun it, handed it in and, where nobody's leave is asked, reviewed it in one. On what is done already approval is only put
 * on record; there is no way back from done.
 */
export const reviewItem = (draft: Draft, command: Review): Outcome => {
  const item = findItem(draft, command.itemId)
  if (isRefused(item)) return item
  const fault = findReviewFault(draft, item, command)
  if (fault) return fault
  const { result, notes } = command
  const isGood = result === 'approved'
  const by = getActor(draft)
  // Whoever did it speaks for having done it; whether it is good is for as many persons as were asked for.
  const needsLeave = isGood && isDoneByPeople(item) && item.approvals > 0
  const good = needsLeave ? 'in_review' : 'done'
  addEvent(draft, 'WORK.ITEM_REVIEWED', {
    itemId: item.id,
    to: isGood ? good : isLastRound(item) ? 'in_review' : 'in_progress',
    result,
    reviewer: by,
    notes: notes === '' ? '' : clipText(notes, 2000, 3000),
    checks: [],
  })
  if (needsLeave)
    askApproval(draft, expectItem(draft.state, item.id), {
      reason: `${by} says that it is done: ${notes}`,
      quorum: item.approvals,
      agent: by,
    })
  if (!isGood) mendOrFail(draft, item.id, notes)
  return answered({ itemId: item.id, status: expectItem(draft.state, item.id).status })
}

/** Asks persons for leave before an item goes on. Until they have spoken it is blocked, or stays in review. */
export const requestApproval = (
  draft: Draft,
  { itemId, reason, quorum }: ProjectCommandOf<'RequestApproval'>,
): Outcome => {
  const item = findItem(draft, itemId)
  if (isRefused(item)) return item
  if (isParent(item) || item.runRef !== null || isTerminalItem(item.status))
    return refuse(
      'CONFLICT',
      `Leave is asked for an item that is open and holds no others; "${item.title}" is not.`,
      {
        itemId,
        status: item.status,
      },
    )
  const open = findOpenApproval(draft, itemId)
  if (open) return answered({ itemId, questionId: open.id, status: item.status })
  const waits = expectProject(draft.state).mode !== 'autonomous'
  if (waits) letGo(draft, item, 'Leave is asked before it goes on.')
  const questionId = askApproval(draft, expectItem(draft.state, itemId), {
    reason,
    quorum,
    agent: getActor(draft),
  })
  const { status } = expectItem(draft.state, itemId)
  if (waits && (status === 'ready' || status === 'blocked'))
    blockItem(draft, expectItem(draft.state, itemId), {
      cause: 'approval',
      reason: `Waits for leave: ${reason}`,
    })
  return answered({ itemId, questionId, status: expectItem(draft.state, itemId).status })
}
