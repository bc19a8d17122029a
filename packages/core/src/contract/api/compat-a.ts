import { z } from 'zod'
import { ItemId, ProjectId, QuestionId } from '../../ids.ts'
import { text } from '../../text.ts'
import { Parameters } from '../item.ts'
import { FileName } from '../records.ts'
import { ClarificationMode } from '../run-plan.ts'
import { makeNumberParam, PositionParam } from './paging.ts'

/** The request of the older web page; `csv` is the text of a file of records. */
export const InitProjectRequest = z.strictObject({
  request_text: text(4000, 1),
  name: text(160, 1).optional(),
  hourly_rate: z.number().min(0).max(1_000_000).nullable().optional(),
  csv: text(900_000, 1).optional(),
  csv_name: FileName.default('records.csv'),
  clarification_mode: ClarificationMode.optional(),
})
export type InitProjectRequest = z.infer<typeof InitProjectRequest>

export const ProjectInitialised = z.strictObject({ project_id: ProjectId, state: z.string() })

export const OldQuestionQuery = z.strictObject({
  status: z.enum(['open', 'answered', 'all']).default('open'),
  project_id: ProjectId.optional(),
  limit: makeNumberParam(1, 200).prefault('200'),
  cursor: text(400, 1).optional(),
})
export const OldQuestion = z.strictObject({
  question_id: QuestionId,
  project_id: ProjectId,
  backlog_item_ids: z.array(ItemId),
  question: z.string(),
  fields: z.array(z.string()),
  default_answer: z.string(),
  status: z.enum(['open', 'answered']),
  answer: z.string().nullable(),
  created_at: z.string(),
  answered_at: z.string().nullable(),
})
export type OldQuestion = z.infer<typeof OldQuestion>
export const OldQuestionList = z.strictObject({
  questions: z.array(OldQuestion),
  next_cursor: z.string().nullable(),
})

export const OldAnswerRequest = z.strictObject({
  question_id: QuestionId,
  answer: text(2000, 1),
  values: Parameters.optional(),
})
export const OldAnswerTaken = z.strictObject({ question_id: QuestionId, status: z.literal('answered') })

/** Row AX-40: the fields that the older page polls. */
export const OldProjectStatus = z.strictObject({
  project_id: ProjectId,
  state: z.string(),
  completion_percentage: z.number(),
  blocked_items: z.int(),
  total_items: z.int(),
})

export const OldLogQuery = z.strictObject({
  project_id: ProjectId.optional(),
  /** The beginning of an event's type, such as `WORK.`. */
  type: text(120, 1).optional(),
  /** Part of the line, whatever the case of its letters. */
  q: text(200, 1).optional(),
  after: PositionParam.prefault('0'),
  limit: makeNumberParam(1, 200).prefault('100'),
  /** `text`: a line each, for a terminal. */
  format: z.enum(['json', 'text']).default('json'),
})
export const OldLogList = z.strictObject({
  logs: z.array(
    z.strictObject({
      position: z.int(),
      timestamp: z.string(),
      project_id: z.string().nullable(),
      type: z.string(),
      by: z.string(),
      line: z.string(),
    }),
  ),
  /** Ask for what lies after it to go on: lines that the filters left out are not looked at twice. */
  next_after: z.int(),
})
