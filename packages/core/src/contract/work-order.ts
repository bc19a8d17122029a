import { z } from 'zod'
import { DeliverableId, ItemId, ProjectId, TaskId } from '../ids.ts'
import { Count, Digest, Name, Share, text } from '../text.ts'
import { FailureCategory, ItemKind, Parameters } from './item.ts'

/** Rows of the records, counted from 0: from the first to before the last. */
export const RowRange = z
  .strictObject({ from: Count, to: Count })
  .refine(({ from, to }) => to > from, { message: 'expected at least one row' })
export type RowRange = z.infer<typeof RowRange>

/** What another item handed in, for those that wait for it. */
export const WorkInput = z.strictObject({
  itemId: ItemId,
  capability: Name.nullable(),
  deliverableId: DeliverableId,
  name: Name,
  type: Name,
  digest: Digest,
})
export type WorkInput = z.infer<typeof WorkInput>

/** The work of one item, or of one batch of its records, given to one worker: the `spec` of its task. */
export const WorkOrder = z.strictObject({
  id: TaskId,
  projectId: ProjectId,
  itemId: ItemId,
  kind: ItemKind,
  title: text(200, 1),
  description: text(4000),
  capability: Name,
  /** Which time the item is given out, from 1; `batch` of `batches` of that round, from 1. */
  round: z.int().min(1),
  batch: z.int().min(1),
  batches: z.int().min(1),
  records: z.strictObject({ digest: Digest, rows: RowRange }).nullable(),
  parameters: Parameters,
  inputs: z.array(WorkInput).max(200),
  definitionOfDone: z.array(Name),
  /** Why the round before was not good enough. */
  reasons: z.array(text(1000, 1)).max(20),
  budget: z.strictObject({ ms: Count }),
})
export type WorkOrder = z.infer<typeof WorkOrder>

/** One thing known, and where from: the rows and the field of the records, and the unit it is in. */
export const Fact = z.strictObject({
  name: Name,
  value: z.union([z.number(), text(2000)]),
  unit: text(40, 1),
  /** Line numbers in the uploaded file; at most the first 1,000, `rowCount` counts all. */
  rows: z.array(Count).max(1000),
  rowCount: Count,
  field: text(200).nullable(),
  /** Names of facts, parameters or deliverables it was computed from. */
  from: z.array(text(200, 1)).max(100),
})
export type Fact = z.infer<typeof Fact>

/**
 * What every deliverable of the analysing workers holds beside its own content. A claim is a sentence for
 * people; each cites facts by name.
 */
export const DeliverableBody = z.strictObject({
  type: Name,
  agent: text(120, 1),
  confidence: Share,
  simulated: z.boolean(),
  facts: z.array(Fact).max(5000),
  claims: z.array(z.strictObject({ text: text(1000, 1), sources: z.array(text(200, 1)).max(50) })).max(500),
  content: z.json(),
})
export type DeliverableBody = z.infer<typeof DeliverableBody>

/** A deliverable as a worker hands it in: its bytes are a durable blob under `digest`. */
export const DeliverableDraft = z.strictObject({
  name: Name,
  type: Name,
  digest: Digest,
  mediaType: text(120, 1),
  bytes: Count,
  confidence: Share,
  simulated: z.boolean(),
})
export type DeliverableDraft = z.infer<typeof DeliverableDraft>

/** Something a worker did or saw that shows the work was done. */
export const WorkEvidence = z.strictObject({
  kind: z.enum(['computation', 'command', 'test', 'source', 'person']),
  statement: text(1000, 1),
  /** A command's exit code, where there was one. */
  exitCode: z.int().nullable().default(null),
  digest: Digest.nullable().default(null),
})
export type WorkEvidence = z.infer<typeof WorkEvidence>

/** What one validator of the Definition of Done says; the engine runs it, never the worker. */
export const DoneCheck = z.strictObject({
  validator: Name,
  outcome: z.enum(['pass', 'fail']),
  reasons: z.array(text(1000, 1)).max(20),
})
export type DoneCheck = z.infer<typeof DoneCheck>

export const WorkFailure = z.strictObject({
  category: FailureCategory,
  message: text(1000, 1),
  /** Whether another try may go well. */
  retryable: z.boolean().default(true),
})
export type WorkFailure = z.infer<typeof WorkFailure>
