import type { Caller, TaskClaim } from '@ropewalk/core/access/caller'
import { RopewalkError } from '@ropewalk/core/errors'
import type { TaskId } from '@ropewalk/core/ids'

/** The attempt that a token stands for. Throws FORBIDDEN for another task, STALE_ATTEMPT for another attempt. */
export const getClaim = (
  { claim }: Pick<Caller, 'claim'>,
  taskId: TaskId,
  attempt: number | undefined,
): TaskClaim => {
  if (claim === null || claim.taskId !== taskId)
    throw new RopewalkError('FORBIDDEN', 'This token belongs to another task.')
  if (attempt !== undefined && attempt !== claim.attempt) {
    throw new RopewalkError('STALE_ATTEMPT', `The token is of attempt ${claim.attempt}, not ${attempt}.`, {
      details: { attempt: claim.attempt },
    })
  }
  return claim
}
