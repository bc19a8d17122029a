import type { TaskClaim } from '@ropewalk/core/access/caller'
import type { CompleteTaskRequest, FailTaskRequest } from '@ropewalk/core/contract/api/claims'
import { RopewalkError } from '@ropewalk/core/errors'
import type { Answer, Engine, SubmitOptions } from '../contract.ts'
import { readOutputs } from './read-outputs.ts'

/** Which attempt ends, and whose it is. */
export type HeldAttempt = Pick<TaskClaim, 'workspaceId' | 'runId' | 'taskId' | 'attempt' | 'worker'> & {
  readonly claimedAt: string
}

/** Throws STALE_ATTEMPT unless the attempt runs; a cheap look before bytes are kept for it. */
export const checkRunning = async (
  engine: Pick<Engine, 'readTask'>,
  { workspaceId, taskId, attempt }: Pick<HeldAttempt, 'workspaceId' | 'taskId' | 'attempt'>,
): Promise<void> => {
  const task = await engine.readTask(workspaceId, taskId)
  if (task.status === 'running' && task.attempt === attempt) return
  throw new RopewalkError('STALE_ATTEMPT', `Attempt ${attempt} of task ${taskId} does not run any more.`, {
    details: { attempt: task.attempt, status: task.status },
  })
}

/**
 * Hands in the result of an attempt at a run's task; it counts once. Durable when it returns; safe to repeat with
 * an idempotency key. Throws STALE_ATTEMPT, and INVALID_ARGUMENT with the place for outputs that break a contract.
 */
export const completeRunTask = async (
  engine: Engine,
  { workspaceId, runId, taskId, attempt, worker, claimedAt }: HeldAttempt,
  request: Omit<CompleteTaskRequest, 'attempt'>,
  options: SubmitOptions,
): Promise<Answer> => {
  // A repeated request is answered from its key, after the attempt has ended.
  if (options.idempotency === undefined) await checkRunning(engine, { workspaceId, taskId, attempt })
  const { usage, tool, toolVersion, questions, again } = request
  const outputs = await readOutputs(engine, workspaceId, request.outputs)
  return engine.submit(
    {
      type: 'CompleteTask',
      workspaceId,
      runId,
      taskId,
      attempt,
      ...{ worker, claimedAt, tool, toolVersion, usage },
      outputs,
      commit: null,
      reports: [],
      questions,
      ...(again === undefined ? {} : { again }),
    },
    options,
  )
}

/** Gives an attempt at a run's task up; the error class decides whether it is tried again. Throws STALE_ATTEMPT. */
export const failRunTask = (
  engine: Pick<Engine, 'submit'>,
  { workspaceId, runId, taskId, attempt, worker, claimedAt }: HeldAttempt,
  request: Omit<FailTaskRequest, 'attempt'>,
  options: SubmitOptions,
): Promise<Answer> => {
  const { usage, tool, toolVersion, errorClass, message } = request
  return engine.submit(
    {
      type: 'FailTask',
      workspaceId,
      runId,
      taskId,
      attempt,
      ...{ worker, claimedAt, tool, toolVersion, usage },
      errorClass,
      message,
      retryAfterMs: request.retryAfterMs ?? null,
      jitter: Math.random(),
    },
    options,
  )
}
