import type { WorkspaceId } from '../ids.ts'

/** Money of a workspace: `capMicros` in all, of which `grantedMicros` has gone to runs. */
export type Workspace = {
  readonly id: WorkspaceId
  readonly capMicros: number
  readonly grantedMicros: number
  readonly spentMicros: number
}
