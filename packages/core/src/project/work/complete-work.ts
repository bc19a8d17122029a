import { type Refused, refuse } from '../../decision.ts'
import type { DeliverableDraft } from '../../contract/work-order.ts'
import { DeliverableId } from '../../ids.ts'
import { clipText, getJsonBytes } from '../../clip.ts'
import type { ProjectCommandOf } from '../commands.ts'
import { answered, makeId, type Outcome } from '../../draft.ts'
import { addEvent, type Draft } from '../draft.ts'
import { expectItem } from '../patch.ts'
import type { Item, WorkTask } from '../state.ts'
import { beginItem, findRunning, getDoer } from './fence.ts'
import { applyChecks } from './review.ts'

type Command = ProjectCommandOf<'CompleteWork'>

/** Evidence is part of one ledger entry, which holds 8 KB. */
const MAX_EVIDENCE_BYTES = 5000

const findTwice = (deliverables: readonly DeliverableDraft[]): string | undefined => {
  const names = deliverables.map(({ name }) => name)
  return names.find((name, index) => names.indexOf(name) !== index)
}

/**
 * Why a result is not taken. The engine merges batches and runs the checks before it asks; where the item has
 * changed since, it is told to read it again.
 */
const findFault = (item: Item, command: Command, isLast: boolean): Refused | undefined => {
  if (command.evidence.length === 0)
    return refuse('INVALID_ARGUMENT', 'Evidence is compulsory: say what was computed, run, tested or read.', {
      path: 'evidence',
    })
  const twice = findTwice(command.deliverables) ?? findTwice(command.merged)
  if (twice !== undefined)
    return refuse('INVALID_ARGUMENT', `The deliverable ${twice} was handed in twice.`, {
      path: 'deliverables',
    })
  if (!isLast) return undefined
  if (item.batches > 1 && command.merged.length === 0)
    return refuse('VERSION_CONFLICT', 'All other batches have handed in: this one brings what they come to.')
  const checked = new Set(command.checks.map(({ validator }) => validator))
  const missing = item.definitionOfDone.filter((validator) => !checked.has(validator))
  return missing.length > 0
    ? refuse(
        'VERSION_CONFLICT',
        `The definition of done was not checked as it stands: ${missing.join(', ')}.`,
        { missing },
      )
    : undefined
}

const publish = (
  draft: Draft,
  task: WorkTask,
  of: {
    readonly deliverables: readonly DeliverableDraft[]
    readonly status: 'partial' | 'current'
    readonly agent: string
  },
): readonly DeliverableId[] =>
  of.deliverables.map((deliverable) => {
    const deliverableId = DeliverableId.parse(makeId(draft))
    addEvent(draft, 'DELIVERABLE.PUBLISHED', {
      itemId: task.itemId,
      taskId: task.id,
      deliverableId,
      round: task.round,
      batch: task.batch,
      deliverable,
      agent: of.agent,
      status: of.status,
    })
    return deliverableId
  })

const clipEvidence = (evidence: Command['evidence']): Command['evidence'] => {
  let left = MAX_EVIDENCE_BYTES
  return evidence.flatMap((piece) => {
    const clipped = { ...piece, statement: clipText(piece.statement, 1000, 1200) }
    left -= getJsonBytes(clipped)
    return left >= 0 ? [clipped] : []
  })
}

/**
 * A worker hands in. The last batch completes the item: it is reviewed by its Definition of Done at once, and is
 * then done, waits for persons, or goes into another round.
 */
export const completeWork = (draft: Draft, command: Command): Outcome => {
  const task = findRunning(draft, command)
  if ('code' in task) return task
  const item = expectItem(draft.state, task.itemId)
  const isLast = item.batchesDone + 1 >= item.batches
  const fault = findFault(item, command, isLast)
  if (fault) return fault
  beginItem(draft, task, command)
  const { worker: agent, ...doer } = getDoer(task, command)
  const { tool, toolVersion } = command
  const own = publish(draft, task, {
    deliverables: command.deliverables,
    status: item.batches > 1 ? 'partial' : 'current',
    agent,
  })
  if (!isLast) {
    const { batch, spec } = task
    const told = { ...doer, worker: agent, tool, toolVersion, batch, batches: spec.batches }
    addEvent(draft, 'WORK.BATCH_COMPLETED', told)
    return answered({ itemId: item.id, status: 'in_progress', deliverableIds: own })
  }
  const merged = publish(draft, task, { deliverables: command.merged, status: 'current', agent })
  const evidence = clipEvidence(command.evidence)
  addEvent(draft, 'WORK.ITEM_COMPLETED', { ...doer, worker: agent, tool, toolVersion, evidence })
  applyChecks(draft, item.id, command.checks)
  const { status, reasons } = expectItem(draft.state, item.id)
  return answered({ itemId: item.id, status, deliverableIds: [...own, ...merged], reasons })
}
