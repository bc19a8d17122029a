import { z } from 'zod'
import { ItemId, ProjectId, QuestionId, RunId, WaiverId } from '../../ids.ts'
import { Risk } from '../project-question.ts'
import { pageQuery } from './paging.ts'

export const InboxKind = z.enum([
  'budget',
  'approval',
  'question',
  'waiver',
  'failed-item',
  'persons-item',
  'dead-letters',
  'blocked-item',
])
export type InboxKind = z.infer<typeof InboxKind>

/** How to act: the command at a terminal, and the request that does the same. `…` stands for the person's own words. */
export const InboxAct = z.strictObject({
  about: z.string(),
  command: z.string(),
  method: z.enum(['GET', 'POST', 'DELETE']),
  path: z.string(),
  body: z.record(z.string(), z.unknown()).nullable(),
})
export type InboxAct = z.infer<typeof InboxAct>

/** One thing that needs a person. `rank` is 1 for what holds up most; entries of one rank come oldest first. */
export const InboxEntry = z.strictObject({
  kind: InboxKind,
  rank: z.int().min(1),
  owner: z.enum(['project', 'run', 'workspace']),
  projectId: ProjectId.nullable(),
  runId: RunId.nullable(),
  itemId: ItemId.nullable(),
  questionId: QuestionId.nullable(),
  waiverId: WaiverId.nullable(),
  /** The name of the project or run that it is about. */
  of: z.string(),
  title: z.string(),
  why: z.string(),
  risk: Risk,
  since: z.string(),
  deadlineAt: z.string().nullable(),
  ifNobodyAnswers: z.string(),
  /** Answers to pick from, where they are few. */
  choices: z.array(z.string()),
  acts: z.array(InboxAct).min(1),
})
export type InboxEntry = z.infer<typeof InboxEntry>

export const InboxQuery = z.strictObject({ ...pageQuery, kind: InboxKind.optional() })
