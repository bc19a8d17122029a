import type { RunCommandOf } from '../commands.ts'
import { type Refused, refuse } from '../../decision.ts'
import { clipText } from '../../clip.ts'
import type { Draft } from '../draft.ts'
import type { Task } from '../state.ts'

/** The task of a command, if that attempt runs at this moment; else STALE_ATTEMPT. */
export const findRunning = (
  draft: Draft,
  command: { readonly taskId: string; readonly attempt: number },
): Task | Refused => {
  const task = draft.state.tasks.get(command.taskId)
  if (task?.status === 'running' && task.attempt === command.attempt) return task
  return refuse(
    'STALE_ATTEMPT',
    task === undefined || task.status !== 'running'
      ? `Attempt ${command.attempt} of task ${command.taskId} does not run; its result is dropped.`
      : `Attempt ${command.attempt} of task ${command.taskId} was superseded by attempt ${task.attempt}.`,
    { taskId: command.taskId, attempt: command.attempt, status: task?.status ?? null },
  )
}

export const isRefused = <T extends object>(found: T | Refused): found is Refused =>
  'type' in found && found.type === 'refused'

/** Who did an attempt, since when and with what: the claim's own word where there is one. */
export const getDoer = (
  task: Task,
  command: RunCommandOf<'CompleteTask'> | RunCommandOf<'FailTask'> | RunCommandOf<'LoseAttempt'>,
) => ({
  taskId: task.id,
  attempt: command.attempt,
  worker: clipText(task.claimedBy ?? command.worker, 120),
  claimedAt: task.claimedAt ?? command.claimedAt,
  tool: 'tool' in command ? command.tool : task.capability,
  toolVersion: 'toolVersion' in command ? command.toolVersion : 'unknown',
})
