import type { Principal } from '@ropewalk/core/decision'
import type { Artifact, InputRef } from '@ropewalk/core/contract/artifact'
import type { EvidencePack } from '@ropewalk/core/contract/evidence-pack'
import type { PhaseContext } from '@ropewalk/core/contract/phase-context'
import type { RunPlan } from '@ropewalk/core/contract/run-plan'
import type { AgentDefinition } from '@ropewalk/core/contract/playbook'
import type { Readiness } from '@ropewalk/core/contract/api/readiness'
import type { RunId, TaskId, WaiverId, WorkspaceId } from '@ropewalk/core/ids'
import type { Attempt, Phase, Question, Run, Task, Waiver } from '@ropewalk/core/run/state'
import type { LogLine } from '../store/append-log.ts'
import type { Blobs } from '../store/blobs.ts'
import type {
  Checkpoint,
  ClaimRequest,
  ClaimWorkRequest,
  ClaimedTask,
  ClaimedWork,
} from '../store/claim-tasks.ts'
import type { Heartbeat, HeartbeatAnswer } from '../store/heartbeat.ts'
import type { OnlineCapabilities, WorkerHere } from '../store/workers.ts'
import type { Command } from './aggregate.ts'
import type { BacklogEngine } from './backlog/contract.ts'
import type { AuditNote, IdentityEngine } from './identity/contract.ts'
import type { PastUse } from './runs/estimate.ts'
import type { ThreadEngine } from './threads/contract.ts'

export type {
  Blobs,
  Checkpoint,
  ClaimRequest,
  ClaimWorkRequest,
  ClaimedTask,
  ClaimedWork,
  Command,
  Heartbeat,
  HeartbeatAnswer,
  LogLine,
  OnlineCapabilities,
  WorkerHere,
}

/** How one page of a list is asked for; `cursor` is opaque, from `nextCursor`. `limit` is 1 to 200. */
export type PageRequest = { readonly limit: number; readonly cursor?: string | undefined }
export type Page<T> = { readonly items: readonly T[]; readonly nextCursor: string | null }

/** The caller's name for a request: same key and body give the stored answer, another body a conflict. */
export type Idempotency = { readonly route: string; readonly key: string; readonly bodyDigest: string }

export type SubmitOptions = {
  readonly by: Principal
  readonly idempotency?: Idempotency | undefined
  readonly correlationId?: string | undefined
  /** The event, job or request that led to this command. */
  readonly causationId?: string | undefined
  /** By whom a task that becomes ready by this command is claimed at once, in the same transaction. */
  readonly next?: NextClaim | undefined
  /** Goes into the audit in the command's transaction, once, when it is accepted. */
  readonly audit?: AuditNote | undefined
}

/** A worker that is about to be free: what it can do, and for how long it takes a task. */
export type NextClaim = Pick<ClaimRequest, 'worker' | 'capabilities' | 'leaseMs'>

/** What a command answered: `version` is the ledger's last sequence number of its run or project. */
export type Answer = Readonly<Record<string, unknown>> & { readonly version: number }

/** An answer, and the task that was claimed with the command, where one became ready and was asked for. */
export type Submitted = Answer & { readonly next?: ClaimedTask | undefined }

/** What a task's doer needs to know, read in one go. */
export type TaskContext = {
  readonly context: PhaseContext
  readonly agent: AgentDefinition | null
  readonly plan: RunPlan
  readonly inputs: readonly (InputRef & { readonly artifact: Artifact })[]
  readonly acceptedCommit: string | null
}

/** One event as readers see it; `position` counts per workspace, gap-free, in commit order. */
export type EventView = {
  readonly position: number
  readonly stream: string
  readonly seq: number
  readonly id: string
  readonly type: string
  readonly v: number
  readonly at: string
  readonly by: Principal
  readonly correlationId: string
  readonly causationId: string | null
  readonly data: Readonly<Record<string, unknown>>
}

export type RunView = {
  readonly run: Run & { readonly version: number; readonly headHash: string }
  readonly plan: RunPlan
  readonly phases: readonly Phase[]
  readonly openQuestions: readonly Question[]
}

/**
 * The engine as doors and doers see it. `submit` is the only way to change what the ledger tells; it
 * throws a RopewalkError with the decider's code when the command is refused.
 */
export type Engine = RunEngine & BacklogEngine & ThreadEngine & IdentityEngine

