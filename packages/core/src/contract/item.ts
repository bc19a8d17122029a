import { z } from 'zod'
import { ItemId, ProjectId, RunId, TaskId } from '../ids.ts'
import { Count, Digest, Name, text } from '../text.ts'

/** How large a backlog entry is; each kind may hold any smaller one. */
export const ItemKind = z.enum(['epic', 'feature', 'story', 'task'])
export type ItemKind = z.infer<typeof ItemKind>

/** Section 9 of the requirements. There is no "dispatched": that is an event. */
export const ItemStatus = z.enum([
  'created',
  'ready',
  'blocked',
  'in_progress',
  'in_review',
  'done',
  'failed',
  'cancelled',
])
export type ItemStatus = z.infer<typeof ItemStatus>

/** What failed, beyond the retry class (row AX-28). */
export const FailureCategory = z.enum(['TOOL_FAILURE', 'DATA_INSUFFICIENCY', 'REASONING_CONTRADICTION'])
export type FailureCategory = z.infer<typeof FailureCategory>

/** Facts given by a person or a template that work is done with, by name: `hourlyRate`, `avoidablePercent`, … */
export const Parameters = z
  .record(Name, z.union([text(2000), z.number(), z.boolean()]))
  .refine((all) => Object.keys(all).length <= 60, { message: 'expected at most 60 parameters' })
export type Parameters = z.infer<typeof Parameters>

/** A table of records that was uploaded: `digest` of the file as it came, `recordsDigest` of the `Records` read from it. */
export const Upload = z.strictObject({
  name: text(200, 1),
  digest: Digest,
  recordsDigest: Digest,
  rows: Count,
})
export type Upload = z.infer<typeof Upload>

/** A task of a run that an item stands for; the item's status is then the task's. */
export const RunRef = z.strictObject({ runId: RunId, taskId: TaskId.nullable() })
export type RunRef = z.infer<typeof RunRef>

/** Where an item came from. */
export const Provenance = z.strictObject({
  source: z.enum(['template', 'person', 'import', 'split', 'agent', 'schedule']),
  by: text(120, 1),
  /** The template's name and hash, the item that was split, the run or the file that was imported. */
  of: text(200, 1).nullable(),
})
export type Provenance = z.infer<typeof Provenance>

/**
 * An item as somebody hands it in. `key` names it within the same command, so that others of it can be its
 * children or wait for it; `parent` and `dependsOn` take such keys or ids of items that are there.
 */
export const ItemDraft = z.strictObject({
  key: Name.optional(),
  kind: ItemKind,
  title: text(200, 1),
  description: text(4000).default(''),
  /** 1 is done first, 5 last. */
  priority: z.int().min(1).max(5).default(3),
  parent: z.union([ItemId, Name]).nullable().default(null),
  dependsOn: z
    .array(z.union([ItemId, Name]))
    .max(50)
    .default([]),
  /** Who can do it; null for one that only holds others or that people do. */
  capability: Name.nullable().default(null),
  /** Parameters without which it cannot be done: what is missing is asked for. */
  needs: z.array(Name).max(20).default([]),
  /** Validators by name; those of its kind and capability come on top. */
  definitionOfDone: z.array(Name).max(20).default([]),
  /** Persons who have to approve the result; 0 asks nobody. */
  approvals: z.int().min(0).max(10).default(0),
  /** Records in one task at most; more are worked on in several, side by side. Null: all at once. */
  batchRows: z.int().min(1).max(100_000).nullable().default(null),
  labels: z.array(text(60, 1)).max(20).default([]),
  runRef: RunRef.nullable().default(null),
})
export type ItemDraft = z.infer<typeof ItemDraft>

/** What may be changed of an item, without defaults: what is absent stays as it is. */
export const ItemChangeFields = z
  .strictObject({
    kind: ItemKind,
    title: text(200, 1),
    description: text(4000),
    priority: z.int().min(1).max(5),
    capability: Name.nullable(),
    needs: z.array(Name).max(20),
    definitionOfDone: z.array(Name).max(20),
    approvals: z.int().min(0).max(10),
    labels: z.array(text(60, 1)).max(20),
  })
  .partial()

export const ItemChanges = ItemChangeFields.refine((changes) => Object.keys(changes).length > 0, {
  message: 'expected at least one change',
})
export type ItemChanges = z.infer<typeof ItemChanges>

/** How many of an item's children are in each status. */
export const ChildCounts = z.partialRecord(ItemStatus, Count)
export type ChildCounts = z.infer<typeof ChildCounts>

export const ItemRef = z.strictObject({ projectId: ProjectId, itemId: ItemId })
