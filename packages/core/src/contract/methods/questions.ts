import { z } from 'zod'
import { ProjectId, QuestionId, RunId, TaskId } from '../../ids.ts'
import { Count, text } from '../../text.ts'
import { AnyQuestionView, QuestionStatus } from '../api/questions.ts'
import { Parameters } from '../item.ts'
import { ProjectQuestionDraft } from '../project-question.ts'
import { makeMethod } from './method.ts'
import { hint, key, page } from './shared.ts'

export const ASK_QUESTION = makeMethod({
  name: 'ask_question',
  about:
    'Asks what you cannot find out while you work on a task of an item, and lets go of the task: it is given out again once the answer is there. Give each question a default that holds if nobody answers; without questions one is made of `missing_fields`. A task of a run hands its questions in with complete_task.',
  permission: 'questions:ask',
  isForTasks: true,
  isReadOnly: false,
  isIdempotent: false,
  input: z.strictObject({
    task_id: TaskId,
    attempt: z.int().min(1),
    reason: text(1000, 1),
    missing_fields: z.array(text(200, 1)).max(20).default([]),
    questions: z.array(ProjectQuestionDraft).max(10).default([]),
    tool: text(120, 1).default('external'),
    tool_version: text(120, 1).default('unknown'),
    ...hint,
    ...key,
  }),
  output: z.strictObject({ task_id: TaskId, question_ids: z.array(QuestionId), version: Count }),
})

export const READ_QUESTION = makeMethod({
  name: 'read_question',
  about: 'Reads one question with its answer, if there is one by now.',
  permission: 'questions:read',
  isForTasks: true,
  isReadOnly: true,
  isIdempotent: true,
  input: z.strictObject({ question_id: QuestionId, ...hint }),
  output: z.strictObject({ question: AnyQuestionView }),
})

export const LIST_QUESTIONS = makeMethod({
  name: 'list_questions',
  about:
    'Lists questions of all runs and projects, or of one of them, oldest first. status "open" gives those that wait.',
  permission: 'questions:read',
  isForTasks: false,
  isReadOnly: true,
  isIdempotent: true,
  input: z.strictObject({
    run_id: RunId.optional(),
    project_id: ProjectId.optional(),
    status: QuestionStatus.optional(),
    ...page,
    ...hint,
  }),
  output: z.strictObject({ questions: z.array(AnyQuestionView), next_cursor: z.string().nullable() }),
})

export const ANSWER_QUESTION = makeMethod({
  name: 'answer_question',
  about:
    'Answers an open question in words, and with `values` where it has a form. `change` replaces an answer that was given and re-opens what was built upon it.',
  permission: 'questions:answer',
  isForTasks: false,
  isReadOnly: false,
  isIdempotent: false,
  input: z.strictObject({
    question_id: QuestionId,
    answer: text(4000, 1),
    values: Parameters.nullable().optional(),
    change: z.boolean().optional(),
    ...hint,
    ...key,
  }),
  output: z.strictObject({ question_id: QuestionId, version: Count }),
})
