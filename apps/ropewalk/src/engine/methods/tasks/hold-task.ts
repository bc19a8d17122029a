import { getClaimOrigin } from '@ropewalk/core/access/caller'
import { CHECKPOINT_TASK, HEARTBEAT_TASK } from '@ropewalk/core/contract/methods/tasks'
import { RopewalkError } from '@ropewalk/core/errors'
import { readHeldClaim } from '../../tasks/read-held-claim.ts'
import { defineMethod } from '../define-method.ts'

export const heartbeatTask = defineMethod(
  HEARTBEAT_TASK,
  async ({ engine, taskTokens }, input, { caller }) => {
    const { isOfItem: _, ...claim } = await readHeldClaim(engine, caller, {
      taskId: input.task_id,
      attempt: input.attempt,
    })
    const { workspaceId, taskId, attempt } = claim
    const etaMs = input.eta_seconds === undefined ? undefined : Math.round(input.eta_seconds * 1000)
    const [beat] = await engine.heartbeat([{ workspaceId, taskId, attempt, pct: input.percent, etaMs }])
    if (beat === undefined || 'stale' in beat)
      throw new RopewalkError('STALE_ATTEMPT', `Attempt ${attempt} of task ${taskId} lost its lease.`)
    const token = taskTokens.sign({ ...claim, ...getClaimOrigin(caller) })
    return { lease_until: beat.leaseUntil, cancelled: beat.cancelled, token }
  },
)

export const checkpointTask = defineMethod(CHECKPOINT_TASK, async ({ engine }, input, { caller }) => {
  const { workspaceId, taskId, attempt } = await readHeldClaim(engine, caller, {
    taskId: input.task_id,
    attempt: input.attempt,
  })
  await engine.saveCheckpoint({ workspaceId, taskId, attempt, token: input.marker, data: input.data })
  return { task_id: taskId, attempt }
})
