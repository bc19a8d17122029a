import { z } from 'zod'
import { ItemId, ProjectId, QuestionId, TaskId } from '../../ids.ts'
import { Count, Name, text } from '../../text.ts'
import { ItemDraft, Parameters } from '../item.ts'
import { ProjectQuestionDraft } from '../project-question.ts'
import { FileName, RECORD_LIMITS } from '../records.ts'
import { ClarificationMode } from '../run-plan.ts'
import { DeliverableBody, WorkEvidence, WorkFailure } from '../work-order.ts'

/** What fits into a message beside the rest of it; longer tables are uploaded and named by project. */
export const MAX_INLINE_ROWS = 2_000

/** Records as a program has them: objects whose keys are column names. They are read like the rows of a file. */
export const InlineRecords = z.strictObject({
  name: FileName.default('records'),
  rows: z
    .array(
      z
        .record(
          text(200, 1),
          z.union([text(RECORD_LIMITS.cellCharacters), z.number(), z.boolean(), z.null()]),
        )
        .refine((row) => Object.keys(row).length <= RECORD_LIMITS.columns, {
          message: `expected at most ${RECORD_LIMITS.columns} columns`,
        }),
    )
    .min(1)
    .max(MAX_INLINE_ROWS),
})
export type InlineRecords = z.infer<typeof InlineRecords>

/** Which attempt at which task, and whose it is. `attempt` is the one the dispatch named: another is stale. */
const onWork = {
  projectId: ProjectId,
  itemId: ItemId,
  taskId: TaskId,
  attempt: z.int().min(1),
  worker: text(120, 1),
}
const doer = { tool: text(120, 1).default('external'), toolVersion: text(120, 1).default('unknown') }

/** A deliverable as an outsider hands it in: the body itself, since only we keep blobs. */
export const InlineDeliverable = z
  .strictObject({ name: Name, type: Name, body: DeliverableBody })
  .refine(({ type, body }) => type === body.type, {
    message: 'expected the type of the body',
    path: ['type'],
  })
export type InlineDeliverable = z.infer<typeof InlineDeliverable>

/**
 * What outsiders may send, by event type: the data of each. Who sent it is the envelope's `source`; the id of
 * the envelope is the idempotency key. WORK.HEARTBEAT and WORK.WORKER_SEEN come on topic `heartbeats`, all
 * others on `commands`.
 */
export const INBOUND = {
  /** A new project. Without `projectId` one is made from the id of the event. */
  'PROJECT.INITIAL_REQUEST_RECEIVED': z.strictObject({
    projectId: ProjectId.optional(),
    name: text(160, 1).optional(),
    requestText: text(4000, 1),
    mode: ClarificationMode.optional(),
    dispatch: z.enum(['auto', 'manual']).default('auto'),
    template: Name.optional(),
    parameters: Parameters.default({}),
    records: InlineRecords.optional(),
  }),
  'BACKLOG.ITEM_PROPOSED': z.strictObject({
    projectId: ProjectId,
    /** `key`, `parent` and `dependsOn` tie those of one message together. */
    items: z.array(ItemDraft).min(1).max(50),
  }),
  /** A claim: whoever is first gets the task for `leaseMs`, renewed by heartbeats. */
  'WORK.ITEM_STARTED': z.strictObject({
    ...onWork,
    leaseMs: z.int().min(1000).max(3_600_000).default(60_000),
  }),
  'WORK.HEARTBEAT': z.strictObject({
    taskId: TaskId,
    attempt: z.int().min(1),
    worker: text(120, 1),
    pct: z.number().min(0).max(100).optional(),
    etaMs: Count.optional(),
  }),
  /**
   * A worker is there and can do this; to be said at least every 10 s while it holds no work. Nothing is given
   * out to a capability that nobody has said.
   */
  'WORK.WORKER_SEEN': z.strictObject({
    worker: text(120, 1),
    capabilities: z.array(Name).min(1).max(20),
  }),
  'WORK.ITEM_COMPLETED': z.strictObject({
    ...onWork,
    ...doer,
    deliverables: z.array(InlineDeliverable).min(1).max(20),
    evidence: z.array(WorkEvidence).min(1).max(20),
  }),
  'WORK.ITEM_FAILED': z.strictObject({ ...onWork, ...doer, ...WorkFailure.shape }),
  /** The worker lets go of the task. Where it asks nothing itself, the missing fields are asked for. */
  'CLARIFICATION.NEEDED': z.strictObject({
    ...onWork,
    ...doer,
    reason: text(1000, 1),
    missingFields: z.array(text(200, 1)).max(20).default([]),
    questions: z.array(ProjectQuestionDraft).max(10).default([]),
  }),
  /** Of a project or of a run: the question knows whose it is. `values` fill the question's form. */
  'CLARIFICATION.ANSWER_PROVIDED': z.strictObject({
    projectId: ProjectId.optional(),
    questionId: QuestionId,
    answer: text(2000, 1),
    values: Parameters.nullable().default(null),
    change: z.boolean().optional(),
  }),
  'HUMAN.APPROVAL_SUBMITTED': z
    .strictObject({
      projectId: ProjectId,
      questionId: QuestionId.optional(),
      /** Stands for the one approval of it that is open. */
      itemId: ItemId.optional(),
      approved: z.boolean(),
      notes: text(2000).default(''),
    })
    .refine(({ questionId, itemId }) => questionId !== undefined || itemId !== undefined, {
      message: 'expected questionId or itemId',
    }),
} as const satisfies Readonly<Record<string, z.ZodType>>

export type InboundType = keyof typeof INBOUND
export type InboundData<T extends InboundType> = z.infer<(typeof INBOUND)[T]>

/** A message of an outsider that keeps its contract, defaults filled in. */
export type InboundEvent = {
  [T in InboundType]: { readonly type: T; readonly data: InboundData<T> }
}[InboundType]
