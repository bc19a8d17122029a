import type { Artifact } from '@ropewalk/core/contract/artifact'
import type { GuardReport } from '@ropewalk/core/contract/guard-report'
import type { GuardUse } from '@ropewalk/core/contract/playbook'
import type { z } from 'zod'

/** The files of a commit. `lacks` says why packages that its code needs are not to be had, where they are not. */
export type Checkout = { readonly dir: string; readonly commit: string; readonly lacks?: string | undefined }

/** One command on code that an agent wrote. `cwd` and `writable` are the only folders it may write. */
export type ConfinedRequest = {
  readonly argv: readonly [string, ...string[]]
  readonly cwd: string
  /** Further folders: read-only unless `write`. They appear at the same path inside, or at `at`. */
  readonly mounts?: readonly { readonly path: string; readonly write: boolean; readonly at?: string }[]
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string
  readonly timeoutMs: number
  readonly maxOutputBytes: number
  /** A loopback of its own, no other network: for a service and its tests in one command. Always so. */
  readonly memoryMb?: number
}

/** How it ended. `exitCode` is null when a signal or the time limit ended it. */
export type ConfinedResult = {
  readonly argv: readonly string[]
  readonly exitCode: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
  readonly truncated: boolean
  readonly timedOut: boolean
  readonly durationMs: number
  /** `no` where the operator allowed running without a sandbox; the evidence says so. */
  readonly confined: 'yes' | 'no'
}

/** Throws SANDBOX_UNAVAILABLE where there is no sandbox and the run was not allowed to do without. */
export type RunConfined = (request: ConfinedRequest) => Promise<ConfinedResult>

/** An artifact as a guard sees it: `json` is set where the artifact is a document of a known contract. */
export type JudgedArtifact = { readonly artifact: Artifact; readonly bytes: Buffer; readonly json?: unknown }

export type GuardInput = {
  readonly use: GuardUse
  /** What is judged, in the order of `use.artifacts`. */
  readonly judged: readonly JudgedArtifact[]
  /** Everything else of the run that claims may cite, newest versions, by name (the idea among them). */
  readonly others: readonly JudgedArtifact[]
  /** A checkout of the judged commit that belongs to this attempt alone; null where no code is judged. */
  readonly worktree: Checkout | null
  /** An empty folder of this attempt, outside the checkout, for reports. */
  readonly scratch: string
  readonly runConfined: RunConfined
  readonly now: () => string
}

/** A guard's findings; the engine adds rubric, times and digests to make the report. */
export type GuardFindings = Pick<
  GuardReport,
  'outcome' | 'score' | 'severity' | 'reasons' | 'tool' | 'toolVersion' | 'argv' | 'exitCode' | 'confined'
> &
  Partial<Pick<GuardReport, 'metrics' | 'requirements'>> & {
    /** Files worth keeping (an SBOM, a test report): stored as blobs and named in the report. */
    readonly outputs?: readonly {
      readonly name: string
      readonly mediaType: string
      readonly bytes: Uint8Array
    }[]
  }

/** One check. It reads, never mends. A broken check throws; the engine records outcome `error`. */
export type Guard = {
  readonly name: string
  readonly version: string
  /** What its settings may be, so that a playbook can be checked before a run. */
  readonly settings?: z.ZodType
  readonly run: (input: GuardInput) => Promise<GuardFindings>
}
