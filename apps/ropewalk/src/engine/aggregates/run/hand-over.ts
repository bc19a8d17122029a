import { addMs } from '@ropewalk/core/decision'
import type { RunState, Task } from '@ropewalk/core/run/state'
import type { Handed } from '../../aggregate.ts'
import type { NextClaim } from '../../contract.ts'

/**
 * Claims a task that a command has just made for the worker that handed in the one before it: as the claim of
 * a ready task does, without writing the row twice. Tasks that were there before may be locked by others.
 */
export const handOverTask = (
  before: RunState,
  after: RunState,
  to: NextClaim,
  now: string,
): Handed<RunState> | undefined => {
  const isFree = ({ id, status, capability, dueAt }: Task): boolean =>
    status === 'ready' && !before.tasks.has(id) && dueAt <= now && to.capabilities.includes(capability)
  const task = after.tasks.values().find(isFree)
  if (task === undefined) return undefined
  const leaseUntil = addMs(now, to.leaseMs)
  const attempt = task.attempt + 1
  const running: Task = {
    ...task,
    status: 'running',
    attempt,
    claimedBy: to.worker,
    claimedAt: now,
    leaseUntil,
    heartbeatAt: now,
  }
  const { workspaceId } = after.run ?? {}
  if (workspaceId === undefined) return undefined
  return {
    state: { ...after, tasks: new Map(after.tasks).set(task.id, running) },
    claimed: {
      workspaceId,
      runId: task.runId,
      taskId: task.id,
      attempt,
      spec: task.spec,
      claimedAt: now,
      leaseUntil,
      checkpoint: null,
    },
  }
}
