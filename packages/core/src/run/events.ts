import { z } from 'zod'
import { ArtifactId, QuestionId, ReservationId, RunId, TaskId, WaiverId, WorkspaceId } from '../ids.ts'
import { Commit, Count, Digest, Instant, Name, Share, text } from '../text.ts'
import { Artifact } from '../contract/artifact.ts'
import { PhaseBudget, Usage } from '../contract/budget.ts'
import { EvidencePack, PackReport } from '../contract/evidence-pack.ts'
import { Parallelism, PhaseName } from '../contract/playbook.ts'
import { ClarificationMode } from '../contract/run-plan.ts'
import { Parameters } from '../contract/item.ts'
import { QuestionForm, QuestionPolicy, Risk } from '../contract/project-question.ts'
import { QuestionKind } from '../contract/question.ts'
import { ErrorClass, FixStrategy, TaskSpec } from '../contract/task-spec.ts'
import { WaiverRequest } from '../contract/waiver.ts'

const Reasons = z.array(text(400, 1)).max(10)
const Verdict = z.enum(['verified', 'gaps', 'unverified'])
const Outcome = z.enum(['failed', 'timed_out', 'cancelled', 'terminated', 'lost'])
const Fix = z.strictObject({ artifact: Name, reasons: z.array(text(1000, 1)).max(20) })

/** Present in what ends an attempt: who claimed it, when, and with what. */
const attemptEnd = {
  taskId: TaskId,
  attempt: z.int().min(1),
  worker: text(120, 1),
  claimedAt: Instant.nullable(),
  tool: text(120, 1),
  toolVersion: text(120, 1),
  usage: Usage,
}

const event = <T extends string, D extends z.ZodRawShape>(type: T, data: D) =>
  z.strictObject({ type: z.literal(type), v: z.literal(1), data: z.strictObject(data) })

