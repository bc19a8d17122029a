import { z } from 'zod'
import {
  FailureCategory,
  ItemChangeFields,
  ItemKind,
  ItemStatus,
  Parameters,
  Provenance,
  RunRef,
  Upload,
} from '../contract/item.ts'
import { AmbiguityHit, QuestionForm, QuestionPolicy, Risk } from '../contract/project-question.ts'
import { ClarificationMode } from '../contract/run-plan.ts'
import { DeliverableDraft, DoneCheck, WorkEvidence, WorkInput, WorkOrder } from '../contract/work-order.ts'
import { DeliverableId, ItemId, ProjectId, QuestionId, TaskId, WorkspaceId } from '../ids.ts'
import { Count, Digest, Instant, Name, Share, text } from '../text.ts'

const Reasons = z.array(text(400, 1)).max(10)
const ProjectStatus = z.enum([
  'created',
  'in_progress',
  'awaiting_input',
  'paused',
  'completed',
  'failed',
  'cancelled',
])

/** Present in what ends an attempt: who claimed it, when, and with what. */
const attemptEnd = {
  itemId: ItemId,
  taskId: TaskId,
  attempt: z.int().min(1),
  worker: text(120, 1),
  claimedAt: Instant.nullable(),
}
const doer = { tool: text(120, 1), toolVersion: text(120, 1) }

const event = <T extends string, D extends z.ZodRawShape>(type: T, data: D) =>
  z.strictObject({ type: z.literal(type), v: z.literal(1), data: z.strictObject(data) })

