import { z } from 'zod'
import { TaskId } from '../../ids.ts'
import { Count, Instant, Name, text } from '../../text.ts'
import { ClaimedTaskView, OutputRequest } from '../api/claims.ts'
import { ClaimedWork } from '../api/work.ts'
import { Usage } from '../budget.ts'
import { FailureCategory } from '../item.ts'
import { QuestionDraft } from '../question.ts'
import { ErrorClass } from '../task-spec.ts'
import { DeliverableBody, WorkEvidence } from '../work-order.ts'
import { makeMethod } from './method.ts'
import { hint, key } from './shared.ts'

/** Which attempt is meant: the fence that keeps a superseded one from counting. */
const onAttempt = {
  task_id: TaskId,
  attempt: z.int().min(1).describe('As claim_task gave it. A superseded attempt is refused.'),
}

const doer = {
  tool: text(120, 1).default('external').describe('The program you are, by name.'),
  tool_version: text(120, 1).default('unknown'),
}

export const CLAIM_TASK = makeMethod({
  name: 'claim_task',
  about:
    'Takes the oldest task that one of your capabilities can do, of a run (`run_task`) or of a backlog item (`item_task`), and says what is to be handed in and by when. It is yours until `lease_until`: call heartbeat_task before then, and end it with complete_task or fail_task. `task_id` is null when there is none; ask again later. `token` is good for this task alone: send it as a bearer token to read the inputs.',
  permission: 'work:do',
  isForTasks: false,
  isReadOnly: false,
  isIdempotent: false,
  input: z.strictObject({
    capabilities: z
      .array(Name)
      .min(1)
      .max(20)
      .describe('What you can do, as playbooks and items name it, for example "review".'),
    from: z.enum(['any', 'run', 'item']).default('any').describe('Whose tasks to look for.'),
    lease_seconds: z.number().min(5).max(3600).default(60),
    ...hint,
  }),
  output: z.strictObject({
    task_id: TaskId.nullable(),
    attempt: z.int().min(1).nullable(),
    lease_until: Instant.nullable(),
    token: z.string().nullable(),
    run_task: ClaimedTaskView.omit({ token: true }).nullable(),
    item_task: ClaimedWork.omit({ token: true }).nullable(),
  }),
})

export const HEARTBEAT_TASK = makeMethod({
  name: 'heartbeat_task',
  about:
    'Says that you still work on your task and how far you are: its lease is renewed. Stop working when `cancelled` is true.',
  permission: 'work:do',
  isForTasks: true,
  isReadOnly: false,
  isIdempotent: true,
  input: z.strictObject({
    ...onAttempt,
    percent: z.number().min(0).max(100).optional(),
    eta_seconds: z.number().min(0).max(31_536_000).optional(),
    ...hint,
  }),
  output: z.strictObject({ lease_until: Instant, cancelled: z.boolean(), token: z.string() }),
})

export const CHECKPOINT_TASK = makeMethod({
  name: 'checkpoint_task',
  about:
    'Keeps what a later attempt at your task needs in order to go on from here (256 KB at most). The newest one comes with the next claim of the task.',
  permission: 'work:do',
  isForTasks: true,
  isReadOnly: false,
  isIdempotent: true,
  input: z.strictObject({
    ...onAttempt,
    marker: text(400, 1).describe('How far you are, in words of your own.'),
    data: z.json().default({}),
    ...hint,
  }),
  output: z.strictObject({ task_id: TaskId, attempt: z.int().min(1) }),
})

export const COMPLETE_TASK = makeMethod({
  name: 'complete_task',
  about:
    'Hands in the result of your task; it counts once. A task of a run takes `outputs`, each with content (text or JSON), content in base64 or the digest of uploaded bytes, and `questions` that the result raises. A task of an item takes `deliverables` with their `evidence`; its Definition of Done is checked here.',
  permission: 'work:do',
  isForTasks: true,
  isReadOnly: false,
  isIdempotent: false,
  input: z.strictObject({
    ...onAttempt,
    ...doer,
    usage: Usage.prefault({}),
    outputs: z.array(OutputRequest).max(20).default([]),
    questions: z.array(QuestionDraft).max(10).default([]),
    again: z
      .boolean()
      .optional()
      .describe('From the last stage of an iterative phase: go over the stages once more.'),
    deliverables: z
      .array(z.strictObject({ name: Name, body: DeliverableBody }))
      .max(20)
      .default([]),
    evidence: z.array(WorkEvidence).max(20).default([]),
    ...hint,
    ...key,
  }),
  output: z.strictObject({
    task_id: TaskId,
    /** What became of it: `completed`, or for an item what its Definition of Done made of it. */
    status: z.string(),
    /** Why it was not good enough, where it was not. */
    reasons: z.array(z.string()),
    version: Count,
  }),
})

export const FAIL_TASK = makeMethod({
  name: 'fail_task',
  about:
    'Gives your task up and says why. For a task of a run `error_class` decides whether it is tried again; for a task of an item `category` says what was wrong and `retryable` whether another try may go well.',
  permission: 'work:do',
  isForTasks: true,
  isReadOnly: false,
  isIdempotent: false,
  input: z.strictObject({
    ...onAttempt,
    ...doer,
    usage: Usage.prefault({}),
    message: text(1000, 1),
    error_class: ErrorClass.default('transient'),
    retry_after_seconds: z.number().min(0).max(86_400).optional(),
    category: FailureCategory.default('TOOL_FAILURE'),
    retryable: z.boolean().default(true),
    ...hint,
    ...key,
  }),
  output: z.strictObject({
    task_id: TaskId,
    /** `retrying` where it is given out again. */
    status: z.string(),
    version: Count,
  }),
})
