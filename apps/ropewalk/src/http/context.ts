import type { Caller } from '@ropewalk/core/access/caller'
import type {
  DeadLetter,
  DeadLetterStatus,
  DeadLetterSummary,
  RedriveRequest,
} from '@ropewalk/core/contract/api/dead-letters'
import type { Principal } from '@ropewalk/core/decision'
import type { DeadLetterId, WorkspaceId } from '@ropewalk/core/ids'
import type { Config } from '../config.ts'
import type { Engine, Page, PageRequest } from '../engine/contract.ts'
import type { PinnedPlaybook } from '../engine/playbook/read-playbook.ts'
import type { Log } from '../log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { SigningKeys } from '../store/keys/signing-keys.ts'
import type { EventFeed } from './event-feed.ts'
import type { TaskTokens } from './task-token.ts'

/** Bounds of the door. The defaults suit one machine; tests make them smaller. */
export type HttpLimits = {
  readonly bodyBytes: number
  readonly uploadBytes: number
  readonly requestsPerSecond: number
  readonly streams: number
  readonly eventLoopDelayMs: number
  readonly headersTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly heartbeatMs: number
  readonly pollMs: number
  readonly stallMs: number
  /** How long requests in hand may take once we stop. */
  readonly drainMs: number
}

export const HTTP_LIMITS: HttpLimits = {
  bodyBytes: 1_048_576,
  // Also the most that one blob may have.
  uploadBytes: 33_554_432,
  requestsPerSecond: 5000,
  streams: 600,
  eventLoopDelayMs: 2000,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
  heartbeatMs: 15_000,
  pollMs: 1000,
  stallMs: 30_000,
  drainMs: 5000,
}

/** Resolves when requests can be served; throws STORE_UNAVAILABLE or MIGRATION_REQUIRED when not. */
export type Readiness = () => Promise<void>

/** What people do with dead letters. The bus stands beside this door, so it is given, not loaded. */
export type DeadLetterDesk = {
  list(
    workspaceId: WorkspaceId,
    page: PageRequest & { readonly status?: DeadLetterStatus | undefined },
  ): Promise<Page<DeadLetterSummary>>
  read(workspaceId: WorkspaceId, id: DeadLetterId): Promise<DeadLetter>
  redrive(
    workspaceId: WorkspaceId,
    id: DeadLetterId,
    request: RedriveRequest,
    by: Principal,
  ): Promise<DeadLetter>
  drop(workspaceId: WorkspaceId, id: DeadLetterId, reason: string, by: Principal): Promise<DeadLetter>
}

/**
 * What serves MCP. It stands beside this door, so it is given, not loaded. The caller's token was checked, and
 * Host and Origin; each tool asks for its own permission.
 */
export type McpDoor = {
  /** Answers one request; `body` is its JSON, already parsed, and undefined where it has none. */
  answer(of: {
    readonly request: Request
    readonly body: unknown
    readonly caller: Caller
    readonly requestId: string
  }): Promise<Response>
  /** Ends streams that are open. */
  stop(): Promise<void>
}

/** What the routes work with. */
export type HttpContext = {
  readonly engine: Engine
  readonly deadLetters: DeadLetterDesk
  readonly config: Config
  readonly pinned: PinnedPlaybook
  readonly keys: SigningKeys
  readonly home: string
  readonly readiness: Readiness
  readonly log: Log
  readonly limits: HttpLimits
  readonly feed: EventFeed
  readonly taskTokens: TaskTokens
  /** Null where this process does not speak MCP. */
  readonly mcp: McpDoor | null
  /** Where clients reach this server, without a slash at the end. */
  readonly getBaseUrl: () => string
  readonly metrics: Metrics
}
