import type { Usage } from '@ropewalk/core/contract/budget'
import type { ErrorClass } from '@ropewalk/core/contract/task-spec'
import type { RunCommandOf } from '@ropewalk/core/run/commands'
import type { RunConfined } from '@ropewalk/guards/guard'
import type { ClaimedTask, LogLine, TaskContext } from '../engine/contract.ts'

/** An input artifact with its bytes; `json` is set where the artifact is a document of a known contract. */
export type JobInput = {
  readonly ref: TaskContext['inputs'][number]
  readonly bytes: Buffer
  readonly json?: unknown
}

/** What a model call cost, as its provider reported it. */
export type Settlement = {
  readonly micros: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly model: string
}

/** What an independent reviewer is told of what it judges, and whom it must differ from. */
export type JobReview = {
  readonly artifact: string
  /** Of every version of the artifact up to this one: who made it, as `model@version`. */
  readonly makers: readonly string[]
  /** For code: what changed since the phase began, perhaps cut between files; null for a document. */
  readonly diff: string | null
}

/**
 * One attempt at a task, in the hands of the agent that does it. Every method that writes carries the
 * attempt; once the attempt has been superseded or cancelled `signal` is aborted and they throw
 * STALE_ATTEMPT without writing.
 */
export type AgentJob = {
  readonly task: ClaimedTask
  readonly context: TaskContext
  readonly inputs: readonly JobInput[]
  /**
   * A checkout of the last accepted commit (an empty repository where `baseCommit` is null) that belongs
   * to this attempt alone; null for an agent that makes no code. It has no `.git` of its own. A tool has the
   * commit of the code among its inputs, or null.
   */
  readonly worktree: {
    readonly dir: string
    readonly baseCommit: string | null
    /** Why packages that the code needs are not to be had, where they are not. */
    readonly lacks?: string | undefined
  } | null
  /** For a tool that has code: a checkout of the commit that the last gate accepted, null where none was. */
  readonly before: { readonly dir: string; readonly commit: string } | null
  /** Set for an independent review. */
  readonly review?: JobReview | undefined
  /** For a coder: the files that other coders changed since the last gate; none where the code is as accepted. */
  readonly changedBefore?: readonly string[] | undefined
  /** An empty folder of this attempt, outside the checkout; removed when the attempt has ended. */
  readonly scratch: string
  /** Aborted when the attempt was superseded or cancelled, ran out of its time, or the worker is stopping. */
  readonly signal: AbortSignal
  readonly runConfined: RunConfined
  /** The instant by the store's clock. */
  readonly now: () => string
  /** Adds to the attempt's log. Buffered; long texts are cut into lines. */
  readonly log: (stream: LogLine['stream'], text: string) => void
  /** Keeps `data` for the next attempt, which finds the newest in `task.checkpoint`. Durable when it returns. */
  readonly saveCheckpoint: (token: string, data: unknown) => Promise<void>
  /** Told with the next heartbeat. `pct` is 0 to 100. */
  readonly progress: (pct: number, etaMs?: number) => void
  /**
   * Sets money and tokens aside before a model is called, and counts the call against the task's ceiling.
   * `throttleMs` is how long to wait before calling. Throws BUDGET_EXCEEDED, TASK_CEILING, STALE_ATTEMPT.
   */
  readonly reserve: (
    micros: number,
    tokens: number,
    deadlineMs: number,
  ) => Promise<{ readonly reservationId: string; readonly throttleMs: number }>
  /** Replaces a reservation by what the call cost. Also right after the attempt has ended: money was spent. */
  readonly settle: (reservationId: string, settlement: Settlement) => Promise<void>
  /** Puts into the ledger that the agent called a tool it may not use. */
  readonly refuseTool: (tool: string, reason: string) => Promise<void>
  /**
   * Keeps the checkout as a commit with `message`, in the run's own repository, and gives back the commit.
   * The same content on the same base gives the same commit. Throws INVALID_ARGUMENT where there is no worktree.
   */
  readonly commit: (message: string) => Promise<string>
}

/** `bytes` of a code artifact may be left out: with `commit` set, the worker makes the git bundle. */
export type AgentOutput = {
  readonly name: string
  readonly mediaType: string
  readonly bytes: Uint8Array | 'bundle'
  readonly commit?: string | null
  readonly simulated: boolean
}

/** What an agent hands in. `commit` is the code its outputs stand on; the run accepts it with the task. */
export type AgentResult = {
  readonly outputs: readonly AgentOutput[]
  readonly commit?: string | null
  readonly usage: Usage
  readonly tool: string
  readonly toolVersion: string
  readonly questions?: RunCommandOf<'CompleteTask'>['questions']
  /** Whether an iterative phase needs another pass; only its last stage may say so. */
  readonly again?: boolean
}

export type AgentFailure = {
  readonly errorClass: ErrorClass
  readonly message: string
  /** The provider's own word on when to come back. */
  readonly retryAfterMs?: number | undefined
  readonly usage: Usage
  readonly tool: string
  readonly toolVersion: string
}

/** Thrown by an agent to end its attempt as failed; the class of the failure picks the retry rule. */
export class AgentError extends Error {
  override readonly name = 'AgentError'
  readonly failure: AgentFailure

  constructor(failure: AgentFailure, options: { cause?: unknown } = {}) {
    super(failure.message, options.cause === undefined ? undefined : { cause: options.cause })
    this.failure = failure
  }
}

export type AgentRuntime = (job: AgentJob) => Promise<AgentResult>

/** Who does a task, by the kind of its agent. Guards have a runtime of their own; external agents claim over HTTP. */
export type AgentRuntimes = {
  readonly model: AgentRuntime
  readonly coder: AgentRuntime
  /** Tools of ours by name of the agent (`trace-matrix`). */
  readonly tool: AgentRuntime
}
