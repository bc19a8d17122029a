import { TaskId, WorkspaceId } from '@ropewalk/core/ids'
import { hasCode } from '@ropewalk/core/errors'
import type { Engine } from '../engine/contract.ts'
import type { AttemptKey, RunRepositories } from '../repo/git/run-repositories.ts'

/**
 * Removes the folders of attempts that have ended, whichever process made them. Returns how many.
 * Folders that `isHeld` names, and those whose names are not ours, stay.
 */
export const sweepAttempts = async (of: {
  readonly engine: Engine
  readonly repositories: RunRepositories
  readonly isHeld: (key: AttemptKey) => boolean
}): Promise<number> => {
  let removed = 0
  for (const key of await of.repositories.listAttempts()) {
    if (of.isHeld(key) || !(await hasEnded(of.engine, key))) continue
    await of.repositories.removeAttempt(key)
    removed += 1
  }
  return removed
}

const hasEnded = async (engine: Engine, key: AttemptKey): Promise<boolean> => {
  const workspaceId = WorkspaceId.safeParse(key.workspaceId)
  const taskId = TaskId.safeParse(key.taskId)
  if (!workspaceId.success || !taskId.success || !Number.isInteger(key.attempt)) return false
  try {
    const task = await engine.readTask(workspaceId.data, taskId.data)
    return task.attempt > key.attempt || task.status !== 'running'
  } catch (error) {
    // A run that this database does not know: removed, or another database's; its code is only a copy.
    if (hasCode(error, 'NOT_FOUND')) return true
    throw error
  }
}
