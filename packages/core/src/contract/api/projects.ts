import { z } from 'zod'
import { DeliverableId, ItemId, ProjectId, QuestionId, TaskId } from '../../ids.ts'
import { Name, text } from '../../text.ts'
import { ChildCounts, ItemDraft, Parameters, Upload } from '../item.ts'
import { ClarificationMode } from '../run-plan.ts'
import { pageQuery } from './paging.ts'
import { ProjectQuestionView } from './questions.ts'

export const ProjectStatus = z.enum([
  'created',
  'in_progress',
  'awaiting_input',
  'paused',
  'completed',
  'failed',
  'cancelled',
])

/**
 * Asks for a project. Without `template` one is picked by the words of the request, with null there is none;
 * `items` come beside what a template gives. `uploads` are as `POST /v1/uploads` gave them.
 */
export const StartProjectRequest = z.strictObject({
  request: text(4000, 1),
  name: text(160, 1).optional(),
  clarification: ClarificationMode.optional(),
  dispatch: z.enum(['auto', 'manual']).default('auto'),
  template: Name.nullable().optional(),
  /** Win over what is read from the words of the request. */
  parameters: Parameters.default({}),
  uploads: z.array(Upload).max(20).default([]),
  items: z.array(ItemDraft).max(200).default([]),
  questionDeadlineSeconds: z.number().min(1).max(31_536_000).optional(),
})
export type StartProjectRequest = z.infer<typeof StartProjectRequest>

/** A project that was accepted; it is read at `/v1/projects/{projectId}`. `keys` gives the ids of drafts that had one. */
export const ProjectStarted = z.strictObject({
  projectId: ProjectId,
  itemIds: z.array(ItemId),
  keys: z.record(z.string(), ItemId),
  questionIds: z.array(QuestionId),
  version: z.int(),
})
export type ProjectStarted = z.infer<typeof ProjectStarted>

const projectSummary = {
  id: ProjectId,
  name: z.string(),
  status: ProjectStatus,
  mode: ClarificationMode,
  dispatch: z.enum(['auto', 'manual']),
  template: z.string().nullable(),
  /** Items that hold no others, by status. */
  leaves: ChildCounts,
  totalItems: z.int(),
  doneItems: z.int(),
  failedItems: z.int(),
  blockedItems: z.int(),
  /** Share of the items that are done, of those that were not cancelled; from 0 to 100. */
  completionPercent: z.number().min(0).max(100),
  openQuestions: z.int(),
  assumptions: z.int(),
  failureMessage: z.string().nullable(),
  createdAt: z.string(),
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
}

/** A project as one row of the index. */
export const ProjectSummary = z.strictObject(projectSummary)
export type ProjectSummary = z.infer<typeof ProjectSummary>

export const ProjectSignal = z.enum(['pause', 'resume', 'cancel'])
export type ProjectSignal = z.infer<typeof ProjectSignal>

/** A project with all that a page about it shows. `version` is its ledger's last sequence number, also the ETag. */
export const ProjectDetail = z.strictObject({
  ...projectSummary,
  version: z.int(),
  headHash: z.string(),
  request: z.string(),
  templateHash: z.string().nullable(),
  parameters: Parameters,
  uploads: z.array(Upload),
  questionDeadlineMs: z.int(),
  reportDigest: z.string().nullable(),
  questions: z.array(ProjectQuestionView),
  allowedSignals: z.array(ProjectSignal),
})
export type ProjectDetail = z.infer<typeof ProjectDetail>

export const ProjectQuery = z.strictObject({
  ...pageQuery,
  status: ProjectStatus.optional(),
  order: z.enum(['newest', 'oldest']).default('newest'),
})

/** Changes a project: sets parameters, or tells it to pause, resume or end. */
export const ProjectPatch = z
  .strictObject({ parameters: Parameters.optional(), signal: ProjectSignal.optional() })
  .refine(({ parameters, signal }) => (parameters === undefined) !== (signal === undefined), {
    message: 'expected exactly one of parameters and signal',
  })
export type ProjectPatch = z.infer<typeof ProjectPatch>

/** What an item handed in; `content` is read at `/v1/deliverables/{id}/content`. */
export const DeliverableView = z.strictObject({
  id: DeliverableId,
  projectId: ProjectId,
  itemId: ItemId,
  taskId: TaskId.nullable(),
  round: z.int(),
  batch: z.int(),
  name: z.string(),
  type: z.string(),
  digest: z.string(),
  mediaType: z.string(),
  bytes: z.int(),
  confidence: z.number(),
  agent: z.string(),
  simulated: z.boolean(),
  /** `partial`: one batch of several; `superseded`: a later round's stands in its place. */
  status: z.enum(['partial', 'current', 'superseded']),
  createdAt: z.string(),
})
export type DeliverableView = z.infer<typeof DeliverableView>

export const DeliverableQuery = z.strictObject({
  ...pageQuery,
  status: z.enum(['partial', 'current', 'superseded']).optional(),
})

/** The final report: figures by name, the whole as data and as text for people. */
export const ReportView = z.strictObject({
  projectId: ProjectId,
  digest: z.string(),
  totals: z.record(z.string(), z.number()),
  publishedAt: z.string(),
  body: z.unknown(),
  markdown: z.string(),
})
export type ReportView = z.infer<typeof ReportView>

/** A backlog template that comes with the playbook. */
export const TemplateView = z.strictObject({
  template: z.string(),
  title: z.string(),
  description: z.string(),
  hash: z.string(),
  items: z.int(),
  needsRecords: z.boolean(),
  parameters: z.array(z.string()),
})
export const TemplateList = z.strictObject({ items: z.array(TemplateView) })
export type TemplateList = z.infer<typeof TemplateList>
