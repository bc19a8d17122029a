import { z } from 'zod'
import { QuestionDraft } from '../question.ts'
import { ArtifactId, TaskId } from '../../ids.ts'
import { Commit, Count, Digest, Name, text } from '../../text.ts'
import { Usage } from '../budget.ts'
import { PhaseContext } from '../phase-context.ts'
import { ErrorClass, TaskSpec } from '../task-spec.ts'

/** Kinds of work that only our own worker does: it meters models and confines code, and guards make evidence. */
export const RESERVED_CAPABILITIES: readonly string[] = ['model', 'coder', 'tool', 'guard']

/** What an agent outside says when it wants work. */
export const ClaimTasksRequest = z.strictObject({
  worker: text(120, 1),
  capabilities: z.array(Name).min(1).max(20),
  limit: z.int().min(1).max(20).default(1),
  leaseSeconds: z.number().min(5).max(3600).default(60),
})
export type ClaimTasksRequest = z.infer<typeof ClaimTasksRequest>

/** An artifact that a task was given; `url` is read with the task's token. */
export const ClaimedInput = z.strictObject({
  artifactId: ArtifactId,
  name: z.string(),
  digest: z.string(),
  mediaType: z.string(),
  bytes: z.int(),
  commit: z.string().nullable(),
  url: z.string(),
})
export type ClaimedInput = z.infer<typeof ClaimedInput>

/**
 * A task in the hands of an agent outside. `token` stands for this attempt and nothing else: it goes into
 * `Authorization: Bearer` of what the agent does for the task.
 */
export const ClaimedTaskView = z.strictObject({
  task: TaskSpec,
  attempt: z.int().min(1),
  leaseUntil: z.string(),
  context: PhaseContext,
  prompt: z.string().nullable(),
  inputs: z.array(ClaimedInput),
  acceptedCommit: z.string().nullable(),
  checkpoint: z.strictObject({ token: z.string(), data: z.unknown(), createdAt: z.string() }).nullable(),
  token: z.string(),
})
export type ClaimedTaskView = z.infer<typeof ClaimedTaskView>

export const ClaimedTasks = z.strictObject({ tasks: z.array(ClaimedTaskView) })
export type ClaimedTasks = z.infer<typeof ClaimedTasks>

/** The attempt is the token's; saying it too guards against mixing up tokens. */
const attempt = { attempt: z.int().min(1).optional() }

export const HeartbeatRequest = z.strictObject({
  ...attempt,
  pct: z.number().min(0).max(100).optional(),
  etaMs: Count.optional(),
})
export type HeartbeatRequest = z.infer<typeof HeartbeatRequest>

/** `cancelled` asks the agent to stop. `token` replaces the one that was sent and lives longer. */
export const HeartbeatView = z.strictObject({
  leaseUntil: z.string(),
  cancelled: z.boolean(),
  token: z.string(),
})
export type HeartbeatView = z.infer<typeof HeartbeatView>

/** What a later attempt needs in order to go on: `token` says where, `data` is the agent's own. */
export const CheckpointRequest = z.strictObject({ ...attempt, token: text(400, 1), data: z.json() })
export type CheckpointRequest = z.infer<typeof CheckpointRequest>

export const LogRequest = z.strictObject({
  ...attempt,
  lines: z
    .array(z.strictObject({ stream: z.enum(['out', 'err', 'note']).default('out'), text: text(8000) }))
    .min(1)
    .max(500),
})
export type LogRequest = z.infer<typeof LogRequest>

/** The agent was heard. */
export const Noted = z.strictObject({ taskId: TaskId, attempt: z.int() })
export type Noted = z.infer<typeof Noted>

/** Bytes that were kept for a result; a later `complete` names them by digest. */
export const UploadView = z.strictObject({ digest: Digest, bytes: z.int() })
export type UploadView = z.infer<typeof UploadView>

/**
 * One thing an agent hands in, by exactly one of: `content` (text as it is, any other JSON value written
 * as JSON), `contentBase64`, or `digest` of bytes uploaded before. `commit` is set where it is code.
 */
export const OutputRequest = z
  .strictObject({
    name: Name,
    mediaType: z
      .string()
      .max(120)
      .regex(/^[a-z0-9][a-z0-9.+-]*\/[a-z0-9][a-z0-9.+-]*(; ?charset=utf-8)?$/u, 'expected a media type'),
    content: z.json().optional(),
    /** Checked by decoding it: a pattern over 32 MB runs out of stack. */
    contentBase64: z.string().optional(),
    digest: Digest.optional(),
    commit: Commit.nullable().optional(),
  })
  .refine(
    (output) =>
      [output.content, output.contentBase64, output.digest].filter((value) => value !== undefined).length ===
      1,
    { message: 'expected exactly one of content, contentBase64 and digest' },
  )
export type OutputRequest = z.infer<typeof OutputRequest>

const doer = {
  usage: Usage.prefault({}),
  tool: text(120, 1).default('external'),
  toolVersion: text(120, 1).default('unknown'),
}

export const CompleteTaskRequest = z.strictObject({
  ...attempt,
  ...doer,
  outputs: z.array(OutputRequest).max(20),
  questions: z.array(QuestionDraft).max(10).default([]),
  /** From the last stage of an iterative phase: go over the stages once more. */
  again: z.boolean().optional(),
})
export type CompleteTaskRequest = z.infer<typeof CompleteTaskRequest>

/** The error class picks the retry rule; `retryAfterMs` is the provider's own word. */
export const FailTaskRequest = z.strictObject({
  ...attempt,
  ...doer,
  errorClass: ErrorClass,
  message: text(1000, 1),
  retryAfterMs: Count.optional(),
})
export type FailTaskRequest = z.infer<typeof FailTaskRequest>
