import type { Caller } from '@ropewalk/core/access/caller'
import type { Artifact } from '@ropewalk/core/contract/artifact'
import { RopewalkError } from '@ropewalk/core/errors'
import type { ArtifactId } from '@ropewalk/core/ids'
import type { Engine } from '../contract.ts'

/**
 * An artifact that this caller may read: any of the workspace, but with the token of a task the inputs of
 * that task while its attempt runs. What it may not read answers as what is not there.
 */
export const readForCaller = async (engine: Engine, caller: Caller, id: ArtifactId): Promise<Artifact> => {
  if (caller.claim === null) return engine.readArtifact(caller.workspaceId, id)
  const { taskId, attempt } = caller.claim
  const task = await engine.readTask(caller.workspaceId, taskId)
  if (task.status !== 'running' || task.attempt !== attempt) {
    throw new RopewalkError('STALE_ATTEMPT', `Attempt ${attempt} of task ${taskId} does not run any more.`)
  }
  const { inputs } = await engine.readTaskContext(caller.workspaceId, taskId)
  const input = inputs.find(({ artifactId }) => artifactId === id)
  if (input === undefined) {
    throw new RopewalkError('NOT_FOUND', 'The task has no such input.', { details: { artifactId: id } })
  }
  return input.artifact
}
