import { z } from 'zod'
import { Parameters } from '../contract/item.ts'
import { QuestionDraft } from '../contract/question.ts'
import { WaiverRequest } from '../contract/waiver.ts'
import { QuestionId, ReservationId, RunId, TaskId, WaiverId, WorkspaceId } from '../ids.ts'
import { Commit, Count, Digest, Instant, text } from '../text.ts'
import { InheritedOutput, Output } from '../contract/artifact.ts'
import { Usage } from '../contract/budget.ts'
import { GuardReport } from '../contract/guard-report.ts'
import { PhaseName } from '../contract/playbook.ts'
import { RunPlan } from '../contract/run-plan.ts'
import { ErrorClass } from '../contract/task-spec.ts'

const onRun = { workspaceId: WorkspaceId, runId: RunId }
const onAttempt = { ...onRun, taskId: TaskId, attempt: z.int().min(1) }
const command = <T extends string, D extends z.ZodRawShape>(type: T, data: D) =>
  z.strictObject({ type: z.literal(type), ...data })

/** What the doer of an attempt says of itself; the claim itself is known to the store. */
const doer = {
  worker: text(120, 1),
  claimedAt: Instant.nullable(),
  tool: text(120, 1),
  toolVersion: text(120, 1),
}

export const RunCommand = z.discriminatedUnion('type', [
  /** Locks workspace and run. Moves `capMicros` from the workspace to the run. `hold` waits for approval. */
  command('StartRun', {
    ...onRun,
    title: text(160, 1),
    plan: RunPlan,
    planHash: Digest,
    idea: Output,
    /** What came with the repository that the run starts from: its code, what was read of it, its documents. */
    given: z.array(Output).max(40).optional(),
    forkOf: z
      .strictObject({
        runId: RunId,
        phase: PhaseName,
        outputs: z.record(PhaseName, z.array(InheritedOutput)),
      })
      .nullable()
      .default(null),
    hold: z.boolean().default(false),
  }),
  /** retry: a failed run (or task) goes on; on a run it re-opens the failed phase with a fresh round count. */
  command('SignalRun', {
    ...onRun,
    signal: z.enum(['pause', 'resume', 'retry', 'cancel']),
    target: z.enum(['run', 'phase', 'task']).default('run'),
    targetId: text(120, 1).nullable().default(null),
  }),
  command('CompleteTask', {
    ...onAttempt,
    ...doer,
    outputs: z.array(Output).max(20),
    commit: Commit.nullable().default(null),
    usage: Usage,
    reports: z
      .array(GuardReport.extend({ digest: Digest }))
      .max(20)
      .default([]),
    questions: z.array(QuestionDraft).max(10).default([]),
    /** From the last stage of an iterative phase: there is more to do, go over the stages once more. */
    again: z.boolean().optional(),
  }),
  /** `retryAfterMs` is the provider's own word; `jitter` is 0 to 1, drawn by the door. */
  command('FailTask', {
    ...onAttempt,
    ...doer,
    errorClass: ErrorClass,
    message: text(1000, 1),
    usage: Usage,
    retryAfterMs: Count.nullable().default(null),
    jitter: z.number().min(0).max(1).default(0.5),
  }),
  /** The lease ran out, or one of the four clocks did. */
  command('LoseAttempt', {
    ...onAttempt,
    outcome: z.enum(['lost', 'timed_out']),
    worker: text(120, 1),
    claimedAt: Instant.nullable(),
    message: text(1000, 1),
  }),
  command('RefuseTool', { ...onAttempt, tool: text(120, 1), reason: text(400, 1) }),
  command('FirePhaseClock', { ...onRun, phase: PhaseName, version: Count }),
  /** `change` replaces the answer of a decided question and re-opens what was built upon it. */
  command('AnswerQuestion', {
    ...onRun,
    questionId: QuestionId,
    answer: text(4000, 1),
    /** Fills the question's form; the words stand beside it. */
    values: Parameters.nullable().optional(),
    change: z.boolean().optional(),
  }),
  command('DecideQuestionByPolicy', { ...onRun, questionId: QuestionId, version: z.int().min(1) }),
  command('RequestWaiver', { ...onRun, phase: PhaseName, ...WaiverRequest.shape }),
  /** By a person; `reason` says why where it is a rejection. */
  command('DecideWaiver', {
    ...onRun,
    waiverId: WaiverId,
    decision: z.enum(['approve', 'reject']),
    reason: text(400).default(''),
  }),
  command('RevokeWaiver', { ...onRun, waiverId: WaiverId, reason: text(400, 1) }),
  command('ExpireWaiver', { ...onRun, waiverId: WaiverId, version: z.int().min(1) }),
  command('ReserveBudget', {
    ...onAttempt,
    reservationId: ReservationId,
    micros: Count,
    tokens: Count,
    deadlineAt: Instant,
  }),
  command('SettleBudget', {
    ...onRun,
    reservationId: ReservationId,
    micros: Count,
    inputTokens: Count,
    outputTokens: Count,
    model: text(120, 1),
  }),
  command('AssumeReservation', { ...onRun, reservationId: ReservationId }),
  /** Locks workspace and run. */
  command('TopUpRun', { ...onRun, micros: Count }),
  /** A person put another version in place; gates that relied on it re-open. */
  command('EditArtifact', { ...onRun, output: Output, phase: PhaseName }),
  /** Locks workspace and run: a closing run ends with it, and its books close. */
  command('RecordDossier', {
    ...onRun,
    digest: Digest,
    verdict: z.enum(['verified', 'gaps', 'unverified']),
    keyId: text(120, 1),
    artifacts: Count,
  }),
  /** Locks workspace and run. Gives back to the workspace what the run has not spent. */
  command('CloseRun', { ...onRun }),
])
export type RunCommand = z.infer<typeof RunCommand>
export type RunCommandType = RunCommand['type']
export type RunCommandOf<T extends RunCommandType> = Extract<RunCommand, { type: T }>