/** Everything that can happen to a project, newest version of each event. Each fits into 8 KB. */
export const ProjectEvent = z.discriminatedUnion('type', [
  event('PROJECT.INITIAL_REQUEST_RECEIVED', {
    projectId: ProjectId,
    workspaceId: WorkspaceId,
    name: text(160, 1),
    requestText: text(4000, 1),
    mode: ClarificationMode,
    dispatch: z.enum(['auto', 'manual']),
    template: Name.nullable(),
    templateHash: Digest.nullable(),
    questionDeadlineMs: Count,
  }),
  event('PROJECT.UPLOAD_ATTACHED', { upload: Upload }),
  event('PROJECT.PARAMETERS_SET', { parameters: Parameters, by: text(120, 1) }),
  event('PROJECT.STATUS_CHANGED', { from: ProjectStatus, to: ProjectStatus, reason: text(400) }),

  event('BACKLOG.ITEM_CREATED', {
    itemId: ItemId,
    ordinal: Count,
    kind: ItemKind,
    title: text(200, 1),
    description: text(4000),
    priority: z.int().min(1).max(5),
    parentId: ItemId.nullable(),
    capability: Name.nullable(),
    needs: z.array(Name).max(20),
    definitionOfDone: z.array(Name).max(20),
    approvals: Count,
    batchRows: Count.nullable(),
    labels: z.array(text(60, 1)).max(20),
    runRef: RunRef.nullable(),
    provenance: Provenance,
  }),
  event('BACKLOG.ITEM_UPDATED', {
    itemId: ItemId,
    changes: ItemChangeFields,
    by: text(120, 1),
  }),
  event('BACKLOG.ITEM_MOVED', { itemId: ItemId, parentId: ItemId.nullable(), by: text(120, 1) }),
  event('BACKLOG.ITEM_SPLIT', { itemId: ItemId, into: z.array(ItemId).max(50), by: text(120, 1) }),
  event('BACKLOG.DEPENDENCY_ADDED', { itemId: ItemId, dependsOnId: ItemId }),
  event('BACKLOG.DEPENDENCY_REMOVED', { itemId: ItemId, dependsOnId: ItemId }),
  event('BACKLOG.ITEM_READY', { itemId: ItemId, from: ItemStatus }),
  /** `from` is `blocked` where a further reason came. `joins`: a question of others that it waits for as well. */
  event('BACKLOG.ITEM_BLOCKED', {
    itemId: ItemId,
    from: ItemStatus,
    /** `person` parks it; `parent`: what its parent waits for. */
    cause: z.enum(['question', 'approval', 'dependency', 'person', 'parent']),
    reason: text(400, 1),
    joins: QuestionId.nullable(),
  }),
  /** `to` is `blocked` where one reason is gone and another holds. */
  event('BACKLOG.ITEM_UNBLOCKED', {
    itemId: ItemId,
    to: z.enum(['ready', 'blocked']),
    questionId: QuestionId.nullable(),
    by: text(120, 1),
  }),
  event('BACKLOG.ITEM_CANCELLED', {
    itemId: ItemId,
    from: ItemStatus,
    reason: text(400, 1),
    by: text(120, 1),
  }),
  event('BACKLOG.ITEM_DELETED', { itemId: ItemId, reason: text(400, 1), by: text(120, 1) }),

  /** One task of it is on the queue: `order` without what the item's own row and inputs say. */
  event('WORK.ITEM_DISPATCHED', {
    itemId: ItemId,
    taskId: TaskId,
    agentTarget: Name,
    itemType: ItemKind,
    round: z.int().min(1),
    batch: z.int().min(1),
    batches: z.int().min(1),
    /** The attempt that may take it: raised when it is given out again. */
    attempt: z.int().min(1),
    workContext: z.strictObject({
      records: WorkOrder.shape.records,
      parameters: Parameters,
      inputs: z.array(WorkInput).max(20),
      reasons: Reasons,
    }),
    dueAt: Instant,
  }),
  /** `leaseUntil` where the claim came over the bus and is made by this event. */
  event('WORK.ITEM_STARTED', { ...attemptEnd, startedAt: Instant, leaseUntil: Instant.nullable() }),
  event('WORK.BATCH_COMPLETED', { ...attemptEnd, ...doer, batch: z.int().min(1), batches: z.int().min(1) }),
  /** Handed in: the item is in review now. */
  event('WORK.ITEM_COMPLETED', { ...attemptEnd, ...doer, evidence: z.array(WorkEvidence).max(20) }),
  /** An attempt ended without a result. */
  event('WORK.ATTEMPT_ENDED', {
    ...attemptEnd,
    outcome: z.enum(['failed', 'lost', 'timed_out', 'cancelled', 'clarification']),
    category: FailureCategory.nullable(),
    message: text(1000, 1),
  }),
  /**
   * It goes back to those that wait to be given out: what it held is let go. `tasks` says what becomes of the
   * round: `kept`, its tasks are given out again; `cancelled`, the next one makes new ones.
   */
  event('WORK.ITEM_RELEASED', {
    itemId: ItemId,
    from: ItemStatus,
    tasks: z.enum(['kept', 'cancelled']),
    reason: text(400, 1),
  }),
  event('WORK.ITEM_FAILED', {
    itemId: ItemId,
    from: ItemStatus,
    reason: text(1000, 1),
    category: FailureCategory,
  }),
  event('WORK.ITEM_RETRIED', { itemId: ItemId, by: text(120, 1) }),
  /** `to` is what the item is by this word; `in_review` where more is needed, `in_progress` to be mended. */
  event('WORK.ITEM_REVIEWED', {
    itemId: ItemId,
    to: z.enum(['done', 'in_review', 'in_progress']),
    result: z.enum(['approved', 'rejected', 'needs_changes']),
    reviewer: text(120, 1),
    notes: text(2000),
    checks: z.array(DoneCheck.extend({ reasons: Reasons })).max(40),
  }),
  event('DELIVERABLE.PUBLISHED', {
    itemId: ItemId,
    taskId: TaskId.nullable(),
    deliverableId: DeliverableId,
    round: z.int().min(1),
    batch: z.int().min(1),
    deliverable: DeliverableDraft,
    agent: text(120, 1),
    status: z.enum(['partial', 'current']),
  }),

  event('CLARIFICATION.AMBIGUITY_FOUND', { score: Share, hits: z.array(AmbiguityHit).max(20) }),
  event('CLARIFICATION.NEEDED', {
    itemId: ItemId,
    agent: text(120, 1),
    reason: text(1000, 1),
    missingFields: z.array(text(200, 1)).max(20),
  }),
  event('CLARIFICATION.QUESTION_ASKED', {
    questionId: QuestionId,
    kind: z.literal('question'),
    itemIds: z.array(ItemId).max(50),
    askedBy: text(120, 1),
    text: text(2000, 1),
    fields: z.array(text(200, 1)).max(20),
    form: QuestionForm.nullable(),
    defaultAnswer: text(2000, 1),
    defaultValues: Parameters,
    impact: text(1000, 1),
    risk: Risk,
    policy: QuestionPolicy,
    deadlineAt: Instant.nullable(),
  }),
  event('CLARIFICATION.QUESTION_ESCALATED', { questionId: QuestionId, version: z.int().min(1) }),
  event('CLARIFICATION.ANSWER_PROVIDED', {
    questionId: QuestionId,
    itemIds: z.array(ItemId).max(50),
    answer: text(2000),
    values: Parameters.nullable(),
    status: z.enum(['accepted', 'assumed']),
    decidedBy: text(120, 1),
    decidedKind: z.enum(['person', 'agent', 'policy']),
    version: z.int().min(1),
  }),
  event('CLARIFICATION.QUESTION_CLOSED', { questionId: QuestionId, reason: text(200, 1) }),
  event('HUMAN.APPROVAL_REQUESTED', {
    questionId: QuestionId,
    itemId: ItemId,
    agent: text(120, 1),
    reason: text(2000, 1),
    quorum: z.int().min(1),
    risk: Risk,
    policy: QuestionPolicy,
    deadlineAt: Instant.nullable(),
  }),
  event('HUMAN.APPROVAL_SUBMITTED', {
    questionId: QuestionId,
    itemId: ItemId,
    approved: z.boolean(),
    notes: text(2000),
    by: text(120, 1),
    byKind: z.enum(['person', 'agent', 'policy']),
    votes: z.int().min(1),
    quorum: z.int().min(1),
    /** Whether this vote decides. */
    decided: z.boolean(),
    version: z.int().min(1),
  }),

  event('REPORT.PROJECT_SNAPSHOT_PUBLISHED', {
    state: ProjectStatus,
    total: Count,
    done: Count,
    failed: Count,
    blocked: Count,
    completion: Share,
  }),
  event('REPORT.FINAL_PUBLISHED', {
    deliverableId: DeliverableId,
    digest: Digest,
    bytes: Count,
    totals: z.record(Name, z.number()),
  }),
])
export type ProjectEvent = z.infer<typeof ProjectEvent>
export type ProjectEventType = ProjectEvent['type']
export type ProjectEventOf<T extends ProjectEventType> = Extract<ProjectEvent, { type: T }>
export type ProjectEventAt = ProjectEvent & { readonly at: string }
