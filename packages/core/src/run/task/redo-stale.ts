import type { RunCommandOf } from '../commands.ts'
import { cancelTask } from '../closing/end-run.ts'
import { addEvent, type Draft } from '../draft.ts'
import { expectTask } from '../patch.ts'
import { findNewest } from '../phase/inputs.ts'
import type { Task } from '../state.ts'
import { createTaskAgain } from './create-tasks.ts'
import { getDoer } from './fence.ts'

type Command = RunCommandOf<'CompleteTask'>

/** Whether code was written on a version that another phase, or a person, has gone on from in the meantime. */
export const isStaleCode = (draft: Draft, { kind, spec }: Task, { outputs, commit }: Command): boolean => {
  const isCode = kind === 'coder' && (commit !== null || outputs.some((output) => output.commit !== null))
  const newest = isCode && spec.output !== null ? findNewest(draft.state, spec.output) : undefined
  if (!newest || newest.commit === null) return false
  return !spec.input.some(({ artifactId }) => artifactId === newest.artifactId)
}

/** Drops a result that would undo somebody else's work; the same is asked for again, on the newest code. */
export const redoStale = (draft: Draft, task: Task, command: Command): void => {
  addEvent(draft, 'task.attempt_ended', {
    ...getDoer(task, command),
    usage: command.usage,
    outcome: 'failed',
    errorClass: 'transient',
    message: 'Meanwhile the code was changed elsewhere; handing this in would undo that.',
  })
  cancelTask(draft, expectTask(draft.state, task.id), 'The code it began with is no longer the newest.')
  createTaskAgain(draft, task)
}
