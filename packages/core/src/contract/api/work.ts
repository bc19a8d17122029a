import { z } from 'zod'
import { DeliverableId, ItemId, ProjectId, TaskId } from '../../ids.ts'
import { Name, text } from '../../text.ts'
import { ProjectQuestionDraft } from '../project-question.ts'
import { RecordRow } from '../records.ts'
import { DeliverableBody, WorkEvidence, WorkFailure, WorkInput, WorkOrder } from '../work-order.ts'
import { makeNumberParam } from './paging.ts'

/** Rows that come with the work itself; where there are more, all are read at its `recordsUrl`. */
export const INLINE_ROWS = 2000

/** What a worker says when it wants work of a backlog. */
export const ClaimWorkRequest = z.strictObject({
  worker: text(120, 1),
  capabilities: z.array(Name).min(1).max(20),
  limit: z.int().min(1).max(20).default(1),
  leaseSeconds: z.number().min(5).max(3600).default(60),
})
export type ClaimWorkRequest = z.infer<typeof ClaimWorkRequest>

/**
 * Work in the hands of a worker. `token` stands for this attempt and nothing else: it goes into
 * `Authorization: Bearer` of what the worker does for it, here and at `/v1/tasks/{id}/heartbeat`.
 */
export const ClaimedWork = z.strictObject({
  order: WorkOrder,
  attempt: z.int().min(1),
  claimedAt: z.string(),
  leaseUntil: z.string(),
  checkpoint: z.strictObject({ token: z.string(), data: z.unknown(), createdAt: z.string() }).nullable(),
  /** The rows of the order, where it has some and they are few. */
  rows: z.array(RecordRow).nullable(),
  recordsUrl: z.string().nullable(),
  inputs: z.array(WorkInput.extend({ url: z.string() })),
  token: z.string(),
})
export type ClaimedWork = z.infer<typeof ClaimedWork>

export const ClaimedWorkList = z.strictObject({ work: z.array(ClaimedWork) })
export type ClaimedWorkList = z.infer<typeof ClaimedWorkList>

/** Rows after that many of the order's own. */
export const WorkRowsQuery = z.strictObject({
  after: makeNumberParam(0, 1_000_000).prefault('0'),
  limit: makeNumberParam(1, 5000).prefault('2000'),
})
export const WorkRows = z.strictObject({
  total: z.int(),
  items: z.array(RecordRow),
  nextAfter: z.int().nullable(),
})
export type WorkRows = z.infer<typeof WorkRows>

/** The attempt is the token's; saying it too guards against mixing up tokens. */
const doer = {
  attempt: z.int().min(1).optional(),
  tool: text(120, 1).default('external'),
  toolVersion: text(120, 1).default('unknown'),
}

export const CompleteWorkRequest = z.strictObject({
  ...doer,
  deliverables: z
    .array(z.strictObject({ name: Name, body: DeliverableBody }))
    .min(1)
    .max(20),
  evidence: z.array(WorkEvidence).max(20).default([]),
})
export type CompleteWorkRequest = z.infer<typeof CompleteWorkRequest>

export const FailWorkRequest = z.strictObject({ ...doer, ...WorkFailure.shape })
export type FailWorkRequest = z.infer<typeof FailWorkRequest>

/** The worker cannot go on. Without `questions` one is made of the fields that are missing. */
export const ClarifyWorkRequest = z.strictObject({
  ...doer,
  reason: text(1000, 1),
  missingFields: z.array(text(200, 1)).max(20).default([]),
  questions: z.array(ProjectQuestionDraft).max(10).default([]),
})
export type ClarifyWorkRequest = z.infer<typeof ClarifyWorkRequest>

/** A worker of the workspace that was heard of. */
export const WorkerView = z.strictObject({
  worker: z.string(),
  capabilities: z.array(z.string()),
  isAlive: z.boolean(),
  startedAt: z.string(),
  seenAt: z.string(),
  /** Work that it holds at present. */
  holds: z.array(z.strictObject({ taskId: TaskId, itemId: ItemId, projectId: ProjectId, title: z.string() })),
})
export type WorkerView = z.infer<typeof WorkerView>
export const WorkerList = z.strictObject({ items: z.array(WorkerView) })
export type WorkerList = z.infer<typeof WorkerList>

export const InputRefParams = z.strictObject({ id: TaskId, input: DeliverableId })
