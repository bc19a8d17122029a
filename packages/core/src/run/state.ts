import type { ArtifactId, QuestionId, ReservationId, RunId, TaskId, WaiverId, WorkspaceId } from '../ids.ts'
import type { PackReport, EvidencePack } from '../contract/evidence-pack.ts'
import type { ErrorClass, FixStrategy, TaskSpec } from '../contract/task-spec.ts'
import type { Parameters } from '../contract/item.ts'
import type { QuestionForm, QuestionPolicy, Risk } from '../contract/project-question.ts'
import type { QuestionKind } from '../contract/question.ts'
import type { ReliedWaiver, WaiverStatus } from '../contract/waiver.ts'
import type { RunPlan, ClarificationMode } from '../contract/run-plan.ts'
import type { Artifact } from '../contract/artifact.ts'
import type { Usage } from '../contract/budget.ts'

export type RunStatus =
  'planned' | 'running' | 'paused' | 'awaiting_human' | 'succeeded' | 'failed' | 'cancelled'

/** Why a run stands still; `awaiting_human` has its own status. */
export type PauseReason = 'signal' | 'budget'

export type Verdict = 'verified' | 'gaps' | 'unverified'

/** The root of the aggregate. Money in millionths of a US dollar; instants as ISO 8601 text. */
export type Run = {
  readonly id: RunId
  readonly workspaceId: WorkspaceId
  readonly title: string
  readonly status: RunStatus
  readonly pauseReason: PauseReason | null
  readonly mode: ClarificationMode
  readonly planHash: string
  readonly playbookHash: string
  readonly forkOf: RunId | null
  readonly capMicros: number
  readonly reservedMicros: number
  readonly spentMicros: number
  readonly tokensUsed: number
  readonly openQuestions: number
  readonly acceptedCommit: string | null
  readonly simulated: boolean
  readonly closing: boolean
  readonly closed: boolean
  readonly failureCode: string | null
  readonly failureMessage: string | null
  readonly verdict: Verdict | null
  readonly dossierDigest: string | null
  readonly createdAt: string
  readonly startedAt: string | null
  readonly endedAt: string | null
}

export type PhaseStatus = 'pending' | 'running' | 'gating' | 'passed' | 'failed' | 'skipped'

/** What a phase has handed in under one name, newest version. */
export type PhaseOutput = {
  readonly artifactId: ArtifactId
  readonly digest: string
  readonly version: number
  readonly commit: string | null
  readonly simulated: boolean
  /** The agent that first made it; a fix or an edit does not change it. Null for the idea. */
  readonly agent: string | null
  /** Agents and persons that made any version of it in this phase, each once, in order. */
  readonly makers: readonly string[]
}

/**
 * A waiver as the gate of its phase knows it. One that has ended is kept while a gate that passed leans on
 * it: should the run be retried, that gate is judged anew.
 */
export type PhaseWaiver = ReliedWaiver & {
  readonly justification: string
  readonly isActive: boolean
  readonly isReliedOn: boolean
}

/** What a failed gate asks of the next round: which artifacts to mend, and why. */
export type FixRequest = { readonly artifact: string; readonly reasons: readonly string[] }

export type Phase = {
  readonly runId: RunId
  readonly phase: string
  readonly status: PhaseStatus
  readonly round: number
  /** The stages of this round: agent names. A fix round has fewer than the plan. */
  readonly stages: readonly (readonly string[])[]
  readonly stage: number
  /** Tasks of the present stage (or, while gating, guards) that have not ended. */
  readonly stageOpen: number
  readonly openQuestions: number
  readonly fixes: readonly FixRequest[]
  readonly outputs: Readonly<Record<string, PhaseOutput>>
  readonly reports: readonly PackReport[]
  /** Tokens, calls and money as settled, tool time as workers reported it. */
  readonly usage: Usage
  /** Tokens of this phase's open reservations. */
  readonly reservedTokens: number
  readonly agentsExecuted: number
  readonly agentsSucceeded: number
  readonly agentsFailed: number
  readonly questionIds: readonly QuestionId[]
  readonly assumptions: number
  readonly score: number | null
  readonly packId: string | null
  readonly strategy: FixStrategy | null
  readonly deadlineAt: string | null
  /** Time left when the clock was stopped (pause, waiting on a person); null while it runs. */
  readonly timeLeftMs: number | null
  /** Raised whenever the clock is set, so that an older timer finds nothing to do. */
  readonly clockVersion: number
  /** The newest code that was handed in here; accepted when the gate passes. */
  readonly commit: string | null
  /** Passes of an iterative phase over its stages since it began, counted from 0. */
  readonly iteration: number
  /** Whether the last stage asked for another pass. */
  readonly again: boolean
  /** The newest code when the present pass began. */
  readonly iterationCommit: string | null
  /** The open question whether a person approves what the gate has passed. */
  readonly approvalId: QuestionId | null
  readonly waivers: readonly PhaseWaiver[]
  /** How often the phase was re-opened: keeps task keys of a second life apart from those of the first. */
  readonly openings: number
  /** When the newest task was made: an answer older than this was built upon. */
  readonly lastTaskAt: string | null
  readonly startedAt: string | null
  readonly completedAt: string | null
}

export type TaskStatus = 'pending' | 'ready' | 'running' | 'parked' | 'completed' | 'failed' | 'cancelled'

/**
 * `attempt` is raised by each claim and fences every later write of the claimer. The claim columns and
 * progress are not history: they are written outside `handle` and are left out when histories are folded.
 */
