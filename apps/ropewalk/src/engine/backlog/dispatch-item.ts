import { RopewalkError } from '@ropewalk/core/errors'
import type { ItemId, WorkspaceId } from '@ropewalk/core/ids'
import type { Answer, Engine, SubmitOptions } from '../contract.ts'
import { makeBatches } from './make-batches.ts'

/**
 * Gives a ready item out now, whoever is there. Answers `{ dispatched, skipped, version }`. Throws NOT_FOUND, and
 * CONFLICT for an item that cannot be given out, saying why.
 */
export const dispatchItem = async (
  engine: Pick<Engine, 'readItem' | 'readProject' | 'submit'>,
  of: {
    readonly workspaceId: WorkspaceId
    readonly itemId: ItemId
    readonly capability?: string | undefined
  },
  options: SubmitOptions,
): Promise<Answer> => {
  const { workspaceId, itemId } = of
  const item = await engine.readItem(workspaceId, itemId)
  const { projectId, batchRows } = item
  const capability = of.capability ?? item.capability
  if (capability === null)
    throw new RopewalkError('CONFLICT', 'The item has no capability: nobody does it. Name one to give it to.')
  const { project } = await engine.readProject(workspaceId, projectId)
  const batches = makeBatches(project.uploads[0]?.rows ?? 0, batchRows)
  const answer = await engine.submit(
    { type: 'DispatchItems', workspaceId, projectId, items: [{ itemId, capability, batches }] },
    options,
  )
  const { skipped } = answer
  if (Array.isArray(skipped) && skipped.length > 0)
    throw new RopewalkError(
      'CONFLICT',
      `The item cannot be given out: it is ${item.status}, the project ${project.status}. ` +
        'Only a ready item that holds no others and is not out already can.',
      { details: { itemId, status: item.status, project: project.status } },
    )
  return answer
}