/** Which children a command needs beside run, plan and phases. */
export type Needs = {
  readonly tasks: readonly TaskId[] | 'open'
  readonly questions: readonly QuestionId[] | 'open'
  readonly reservations: readonly ReservationId[] | 'open'
  /** Open are those requested and those in force. */
  readonly waivers: readonly WaiverId[] | 'open'
}

/** What must be loaded (and locked, in this order: run, tasks) before `decide` can speak. */
export const getNeeds = (command: RunCommand): Needs => {
  const none: Needs = { tasks: [], questions: [], reservations: [], waivers: [] }
  switch (command.type) {
    case 'RefuseTool':
      return { ...none, tasks: [command.taskId] }
    case 'CompleteTask':
      // Only the last guard of a gate can end the run, and with it every open task.
      return { ...none, tasks: command.reports.length > 0 ? 'open' : [command.taskId] }
    case 'FailTask':
    case 'LoseAttempt':
      // A failed task may end its phase, and with it the tasks beside it.
      return { ...none, tasks: 'open' }
    case 'ReserveBudget':
      return { ...none, tasks: [command.taskId], reservations: [command.reservationId] }
    case 'SettleBudget':
    case 'AssumeReservation':
      return { ...none, reservations: [command.reservationId] }
    case 'AnswerQuestion':
      // A changed answer takes phases back, and with them the approvals that are asked for.
      return { ...none, tasks: 'open', questions: command.change === true ? 'open' : [command.questionId] }
    case 'DecideQuestionByPolicy':
      return { ...none, tasks: 'open', questions: [command.questionId] }
    case 'SignalRun':
    case 'FirePhaseClock':
    case 'EditArtifact':
    case 'TopUpRun':
      return { ...none, tasks: 'open', questions: 'open' }
    case 'RequestWaiver':
      return { ...none, waivers: 'open' }
    case 'DecideWaiver':
    case 'RevokeWaiver':
    case 'ExpireWaiver':
      return { ...none, tasks: 'open', questions: 'open', waivers: [command.waiverId] }
    case 'CloseRun':
      return { ...none, reservations: 'open' }
    case 'StartRun':
    case 'RecordDossier':
      return none
  }
}
