import type { ConfinedResult, GuardInput, JudgedArtifact } from './guard.ts'

/** What a tool agent is given: the newest inputs its front matter names, and the code among them checked out. */
export type ToolInput = Pick<GuardInput, 'worktree' | 'scratch' | 'runConfined' | 'now'> & {
  /** In the order of the agent's `inputs`; what the run does not have is left out. */
  readonly inputs: readonly JudgedArtifact[]
  /** A checkout of the commit that was accepted before this phase began, for before and after; null where none is. */
  readonly before: GuardInput['worktree']
  readonly settings: Readonly<Record<string, unknown>>
}

export type ToolFile = { readonly name: string; readonly mediaType: string; readonly bytes: Uint8Array }

/** The document a tool makes, and files that become artifacts beside it (names as `Name` of the core). */
export type ToolResult = {
  readonly document: Readonly<Record<string, unknown>>
  readonly files?: readonly ToolFile[]
  /** True: what the tool saw asks for another pass of its iterative phase. */
  readonly again?: boolean
  /** What it ran, for the log. */
  readonly ran?: readonly Pick<ConfinedResult, 'argv' | 'exitCode'>[]
}

/** One program of ours that makes a document by measuring or scanning. Its name is that of its agent. */
export type Tool = {
  readonly name: string
  readonly version: string
  readonly run: (input: ToolInput) => Promise<ToolResult>
}
