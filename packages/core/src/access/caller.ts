import { z } from 'zod'
import type { Principal } from '../decision.ts'
import { type AgentId, GrantId, RunId, type SessionId, TaskId, WorkspaceId } from '../ids.ts'
import { Instant, text } from '../text.ts'
import type { Permission } from './permissions.ts'
import type { Role } from './roles.ts'

/** A token of another issuer, by what it calls itself. */
export const ForeignToken = z.strictObject({ issuer: text(400, 1), jti: text(200, 1) })
export type ForeignToken = z.infer<typeof ForeignToken>

/** What a task's token stands for: one attempt at one task. `expiresAt` is in milliseconds since 1970. */
export const TaskClaim = z.strictObject({
  workspaceId: WorkspaceId,
  runId: RunId,
  taskId: TaskId,
  attempt: z.int().min(1),
  worker: text(120, 1),
  claimedAt: Instant,
  expiresAt: z.int().min(0),
  /** With which token the task was claimed: when that one is revoked, this one ends too. */
  grantId: GrantId.optional(),
  foreign: ForeignToken.optional(),
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
  /** Where another issuer made the token. */
  readonly foreign?: ForeignToken | undefined
  /** For `task` alone. */
  readonly claim: TaskClaim | null
}

/** What the token of a task says of the one it was claimed with; one task token made of another says the same. */
export const getClaimOrigin = (
  caller: Pick<Caller, 'grantId' | 'foreign' | 'claim'>,
): Pick<TaskClaim, 'grantId' | 'foreign'> => {
  const { grantId, foreign } = caller.claim ?? caller
  return {
    ...(grantId === undefined || grantId === null ? {} : { grantId }),
    ...(foreign === undefined ? {} : { foreign }),
  }
}
