import type { ProjectId } from '@ropewalk/core/ids'
import type { Answer, Engine, SubmitOptions } from '../contract.ts'
import {
  byWorker,
  type ClarifyRequest,
  type FailWorkRequest,
  type WorkDoer,
  type WorkOptions,
} from './contract.ts'
import { askForFields } from './missing-fields.ts'

/** Who speaks: the worker itself unless the caller says otherwise. */
export const getWorkOptions = ({ worker }: WorkDoer, options: WorkOptions): SubmitOptions => ({
  by: byWorker(worker),
  ...options,
})

/** The part of a command that says who did it, and in which attempt. */
export const makeEnd = (
  { workspaceId, taskId, attempt, worker, tool, toolVersion }: WorkDoer,
  of: { readonly projectId: ProjectId; readonly claimedAt: string | null },
) => ({ workspaceId, ...of, taskId, attempt, worker, tool, toolVersion })

type WorkEngine = Pick<Engine, 'readWork' | 'submit'>

/** When the attempt was claimed, as far as the task still knows it. */
export const getClaimedAt = (
  task: { readonly attempt: number; readonly claimedAt: string | null },
  { attempt }: WorkDoer,
): string | null => (task.attempt === attempt ? task.claimedAt : null)

/** Tells the project that an attempt gave up. Throws NOT_FOUND, STALE_ATTEMPT. */
export const failWork = async (
  engine: WorkEngine,
  request: FailWorkRequest,
  options: WorkOptions,
): Promise<Answer> => {
  const { task } = await engine.readWork(request.workspaceId, request.taskId)
  const { category, message, retryable } = request
  const end = makeEnd(request, { projectId: task.projectId, claimedAt: getClaimedAt(task, request) })
  return engine.submit(
    { type: 'FailWork', ...end, category, message, retryable },
    getWorkOptions(request, options),
  )
}

/** Tells the project what a worker misses; the item waits for the answers. Throws NOT_FOUND, STALE_ATTEMPT. */
export const needClarification = async (
  engine: WorkEngine,
  request: ClarifyRequest,
  options: WorkOptions,
): Promise<Answer> => {
  const { task } = await engine.readWork(request.workspaceId, request.taskId)
  const { reason, missingFields, questions } = request
  const end = makeEnd(request, { projectId: task.projectId, claimedAt: getClaimedAt(task, request) })
  return engine.submit(
    {
      type: 'NeedClarification',
      ...end,
      reason,
      missingFields: [...missingFields],
      questions: [...(questions.length > 0 ? questions : askForFields(missingFields, reason))],
    },
    getWorkOptions(request, options),
  )
}
