import { RopewalkError } from '@ropewalk/core/errors'
import type { ToolContext } from './tool.ts'

/** The folder of the worktree. Throws INVALID_ARGUMENT for an agent that has none. */
export const getWorktree = ({ job }: ToolContext): string => {
  if (job.worktree === null)
    throw new RopewalkError('INVALID_ARGUMENT', 'This task has no worktree; repo tools cannot be used in it.')
  return job.worktree.dir
}
