import { z } from 'zod'
import { QuestionId, RunId, TaskId } from '../../ids.ts'
import { text } from '../../text.ts'
import { QuestionKind } from '../question.ts'
import { pageQuery } from './paging.ts'

const QuestionStatus = z.enum(['open', 'answered', 'accepted', 'rejected', 'assumed', 'closed'])

/** A question as callers see it. `decidedKind` tells a person's answer from a default taken by policy. */
export const QuestionView = z.strictObject({
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
  status: QuestionStatus,
  version: z.int(),
  deadlineAt: z.string().nullable(),
  answer: z.string().nullable(),
  decidedBy: z.string().nullable(),
  decidedKind: z.enum(['person', 'agent', 'policy']).nullable(),
  createdAt: z.string(),
  decidedAt: z.string().nullable(),
})
export type QuestionView = z.infer<typeof QuestionView>

export const QuestionQuery = z.strictObject({
  ...pageQuery,
  run: RunId.optional(),
  status: QuestionStatus.optional(),
})

/** `change` replaces the answer of a decided question and re-opens what was built upon it. */
export const AnswerRequest = z.strictObject({ answer: text(4000, 1), change: z.boolean().optional() })
export type AnswerRequest = z.infer<typeof AnswerRequest>
