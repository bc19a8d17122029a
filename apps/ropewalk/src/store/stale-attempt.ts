import { RopewalkError } from '@ropewalk/core/errors'

/** The refusal of a write by an attempt that no longer holds its task. */
export const makeStaleError = (of: { readonly taskId: string; readonly attempt: number }): RopewalkError =>
  new RopewalkError('STALE_ATTEMPT', `Attempt ${of.attempt} no longer holds this task. Stop working on it.`, {
    details: { taskId: of.taskId, attempt: of.attempt },
  })