/** Everything that can happen to a run, newest version of each event. */
export const RunEvent = z.discriminatedUnion('type', [
  event('run.planned', {
    runId: RunId,
    workspaceId: WorkspaceId,
    title: text(160, 1),
    planHash: Digest,
    playbookHash: Digest,
    mode: ClarificationMode,
    capMicros: Count,
    forkOf: RunId.nullable(),
    phases: z.array(PhaseName),
  }),
  event('run.started', {}),
  event('run.paused', { reason: z.enum(['signal', 'budget']), pausedBy: text(120, 1), message: text(400) }),
  event('run.resumed', { resumedBy: text(120, 1), from: text(40, 1) }),
  event('run.awaiting_human', { openQuestions: Count }),
  event('run.human_done', {}),
  event('run.closing', {}),
  event('run.succeeded', { verdict: Verdict }),
  event('run.failed', { code: text(60, 1), message: text(1000, 1), phase: PhaseName.nullable() }),
  event('run.cancelled', { cancelledBy: text(120, 1) }),
  event('run.closed', { returnedMicros: Count, spentMicros: Count }),

  event('phase.started', {
    phase: PhaseName,
    round: z.int().min(1),
    stages: z.array(z.array(Name)),
    fixes: z.array(Fix).max(20),
    budgets: PhaseBudget,
    agents: z.array(Name),
    parallelism: Parallelism,
  }),
  event('phase.clock_set', { phase: PhaseName, deadlineAt: Instant, clockVersion: Count }),
  event('phase.clock_stopped', { phase: PhaseName, timeLeftMs: Count, clockVersion: Count }),
  event('phase.progress', {
    phase: PhaseName,
    stage: Count,
    stageOpen: Count,
    completed: Count,
    total: Count,
    percent: z.number().min(0).max(100),
  }),
  event('phase.stalled', {
    phase: PhaseName,
    taskId: TaskId.nullable(),
    reason: text(400, 1),
    lastHeartbeatAt: Instant.nullable(),
  }),
  event('phase.ready', { phase: PhaseName, artifactIds: z.array(ArtifactId), guards: Count }),
  event('phase.gate.passed', {
    phase: PhaseName,
    round: z.int().min(1),
    evidencePackId: Digest,
    score: Share,
    reasons: Reasons,
    requiredActions: Reasons,
  }),
  event('phase.gate.failed', {
    phase: PhaseName,
    round: z.int().min(1),
    evidencePackId: Digest,
    score: Share,
    reasons: Reasons,
    requiredActions: Reasons,
    attemptNumber: z.int().min(1),
    maxAttempts: z.int().min(1),
    autoFixStrategy: FixStrategy,
  }),
  event('phase.error', { phase: PhaseName, error: text(1000, 1), code: text(60, 1), retryable: z.boolean() }),
  event('phase.completed', {
    phase: PhaseName,
    status: z.enum(['success', 'failed', 'timeout', 'cancelled']),
  }),
  /** `stages` where only some of its agents have to work again before the gate judges. */
  event('phase.reopened', {
    phase: PhaseName,
    reason: text(400, 1),
    stages: z.array(z.array(Name)).optional(),
  }),
  /** An iterative phase goes over its stages once more, within its round. */
  event('phase.iterated', {
    phase: PhaseName,
    iteration: z.int().min(1),
    stages: z.array(z.array(Name)),
  }),
  /** A fork takes over what the run it came from had passed. */
  event('phase.inherited', { phase: PhaseName, from: RunId }),
  event('evidence.packed', { pack: EvidencePack.omit({ guard_reports: true }) }),

  event('task.created', {
    spec: TaskSpec,
    stage: Count,
    status: z.enum(['pending', 'ready']),
    dueAt: Instant,
  }),
  event('task.released', { taskId: TaskId, status: z.enum(['pending', 'ready']) }),
  event('task.completed', {
    ...attemptEnd,
    outputs: z.array(ArtifactId),
    durationMs: Count,
    again: z.literal(true).optional(),
  }),
  event('task.attempt_ended', {
    ...attemptEnd,
    outcome: Outcome,
    errorClass: ErrorClass.nullable(),
    message: text(1000, 1),
  }),
  event('task.retry_scheduled', { taskId: TaskId, dueAt: Instant, reason: text(200, 1) }),
  event('task.failed', { taskId: TaskId, errorClass: text(60, 1), message: text(1000, 1) }),
  event('task.cancelled', { taskId: TaskId, reason: text(200, 1) }),

  event('artifact.created', { artifact: Artifact }),
  event('guard.reported', { phase: PhaseName, round: z.int().min(1), report: PackReport }),
  event('tool.refused', {
    taskId: TaskId,
    attempt: z.int().min(1),
    tool: text(120, 1),
    reason: text(400, 1),
  }),

  event('CLARIFICATION.QUESTION_ASKED', {
    questionId: QuestionId,
    kind: QuestionKind.default('question'),
    phase: PhaseName,
    taskId: TaskId.nullable(),
    askedBy: text(120, 1),
    text: text(2000, 1),
    category: z.enum(['clarification', 'validation', 'assumption', 'risk']),
    priority: z.enum(['high', 'medium', 'low']),
    decisionImpact: text(1000, 1),
    defaultAnswer: text(2000, 1),
    deadlineAt: Instant.nullable(),
    fields: z.array(text(200, 1)).max(20).optional(),
    form: QuestionForm.nullable().optional(),
    defaultValues: Parameters.optional(),
    risk: Risk.optional(),
    policy: QuestionPolicy.optional(),
  }),
  /** The deadline passed and the question may not be decided without a person: people are told again. */
  event('CLARIFICATION.QUESTION_ESCALATED', {
    questionId: QuestionId,
    phase: PhaseName,
    version: z.int().min(1),
  }),
  event('CLARIFICATION.ANSWER_PROVIDED', {
    questionId: QuestionId,
    phase: PhaseName,
    answer: text(4000),
    values: Parameters.nullable().optional(),
    status: z.enum(['accepted', 'assumed']),
    decidedBy: text(120, 1),
    decidedKind: z.enum(['person', 'agent', 'policy']),
    version: z.int().min(1),
  }),
  event('CLARIFICATION.QUESTION_CLOSED', { questionId: QuestionId, phase: PhaseName, reason: text(200, 1) }),

  event('waiver.requested', {
    waiverId: WaiverId,
    phase: PhaseName,
    ...WaiverRequest.shape,
    quorum: z.int().min(1),
    declared: z.boolean(),
    requestedBy: text(120, 1),
    requestedKind: z.enum(['person', 'agent', 'policy', 'engine']),
  }),
  event('waiver.approved', {
    waiverId: WaiverId,
    phase: PhaseName,
    by: text(120, 1),
    votes: z.int().min(1),
    quorum: z.int().min(1),
  }),
  event('waiver.activated', {
    waiverId: WaiverId,
    phase: PhaseName,
    by: text(120, 1),
    expiresAt: Instant,
    selfApproved: z.boolean(),
    version: z.int().min(1),
  }),
  event('waiver.rejected', {
    waiverId: WaiverId,
    phase: PhaseName,
    by: text(120, 1),
    reason: text(400, 1),
    version: z.int().min(1),
  }),
  event('waiver.expired', { waiverId: WaiverId, phase: PhaseName, version: z.int().min(1) }),
  event('waiver.revoked', {
    waiverId: WaiverId,
    phase: PhaseName,
    by: text(120, 1),
    reason: text(400, 1),
    version: z.int().min(1),
  }),

  event('budget.reserved', {
    reservationId: ReservationId,
    taskId: TaskId,
    attempt: z.int().min(1),
    micros: Count,
    tokens: Count,
    deadlineAt: Instant,
  }),
  event('budget.settled', {
    reservationId: ReservationId,
    taskId: TaskId,
    phase: PhaseName,
    micros: Count,
    tokens: Count,
    inputTokens: Count,
    outputTokens: Count,
    model: text(120, 1),
    assumed: z.boolean(),
    late: z.boolean(),
  }),
  event('budget.limit.reached', {
    taskId: TaskId,
    unit: z.enum(['usd', 'tokens', 'calls']),
    message: text(400, 1),
  }),
  event('budget.topped_up', { micros: Count, capMicros: Count, by: text(120, 1) }),

  event('signal.received', {
    signal: z.enum(['pause', 'resume', 'retry', 'cancel']),
    target: z.enum(['run', 'phase', 'task']),
    targetId: text(120, 1),
    status: z.enum(['acknowledged', 'ignored']),
    by: text(120, 1),
  }),
  event('code.accepted', { phase: PhaseName, commit: Commit }),
  event('dossier.published', { digest: Digest, verdict: Verdict, keyId: text(120, 1), artifacts: Count }),
])
export type RunEvent = z.infer<typeof RunEvent>
export type RunEventType = RunEvent['type']

/** A run event with the instant it was given by `handle`. */
export type RunEventAt = RunEvent & { readonly at: string }
export type RunEventOf<T extends RunEventType> = Extract<RunEvent, { type: T }>

/** Kinds of ledger entry (row DX-55). */
export type EntryKind = 'task' | 'gate' | 'decision' | 'artifact' | 'cost' | 'signature'

/** Which kind of ledger entry an event type is. */
export const getEntryKind = (type: string): EntryKind => {
  if (type.startsWith('budget.')) return 'cost'
  if (type.startsWith('artifact.') || type === 'code.accepted') return 'artifact'
  if (type === 'dossier.published') return 'signature'
  if (type.startsWith('phase.') || type.startsWith('guard.') || type.startsWith('evidence.')) return 'gate'
  if (type.startsWith('task.') || type.startsWith('tool.')) return 'task'
  return 'decision'
}
