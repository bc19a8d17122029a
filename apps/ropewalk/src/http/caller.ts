import type { Principal } from '@ropewalk/core/decision'
import type { WorkspaceId } from '@ropewalk/core/ids'
import type { TaskClaim } from './task-token.ts'

/** Who calls, taken from the verified token alone: the workspace's owner, or an agent within one attempt. */
export type Caller =
  | { readonly kind: 'owner'; readonly workspaceId: WorkspaceId; readonly by: Principal }
  | {
      readonly kind: 'task'
      readonly workspaceId: WorkspaceId
      readonly by: Principal
      readonly claim: TaskClaim
    }

/** Who may use a route. `public` is for probes, which tell nothing. */
export type Access = 'public' | 'owner' | 'task' | 'any'

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller | null
  }
  interface FastifyContextConfig {
    access?: Access
  }
}
