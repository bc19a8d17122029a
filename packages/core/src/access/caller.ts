import { z } from 'zod'
import type { Principal } from '../decision.ts'
import { type AgentId, RunId, type SessionId, TaskId, WorkspaceId, type GrantId } from '../ids.ts'
import { Instant, text } from '../text.ts'
import type { Permission } from './permissions.ts'
import type { Role } from './roles.ts'

/** What a task's token stands for: one attempt at one task. `expiresAt` is in milliseconds since 1970. */
export const TaskClaim = z.strictObject({
  workspaceId: WorkspaceId,
  runId: RunId,
  taskId: TaskId,
  attempt: z.int().min(1),
  worker: text(120, 1),
  claimedAt: Instant,
  expiresAt: z.int().min(0),
})
export type TaskClaim = z.infer<typeof TaskClaim>

/** Who calls, taken from the verified token alone. */
export type Caller = {
  /** `owner` holds the home's own token, `grant` one that was issued, `task` the one of an attempt. */
  readonly kind: 'owner' | 'grant' | 'task'
  readonly workspaceId: WorkspaceId
  readonly by: Principal
  /** As whom they speak in threads. */
  readonly agentId: AgentId
  readonly role: Role
  readonly sessionId: SessionId | null
  /** What the token is narrowed to; null: all that the role has. */
  readonly scopes: readonly Permission[] | null
  readonly grantId: GrantId | null
  /** For `task` alone. */
  readonly claim: TaskClaim | null
}
