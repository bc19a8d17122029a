import { clipList, clipText } from '../../clip.ts'
import type { ProjectCommandOf } from '../commands.ts'
import { answered, type Outcome } from '../../draft.ts'
import { addEvent, type Draft } from '../draft.ts'
import { expectItem, expectProject } from '../patch.ts'
import { blockItem } from '../items/settle-items.ts'
import { findQuestionFault } from '../../question/check-form.ts'
import { askQuestion } from '../questions/ask-questions.ts'
import { failItem } from './fail-work.ts'
import { beginItem, findRunning, getDoer } from './fence.ts'
import { letGo } from './let-go.ts'

/** Times an item is given out before a worker that still asks is not answered any more: it would ask for ever. */
const MAX_ROUNDS_ASKED = 10

/**
 * The worker cannot go on without being told something. Its attempt ends, what the item held is let go, and the
 * item is blocked until it is told; what policy decides at once lets it go on at once.
 */
export const needClarification = (draft: Draft, command: ProjectCommandOf<'NeedClarification'>): Outcome => {
  const task = findRunning(draft, command)
  if ('code' in task) return task
  for (const asked of command.questions) {
    const fault = findQuestionFault(asked)
    if (fault) return fault
  }
  beginItem(draft, task, command)
  const doer = getDoer(task, command)
  const reason = clipText(command.reason, 1000, 1600)
  addEvent(draft, 'WORK.ATTEMPT_ENDED', {
    ...doer,
    outcome: 'clarification',
    category: null,
    message: reason,
  })
  addEvent(draft, 'CLARIFICATION.NEEDED', {
    itemId: task.itemId,
    agent: doer.worker,
    reason,
    missingFields: clipList(command.missingFields, { count: 20, maxChars: 200 }),
  })
  const item = expectItem(draft.state, task.itemId)
  if (item.round >= MAX_ROUNDS_ASKED) {
    failItem(draft, item.id, {
      category: 'DATA_INSUFFICIENCY',
      reason: `Still unclear after it was given out ${item.round} times: ${reason}`,
    })
    return answered({ itemId: item.id, status: 'failed', questionIds: [] })
  }
  letGo(draft, item, reason)
  const asker = { itemIds: [item.id], askedBy: task.capability }
  const questionIds = command.questions.flatMap((asked) => askQuestion(draft, asked, asker))
  const asked = expectItem(draft.state, item.id)
  if (asked.status === 'ready' && asked.openQuestions > 0)
    blockItem(draft, asked, { cause: 'question', reason })
  const { status } = expectItem(draft.state, item.id)
  const { parameters } = expectProject(draft.state)
  return answered({ itemId: item.id, status, questionIds: [...new Set(questionIds)], parameters })
}
