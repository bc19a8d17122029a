import { z } from 'zod'
import { ItemId, ProjectId, QuestionId, RunId, TaskId } from '../../ids.ts'
import { text } from '../../text.ts'
import { Parameters } from '../item.ts'
import { QuestionForm, QuestionPolicy, Risk } from '../project-question.ts'
import { QuestionKind } from '../question.ts'
import { pageQuery } from './paging.ts'

export const QuestionStatus = z.enum(['open', 'answered', 'accepted', 'rejected', 'assumed', 'closed'])

const decided = {
  status: QuestionStatus,
  version: z.int(),
  deadlineAt: z.string().nullable(),
  answer: z.string().nullable(),
  decidedBy: z.string().nullable(),
  decidedKind: z.enum(['person', 'agent', 'policy']).nullable(),
  createdAt: z.string(),
  decidedAt: z.string().nullable(),
}

/** A question of a run as callers see it. `decidedKind` tells a person's answer from a default taken by policy. */
export const QuestionView = z.strictObject({
  owner: z.literal('run'),
  id: QuestionId,
  runId: RunId,
  /** An approval is answered by `approve`, or by `reject: ` and why. */
  kind: QuestionKind,
  phase: z.string(),
  taskId: TaskId.nullable(),
  askedBy: z.string(),
  text: z.string(),
  category: z.enum(['clarification', 'validation', 'assumption', 'risk']),
  priority: z.enum(['high', 'medium', 'low']),
  decisionImpact: z.string(),
  defaultAnswer: z.string(),
  /** What it is about, by name. */
  fields: z.array(z.string()),
  /** A JSON Schema for `values`; null where it is answered in words alone. */
  form: QuestionForm.nullable(),
  defaultValues: Parameters,
  /** Null where the asker did not say. */
  risk: Risk.nullable(),
  /** What happens at the deadline; null in what older releases asked, which took the default. */
  policy: QuestionPolicy.nullable(),
  escalatedAt: z.string().nullable(),
  values: Parameters.nullable(),
  ...decided,
})
export type QuestionView = z.infer<typeof QuestionView>

/**
 * A question of a project, or an approval that it waits for. `itemIds` are the items that are blocked until it
 * is decided; where there is none the whole project waits. `form` is a JSON Schema for `values`.
 */
export const ProjectQuestionView = z.strictObject({
  owner: z.literal('project'),
  id: QuestionId,
  projectId: ProjectId,
  itemIds: z.array(ItemId),
  kind: z.enum(['question', 'approval']),
  askedBy: z.string(),
  text: z.string(),
  fields: z.array(z.string()),
  form: QuestionForm.nullable(),
  defaultAnswer: z.string(),
  defaultValues: Parameters,
  impact: z.string(),
  risk: Risk,
  /** What happens at the deadline: `wait` has none, `decide` takes the default, `escalate` tells again. */
  policy: QuestionPolicy,
  escalatedAt: z.string().nullable(),
  values: Parameters.nullable(),
  quorum: z.int(),
  votes: z.array(
    z.strictObject({ by: z.string(), approved: z.boolean(), notes: z.string(), at: z.string() }),
  ),
  ...decided,
})
export type ProjectQuestionView = z.infer<typeof ProjectQuestionView>

/** A question, whoever it belongs to. */
export const AnyQuestionView = z.discriminatedUnion('owner', [QuestionView, ProjectQuestionView])
export type AnyQuestionView = z.infer<typeof AnyQuestionView>

export const QuestionQuery = z.strictObject({
  ...pageQuery,
  run: RunId.optional(),
  project: ProjectId.optional(),
  status: QuestionStatus.optional(),
})

/**
 * `values` fill the question's form. `change` replaces the answer of a decided question and
 * re-opens what was built upon it.
 */
export const AnswerRequest = z.strictObject({
  answer: text(4000, 1),
  values: Parameters.nullable().optional(),
  change: z.boolean().optional(),
})
export type AnswerRequest = z.infer<typeof AnswerRequest>