export type Task = {
  readonly id: TaskId
  readonly runId: RunId
  readonly phase: string
  readonly round: number
  readonly stage: number
  readonly agent: string
  readonly kind: TaskSpec['kind']
  readonly capability: string
  readonly status: TaskStatus
  readonly spec: TaskSpec
  readonly taskKey: string
  readonly failures: Readonly<Partial<Record<ErrorClass | 'lost' | 'timed_out', number>>>
  readonly dueAt: string
  readonly modelCalls: number
  readonly usage: Usage
  readonly failureClass: string | null
  readonly failureMessage: string | null
  readonly createdAt: string
  readonly endedAt: string | null
  readonly attempt: number
  readonly claimedBy: string | null
  readonly claimedAt: string | null
  readonly leaseUntil: string | null
  readonly heartbeatAt: string | null
}

export type AttemptOutcome = 'completed' | 'failed' | 'timed_out' | 'cancelled' | 'terminated' | 'lost'

/** One ended try at a task. */
export type Attempt = {
  readonly taskId: TaskId
  readonly runId: RunId
  readonly number: number
  readonly outcome: AttemptOutcome
  readonly worker: string
  readonly tool: string
  readonly toolVersion: string
  readonly errorClass: string | null
  readonly message: string | null
  readonly usage: Usage
  readonly claimedAt: string | null
  readonly endedAt: string
}

export type QuestionStatus = 'open' | 'answered' | 'accepted' | 'rejected' | 'assumed' | 'closed'

export type Question = {
  readonly id: QuestionId
  readonly kind: QuestionKind
  readonly runId: RunId
  readonly phase: string
  readonly taskId: TaskId | null
  readonly askedBy: string
  readonly text: string
  readonly category: 'clarification' | 'validation' | 'assumption' | 'risk'
  readonly priority: 'high' | 'medium' | 'low'
  readonly decisionImpact: string
  readonly defaultAnswer: string
  /** Null, as what follows, where the asker did not say. */
  readonly fields: readonly string[] | null
  readonly form: QuestionForm | null
  readonly defaultValues: Parameters | null
  readonly risk: Risk | null
  readonly policy: QuestionPolicy | null
  readonly status: QuestionStatus
  readonly version: number
  readonly deadlineAt: string | null
  readonly escalatedAt: string | null
  readonly answer: string | null
  readonly values: Parameters | null
  readonly decidedBy: string | null
  readonly decidedKind: 'person' | 'agent' | 'policy' | null
  readonly createdAt: string
  readonly decidedAt: string | null
}

/** Leave to pass a gate though one of its rubrics fails: until a time, and with something in its place. */
export type Waiver = {
  readonly id: WaiverId
  readonly runId: RunId
  readonly phase: string
  readonly rubric: string
  readonly details: string
  readonly owner: string
  readonly justification: string
  readonly compensatingControl: string
  readonly days: number
  readonly quorum: number
  /** Whether it stands in the playbook. */
  readonly declared: boolean
  readonly requestedBy: string
  readonly requestedKind: 'person' | 'agent' | 'policy' | 'engine'
  readonly approvals: readonly { readonly by: string; readonly at: string }[]
  readonly status: WaiverStatus
  readonly version: number
  readonly selfApproved: boolean
  readonly expiresAt: string | null
  /** Who activated, rejected or revoked it, and why where that was said. */
  readonly decidedBy: string | null
  readonly reason: string | null
  readonly createdAt: string
  readonly decidedAt: string | null
}

export type ReservationStatus = 'open' | 'settled' | 'assumed'

/** Money set aside before a model is called. `assumed` was charged in full because nobody settled it. */
export type Reservation = {
  readonly id: ReservationId
  readonly runId: RunId
  readonly taskId: TaskId
  readonly phase: string
  readonly attempt: number
  readonly micros: number
  readonly tokens: number
  readonly status: ReservationStatus
  readonly chargedMicros: number
  readonly chargedTokens: number
  readonly deadlineAt: string
  readonly createdAt: string
  readonly settledAt: string | null
}

/**
 * The part of a run that one command needs. `phases` is always whole (a plan bounds it); the other
 * children are those the command names, or those it asks for by state.
 */
export type RunState = {
  readonly run: Run | undefined
  readonly plan: RunPlan | undefined
  readonly phases: ReadonlyMap<string, Phase>
  readonly tasks: ReadonlyMap<string, Task>
  readonly questions: ReadonlyMap<string, Question>
  readonly reservations: ReadonlyMap<string, Reservation>
  readonly waivers: ReadonlyMap<string, Waiver>
  readonly attempts: ReadonlyMap<string, Attempt>
  readonly artifacts: ReadonlyMap<string, Artifact>
  readonly packs: ReadonlyMap<string, EvidencePack>
}

/** The state of a run that does not exist yet, under the plan it would follow. */
export const makeEmptyRunState = (plan: RunPlan | undefined): RunState => ({
  run: undefined,
  plan,
  phases: new Map(),
  tasks: new Map(),
  questions: new Map(),
  reservations: new Map(),
  waivers: new Map(),
  attempts: new Map(),
  artifacts: new Map(),
  packs: new Map(),
})

export const isTerminalRun = (status: RunStatus): boolean =>
  status === 'succeeded' || status === 'failed' || status === 'cancelled'

export const isTerminalTask = (status: TaskStatus): boolean =>
  status === 'completed' || status === 'failed' || status === 'cancelled'

/** Key of an attempt in `RunState.attempts`. */
export const getAttemptKey = (taskId: string, number: number): string => `${taskId}/${number}`
