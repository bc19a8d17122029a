import type { Caller } from '@ropewalk/core/access/caller'
import { RopewalkError } from '@ropewalk/core/errors'
import { RunId, type TaskId } from '@ropewalk/core/ids'
import type { Engine } from '../contract.ts'
import type { HeldAttempt } from './end-run-task.ts'

/** An attempt in the hands of who calls, and whether its task is an item's. */
export type HeldClaim = HeldAttempt & { readonly isOfItem: boolean }

const makeMissing = (taskId: TaskId): RopewalkError =>
  new RopewalkError('NOT_FOUND', `You hold no task ${taskId}.`)

const makeStale = (taskId: TaskId, attempt: number, present: number): RopewalkError =>
  new RopewalkError('STALE_ATTEMPT', `Attempt ${attempt} of task ${taskId} is not yours any more.`, {
    details: { attempt: present },
  })

/** Asked first: the engine would tell a task of another apart from none. */
const checkToken = ({ claim }: Caller, taskId: TaskId, attempt: number): void => {
  if (claim === null) return
  if (claim.taskId !== taskId) throw makeMissing(taskId)
  if (claim.attempt !== attempt) throw makeStale(taskId, attempt, claim.attempt)
}

/**
 * The attempt of a task that this caller claimed, running or ended; who holds the token of a task may name that one
 * alone. Throws NOT_FOUND for a task that it never held, as for one that is not there, and STALE_ATTEMPT for one
 * that went to somebody else.
 */
export const readHeldClaim = async (
  engine: Pick<Engine, 'readTask'>,
  caller: Caller,
  { taskId, attempt }: { readonly taskId: TaskId; readonly attempt: number },
): Promise<HeldClaim> => {
  checkToken(caller, taskId, attempt)
  const { workspaceId, agentId } = caller
  const worker = caller.claim?.worker ?? agentId
  const task = await engine.readTask(workspaceId, taskId).catch((error: unknown) => {
    if (error instanceof RopewalkError && error.code === 'NOT_FOUND') throw makeMissing(taskId)
    throw error
  })
  const ended = task.attempts.find(({ number }) => number === attempt)
  const isPresent = task.attempt === attempt && task.claimedBy === worker
  const claimedAt =
    caller.claim?.claimedAt ??
    (isPresent ? task.claimedAt : ended?.worker === worker ? ended.claimedAt : null)
  if (claimedAt === null) {
    if (task.attempts.some((each) => each.worker === worker) || task.claimedBy === worker)
      throw makeStale(taskId, attempt, task.attempt)
    throw makeMissing(taskId)
  }
  const isOfItem = 'itemId' in task.spec
  return { workspaceId, runId: RunId.parse(task.runId), taskId, attempt, worker, claimedAt, isOfItem }
}