/** The writer, the work of tasks, runs with their views, and what is common to all. */
type RunEngine = {
  submit(command: Command, options: SubmitOptions): Promise<Submitted>
  /** Due tasks of runs; those of items are for `claimWork`. */
  claimTasks(request: ClaimRequest): Promise<readonly ClaimedTask[]>
  /**
   * Due tasks of items, started, up to `limit`; with `taskId` exactly that one, or none when it is not to be
   * had. Whoever asks is known to be there from then on, and is given out to.
   */
  claimWork(request: ClaimWorkRequest): Promise<readonly ClaimedWork[]>
  /** Notes that a worker is there and what it can do; to be repeated at least every 10 s, unless it claims. */
  registerWorker(worker: WorkerHere): Promise<void>
  /** Notes that a worker goes: nothing more is given out to it. */
  releaseWorker(worker: Pick<WorkerHere, 'workspaceId' | 'worker'>): Promise<void>
  /** How many workers that were seen within `sinceMs` serve each capability. */
  listOnlineCapabilities(workspaceId: WorkspaceId, sinceMs: number): Promise<OnlineCapabilities>
  heartbeat(beats: readonly Heartbeat[]): Promise<readonly (HeartbeatAnswer | { readonly stale: true })[]>
  saveCheckpoint(of: {
    workspaceId: WorkspaceId
    taskId: TaskId
    attempt: number
    token: string
    data: unknown
  }): Promise<void>
  appendLog(of: {
    workspaceId: WorkspaceId
    taskId: TaskId
    attempt: number
    lines: readonly { stream: LogLine['stream']; text: string }[]
  }): Promise<void>
  readTaskContext(workspaceId: WorkspaceId, taskId: TaskId): Promise<TaskContext>
  readRun(workspaceId: WorkspaceId, runId: RunId): Promise<RunView>
  listRuns(workspaceId: WorkspaceId, page: PageRequest & { status?: string | undefined }): Promise<Page<Run>>
  listTasks(workspaceId: WorkspaceId, runId: RunId, page: PageRequest): Promise<Page<Task>>
  readTask(
    workspaceId: WorkspaceId,
    taskId: TaskId,
  ): Promise<Task & { readonly attempts: readonly Attempt[] }>
  listArtifacts(workspaceId: WorkspaceId, runId: RunId, page: PageRequest): Promise<Page<Artifact>>
  readArtifact(workspaceId: WorkspaceId, artifactId: string): Promise<Artifact>
  listQuestions(
    workspaceId: WorkspaceId,
    page: PageRequest & { runId?: RunId | undefined; status?: string | undefined },
  ): Promise<Page<Question>>
  /** Waivers of a run, oldest first. */
  listWaivers(workspaceId: WorkspaceId, runId: RunId): Promise<readonly Waiver[]>
  readWaiver(workspaceId: WorkspaceId, waiverId: WaiverId): Promise<Waiver>
  /** How near gates are to passing, in the plan's order; of one phase where it is named. */
  readReadiness(workspaceId: WorkspaceId, runId: RunId, phase?: string): Promise<readonly Readiness[]>
  /** The evidence packs and gate events of one phase, oldest first. */
  listGates(workspaceId: WorkspaceId, runId: RunId, phase: string): Promise<readonly GateView[]>
  listEvents(
    workspaceId: WorkspaceId,
    request: { after: number; limit: number; stream?: string | undefined },
  ): Promise<readonly EventView[]>
  listLogs(
    workspaceId: WorkspaceId,
    runId: RunId,
    request: { after: number; limit: number; taskId?: TaskId | undefined },
  ): Promise<readonly LogLine[]>
  readCost(workspaceId: WorkspaceId, runId: RunId): Promise<CostView>
  /** What phases of the newest finished runs used of models: what estimates rest on. */
  listPastUse(workspaceId: WorkspaceId): Promise<readonly PastUse[]>
  readonly blobs: Blobs
  /** Called soon after something was committed (a hint; polling is the truth). Returns its own undo. */
  onCommit(
    listener: (hint: {
      tasksReady: boolean
      /** Items of projects may be given out. */
      itemsReady: boolean
      workspaceIds: readonly string[]
    }) => void,
  ): () => void
  stop(): Promise<void>
}

export type GateView = {
  readonly phase: string
  readonly round: number
  readonly passed: boolean
  readonly score: number
  readonly reasons: readonly string[]
  readonly requiredActions: readonly string[]
  readonly at: string
  readonly pack: EvidencePack
}

/** Money and tokens of a run, by phase and model; `unsettled` is reserved and not yet settled. */
export type CostView = {
  readonly capMicros: number
  readonly spentMicros: number
  readonly reservedMicros: number
  readonly tokens: number
  readonly rows: readonly {
    readonly phase: string
    readonly model: string
    readonly calls: number
    readonly inputTokens: number
    readonly outputTokens: number
    readonly micros: number
    readonly assumedMicros: number
  }[]
}
