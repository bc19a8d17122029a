import type { AgentJob } from '../../../agent-runtime.ts'

/** A document while it is mended: plain JSON that the menders change in place. */
export type Draft = {
  readonly name: string
  readonly json: Record<string, unknown>
  readonly fresh: Record<string, unknown>
  readonly job: AgentJob
  /** Lists that were mended as a whole: a second reason about one of them asks for nothing more. */
  readonly completed: Set<string>
}

/** Changes the draft by one reason. False where the reason is none of its kind or nothing could be done. */
export type Mender = (draft: Draft, reason: string) => boolean
