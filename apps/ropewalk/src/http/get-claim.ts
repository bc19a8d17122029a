import { RopewalkError } from '@ropewalk/core/errors'
import type { TaskId } from '@ropewalk/core/ids'
import type { Caller } from './caller.ts'
import type { TaskClaim } from './task-token.ts'

/** The attempt that a token stands for. Throws FORBIDDEN for another task, STALE_ATTEMPT for another attempt. */
export const getClaim = (caller: Caller, taskId: TaskId, attempt: number | undefined): TaskClaim => {
  if (caller.kind !== 'task' || caller.claim.taskId !== taskId)
    throw new RopewalkError('FORBIDDEN', 'This token belongs to another task.')
  const { claim } = caller
  if (attempt !== undefined && attempt !== claim.attempt) {
    throw new RopewalkError('STALE_ATTEMPT', `The token is of attempt ${claim.attempt}, not ${attempt}.`, {
      details: { attempt: claim.attempt },
    })
  }
  return claim
}
