import { refuse, type Refused } from '../../decision.ts'
import type { RunCommandOf } from '../commands.ts'
import { clipText } from '../../clip.ts'
import { addEndEffects, cancelTask, cancelTasks, failRun, interruptPhases } from '../closing/end-run.ts'
import { answered, getActor, type Outcome } from '../../draft.ts'
import { addEvent, type Draft } from '../draft.ts'
import { expectRun } from '../patch.ts'
import { isTerminalTask, type Run, type RunStatus } from '../state.ts'
import { beginHeldRun, pauseRun, resumeRun, retryRun } from './pause-run.ts'

type Command = RunCommandOf<'SignalRun'>
type Signal = Command['signal']

const ALLOWED: Readonly<Record<RunStatus, readonly Signal[]>> = {
  planned: ['resume', 'cancel'],
  running: ['pause', 'cancel'],
  paused: ['resume', 'cancel'],
  awaiting_human: ['pause', 'resume', 'cancel'],
  succeeded: [],
  failed: ['retry', 'resume', 'cancel'],
  cancelled: [],
}

/** The signals that a run takes at this moment. */
export const getAllowedSignals = ({ status, closed, closing }: Run): readonly Signal[] => {
  if (closed) return []
  return closing ? ALLOWED[status].filter((signal) => signal !== 'pause') : ALLOWED[status]
}

const findTargetFault = (draft: Draft, { signal, target, targetId }: Command): Refused | undefined => {
  if (target === 'run') return undefined
  if (signal === 'pause' || signal === 'resume')
    return refuse('INVALID_ARGUMENT', `Only a run can ${signal}; a ${target} cannot.`, { target })
  if (targetId === null)
    return refuse('INVALID_ARGUMENT', `Say which ${target} to ${signal}: targetId is missing.`)
  if (target === 'phase') {
    const phase = draft.state.phases.get(targetId)
    if (!phase) return refuse('NOT_FOUND', `The run has no phase ${targetId}.`, { target, targetId })
    const fits = signal === 'retry' ? phase.status === 'failed' : ['running', 'gating'].includes(phase.status)
    return fits
      ? undefined
      : refuse('INVALID_TRANSITION', `The phase ${targetId} is ${phase.status}; ${signal} does not apply.`, {
          status: phase.status,
        })
  }
  // A failed task is not loaded: its retry is the retry of its run, which is checked by status.
  if (signal === 'retry') return undefined
  const task = draft.state.tasks.get(targetId)
  return task && !isTerminalTask(task.status)
    ? undefined
    : refuse('NOT_FOUND', `The run has no open task ${targetId}.`, { target, targetId })
}

const findRefusal = (draft: Draft, command: Command): Refused | undefined => {
  const run = expectRun(draft.state)
  const allowed = getAllowedSignals(run)
  if (!allowed.includes(command.signal))
    return refuse(
      'INVALID_TRANSITION',
      `The run is ${run.closed ? 'closed' : run.status}; ${command.signal} does not apply. Allowed: ${allowed.join(', ') || 'nothing'}.`,
      { status: run.status, closing: run.closing, closed: run.closed, allowed },
    )
  return findTargetFault(draft, command)
}

const cancelRun = (draft: Draft): void => {
  cancelTasks(draft, 'The run was cancelled.')
  for (const { id, phase, status } of draft.state.questions.values())
    if (status === 'open')
      addEvent(draft, 'CLARIFICATION.QUESTION_CLOSED', {
        questionId: id,
        phase,
        reason: 'The run was cancelled.',
      })
  interruptPhases(draft)
  addEvent(draft, 'run.cancelled', { cancelledBy: getActor(draft) })
  addEndEffects(draft, 'close-run')
}

/** Cancels one task or phase; its phase, and so the run, cannot go on without it. */
const cancelPart = (draft: Draft, { target, targetId }: Command): void => {
  const task = target === 'task' ? draft.state.tasks.get(targetId ?? '') : undefined
  if (task) cancelTask(draft, task, 'The task was cancelled.')
  failRun(draft, {
    phase: task?.phase ?? targetId ?? '',
    status: 'cancelled',
    code: task ? 'TASK_CANCELLED' : 'PHASE_CANCELLED',
    message: clipText(`The ${target} ${task?.agent ?? targetId} was cancelled by ${getActor(draft)}.`, 1000),
  })
}

const goOn = (draft: Draft): void => {
  const { status } = expectRun(draft.state)
  if (status === 'planned') beginHeldRun(draft)
  else if (status === 'paused') resumeRun(draft)
  else if (status === 'failed') retryRun(draft)
}

/** Pause, resume, retry, cancel. A run that awaits a person goes on awaiting: only an answer helps. */
export const signalRun = (draft: Draft, command: Command): Outcome => {
  const refusal = findRefusal(draft, command)
  if (refusal) return refusal
  const { signal, target } = command
  const run = expectRun(draft.state)
  addEvent(draft, 'signal.received', {
    signal,
    target,
    targetId: command.targetId ?? run.id,
    status: signal === 'resume' && run.status === 'awaiting_human' ? 'ignored' : 'acknowledged',
    by: getActor(draft),
  })
  if (signal === 'pause') pauseRun(draft, 'signal', '')
  else if (signal !== 'cancel') goOn(draft)
  else if (target === 'run') cancelRun(draft)
  else cancelPart(draft, command)
  return answered({ status: expectRun(draft.state).status })
}
