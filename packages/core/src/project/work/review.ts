import type { DoneCheck } from '../../contract/work-order.ts'
import { clipList, clipText, getJsonBytes } from '../../clip.ts'
import { addEvent, type Draft } from '../draft.ts'
import { expectItem } from '../patch.ts'
import { askApproval } from '../questions/approvals.ts'
import type { Item } from '../state.ts'
import { failItem } from './fail-work.ts'

/** The name under which the Definition of Done speaks. */
export const DEFINITION_OF_DONE = 'definition-of-done'

/** Checks are part of one ledger entry, which holds 8 KB; those that failed come first with their reasons. */
const MAX_CHECK_BYTES = 5000

const clipChecks = (checks: readonly DoneCheck[]): DoneCheck[] => {
  let left = MAX_CHECK_BYTES
  const failedFirst = [...checks].sort((a, b) =>
    a.outcome === b.outcome ? 0 : a.outcome === 'fail' ? -1 : 1,
  )
  return failedFirst.flatMap((check) => {
    const reasons = clipList(check.reasons, {
      count: 10,
      maxChars: 400,
      maxBytes: Math.max(0, Math.min(1200, left - 200)),
    })
    const clipped = { ...check, reasons }
    left -= getJsonBytes(clipped)
    return left >= 0 ? [clipped] : []
  })
}

/** After a word that was not good enough: another round for these reasons, or the end where rounds are used up. */
export const mendOrFail = (draft: Draft, itemId: string, reason: string): void => {
  const item = expectItem(draft.state, itemId)
  const why = reason === '' ? 'The result was not good enough.' : reason
  if (item.failures >= item.maxRounds) {
    failItem(draft, itemId, {
      category: 'REASONING_CONTRADICTION',
      reason: `Not good enough after ${item.failures} of ${item.maxRounds} rounds: ${why}`,
    })
    return
  }
  addEvent(draft, 'WORK.ITEM_RELEASED', {
    itemId: item.id,
    from: item.status,
    tasks: 'cancelled',
    reason: clipText(why, 400, 800),
  })
}

/** Whether the round that is judged badly now was the last. */
export const isLastRound = ({ failures, maxRounds }: Item): boolean => failures + 1 >= maxRounds

/** What the checks of the Definition of Done make of an item in review. */
export const applyChecks = (draft: Draft, itemId: string, checks: readonly DoneCheck[]): void => {
  const item = expectItem(draft.state, itemId)
  const failed = checks.filter(({ outcome }) => outcome === 'fail')
  const told = { itemId: item.id, reviewer: DEFINITION_OF_DONE, notes: '', checks: clipChecks(checks) }
  if (failed.length > 0) {
    const to = isLastRound(item) ? 'in_review' : 'in_progress'
    addEvent(draft, 'WORK.ITEM_REVIEWED', { ...told, to, result: 'needs_changes' })
    const names = failed.map(({ validator }) => validator).join(', ')
    mendOrFail(
      draft,
      itemId,
      `The definition of done is not met: ${names}. ${failed[0]?.reasons[0] ?? ''}`.trim(),
    )
    return
  }
  const to = item.approvals > 0 ? 'in_review' : 'done'
  addEvent(draft, 'WORK.ITEM_REVIEWED', { ...told, to, result: 'approved' })
  if (item.approvals > 0)
    askApproval(draft, expectItem(draft.state, itemId), {
      reason: 'Its definition of done is met; whether it is good is for people to say.',
      quorum: item.approvals,
      agent: DEFINITION_OF_DONE,
    })
}
