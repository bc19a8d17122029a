import { z } from 'zod'
import { ItemId, ProjectId, RunId, TaskId } from '../../ids.ts'
import { Name, text } from '../../text.ts'
import { ChildCounts, FailureCategory, ItemDraft, ItemKind, ItemStatus, Provenance } from '../item.ts'
import { CloudEvent } from './events.ts'
import { afterQuery, pageQuery } from './paging.ts'
import { DeliverableView } from './projects.ts'
import { ProjectQuestionView } from './questions.ts'

/** The run's task (or the whole run) that an item stands for, and how it is with it. */
export const RunRefView = z.strictObject({ runId: RunId, taskId: TaskId.nullable(), status: z.string() })

const item = {
  id: ItemId,
  projectId: ProjectId,
  kind: ItemKind,
  title: z.string(),
  description: z.string(),
  /** Of an item that stands for a run's task this is what the task's status comes to. */
  status: ItemStatus,
  priority: z.int(),
  ordinal: z.int(),
  parentId: ItemId.nullable(),
  /** Its children by status; empty for one that holds no others. */
  children: ChildCounts,
  waitingOn: z.int(),
  openQuestions: z.int(),
  capability: z.string().nullable(),
  needs: z.array(z.string()),
  definitionOfDone: z.array(z.string()),
  approvals: z.int(),
  batchRows: z.int().nullable(),
  labels: z.array(z.string()),
  runRef: RunRefView.nullable(),
  provenance: Provenance,
  round: z.int(),
  batches: z.int(),
  batchesDone: z.int(),
  failures: z.int(),
  maxRounds: z.int(),
  /** Whether a person parked it: then only a person takes it up again. */
  isHeld: z.boolean(),
  blockedReason: z.string().nullable(),
  reasons: z.array(z.string()),
  failureCategory: FailureCategory.nullable(),
  failureMessage: z.string().nullable(),
  /** Raised by each change, also the ETag: send it as `If-Match` with a change. */
  version: z.int(),
  createdAt: z.string(),
  readyAt: z.string().nullable(),
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
}

/** An item as one row of a list. */
export const ItemView = z.strictObject(item)
export type ItemView = z.infer<typeof ItemView>

/** A row of the tree, which comes parents first; `depth` is 0 for one without a parent. */
export const ItemTreeRow = z.strictObject({ ...item, depth: z.int() })
export type ItemTreeRow = z.infer<typeof ItemTreeRow>

const Edge = z.strictObject({ itemId: ItemId, title: z.string(), status: ItemStatus })

/** One task of an item on the queue. */
export const WorkView = z.strictObject({
  taskId: TaskId,
  capability: z.string(),
  status: z.enum(['pending', 'ready', 'running', 'parked', 'completed', 'failed', 'cancelled']),
  round: z.int(),
  batch: z.int(),
  attempt: z.int(),
  claimedBy: z.string().nullable(),
  claimedAt: z.string().nullable(),
  leaseUntil: z.string().nullable(),
  heartbeatAt: z.string().nullable(),
  failureMessage: z.string().nullable(),
  createdAt: z.string(),
  endedAt: z.string().nullable(),
})
export type WorkView = z.infer<typeof WorkView>

/** An item with all that a page about it shows; `history` holds its newest events, oldest first. */
export const ItemDetail = z.strictObject({
  ...item,
  isDeleted: z.boolean(),
  ancestors: z.array(Edge),
  dependsOn: z.array(Edge),
  dependents: z.array(Edge),
  work: z.array(WorkView),
  deliverables: z.array(DeliverableView),
  questions: z.array(ProjectQuestionView),
  history: z.array(CloudEvent),
})
export type ItemDetail = z.infer<typeof ItemDetail>

const filters = {
  status: ItemStatus.optional(),
  kind: ItemKind.optional(),
  capability: Name.optional(),
  label: text(60, 1).optional(),
  /** Part of the title or the description, whatever the case of its letters. */
  text: text(200, 1).optional(),
}

/** `parent` gives the children of an item, or with `none` those without a parent. */
export const ItemQuery = z.strictObject({
  ...pageQuery,
  ...filters,
  parent: z.union([ItemId, z.literal('none')]).optional(),
})
export const AllItemsQuery = z.strictObject({ ...pageQuery, ...filters, project: ProjectId.optional() })
export const HistoryQuery = z.strictObject(afterQuery)

export const AddItemsRequest = z.strictObject({ items: z.array(ItemDraft).min(1).max(500) })
export type AddItemsRequest = z.infer<typeof AddItemsRequest>

/** Items from a document of drafts (a list, or a mapping with `items`), or from what a run's stories say. */
export const ImportRequest = z
  .strictObject({
    format: z.enum(['json', 'yaml']).optional(),
    content: text(1_000_000, 1).optional(),
    run: RunId.optional(),
  })
  .refine(
    ({ format, content, run }) =>
      run === undefined
        ? format !== undefined && content !== undefined
        : format === undefined && content === undefined,
    { message: 'expected either format and content, or run' },
  )
export type ImportRequest = z.infer<typeof ImportRequest>

/** What was made, in the order of the drafts, and the ids of those that had a key; empty where an import found all of it there already. */
export const ItemsAdded = z.strictObject({
  itemIds: z.array(ItemId),
  keys: z.record(z.string(), ItemId),
  version: z.int(),
})
export type ItemsAdded = z.infer<typeof ItemsAdded>

export const MoveItemRequest = z.strictObject({ parentId: ItemId.nullable() })
export const SplitItemRequest = z.strictObject({ into: z.array(ItemDraft).min(2).max(50) })
export type SplitItemRequest = z.infer<typeof SplitItemRequest>
export const ItemReason = z.strictObject({ reason: text(400, 1) })
export const DeleteItemQuery = z.strictObject({ reason: text(400, 1).default('deleted by its owner') })
export const ReviewItemRequest = z.strictObject({
  result: z.enum(['approved', 'rejected', 'needs_changes']),
  notes: text(2000).default(''),
})
export const DependencyRequest = z.strictObject({ dependsOnId: ItemId })
/** `capability` takes the place of the item's own for this time. */
export const DispatchItemRequest = z.strictObject({ capability: Name.optional() })

/** Asks persons for leave before the item goes on. */
export const ApprovalRequest = z.strictObject({
  reason: text(2000, 1),
  quorum: z.int().min(1).max(10).default(1),
})
export const ApprovalVote = z.strictObject({ approved: z.boolean(), notes: text(2000).default('') })
export type ApprovalVote = z.infer<typeof ApprovalVote>
