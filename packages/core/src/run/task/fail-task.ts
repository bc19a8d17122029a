import { addMs, type Refused } from '../../decision.ts'
import { NO_USAGE } from '../../contract/budget.ts'
import type { RunCommandOf } from '../commands.ts'
import { clipText } from '../../clip.ts'
import { failRun } from '../closing/end-run.ts'
import { answered, type Outcome } from '../../draft.ts'
import { addEvent, type Draft } from '../draft.ts'
import { expectPhase, expectPlan, expectRun, expectTask } from '../patch.ts'
import { getDefinition } from '../plan/find-in-plan.ts'
import { pauseRun } from '../signal/pause-run.ts'
import type { Task } from '../state.ts'
import { findRunning, getDoer, isRefused } from './fence.ts'
import { type Cause, getRetryDelayMs, mayRetry } from './retry-policy.ts'

type Retryable = Exclude<Cause, 'budget'>
type Wait = { readonly jitter: number; readonly retryAfterMs: number | null }

/** A task that is due again while the run stands still waits for the run. */
const holdIfPaused = (draft: Draft, taskId: Task['id']): void => {
  if (expectRun(draft.state).status === 'paused')
    addEvent(draft, 'task.released', { taskId, status: 'pending' })
}

const giveUp = (draft: Draft, task: Task, cause: string, message: string): Outcome => {
  addEvent(draft, 'task.failed', { taskId: task.id, errorClass: cause, message: clipText(message, 1000) })
  const error = clipText(`${task.agent} failed (${cause}): ${message}`, 1000)
  addEvent(draft, 'phase.error', { phase: task.phase, error, code: 'TASK_FAILED', retryable: true })
  failRun(draft, { phase: task.phase, status: 'failed', code: 'TASK_FAILED', message: error })
  return answered({ status: 'failed' })
}

const retryOrGiveUp = (draft: Draft, id: string, failure: Wait & { cause: Retryable; message: string }) => {
  const task = expectTask(draft.state, id)
  const { cause, message } = failure
  if (!mayRetry(task, cause)) return giveUp(draft, task, cause, message)
  const of = { failures: task.failures[cause] ?? 1, policy: task.spec.retry_policy }
  const dueAt = addMs(draft.stamp.at, getRetryDelayMs(of, cause, failure))
  // The worker has repaired the output once already: this try is the Fix-Synth step.
  const reason = cause === 'schema' ? 'fix-synth' : cause
  addEvent(draft, 'task.retry_scheduled', { taskId: task.id, dueAt, reason })
  holdIfPaused(draft, task.id)
  return answered({ status: 'retrying', dueAt })
}

/** Which limit a task ran into, as far as the books tell. */
const getLimit = (draft: Draft, task: Task): 'usd' | 'tokens' | 'calls' => {
  if (task.spec.maxModelCalls > 0 && task.modelCalls >= task.spec.maxModelCalls) return 'calls'
  const { capMicros, spentMicros, reservedMicros } = expectRun(draft.state)
  const { usage, reservedTokens } = expectPhase(draft.state, task.phase)
  const { tokens } = getDefinition(expectPlan(draft.state), task.phase).budgets
  const share = (used: number, of: number) => (of === 0 ? 1 : used / of)
  const usedTokens = usage.inputTokens + usage.outputTokens + reservedTokens
  return share(usedTokens, tokens) > share(spentMicros + reservedMicros, capMicros) ? 'tokens' : 'usd'
}

/** Money ran out: the task waits, and the run with it, for a top-up. No money helps against the call ceiling. */
const runOutOfBudget = (draft: Draft, task: Task, message: string): Outcome => {
  const unit = getLimit(draft, task)
  addEvent(draft, 'budget.limit.reached', { taskId: task.id, unit, message: clipText(message, 400) })
  if (unit === 'calls') return giveUp(draft, expectTask(draft.state, task.id), 'budget', message)
  if (expectRun(draft.state).status === 'paused') holdIfPaused(draft, task.id)
  else pauseRun(draft, 'budget', message)
  return answered({ status: 'paused' })
}

/** The worker's own word that its attempt failed; the class picks what happens next. */
export const failTask = (draft: Draft, command: RunCommandOf<'FailTask'>): Outcome => {
  const task: Task | Refused = findRunning(draft, command)
  if (isRefused(task)) return task
  const { errorClass, message } = command
  addEvent(draft, 'task.attempt_ended', {
    ...getDoer(task, command),
    usage: command.usage,
    outcome: 'failed',
    errorClass,
    message: clipText(message, 1000),
  })
  if (errorClass === 'budget') return runOutOfBudget(draft, task, message)
  return retryOrGiveUp(draft, task.id, { ...command, cause: errorClass })
}

/** An attempt that nobody will hand in: its lease or one of its clocks ran out. */
export const loseAttempt = (draft: Draft, command: RunCommandOf<'LoseAttempt'>): Outcome => {
  const task: Task | Refused = findRunning(draft, command)
  if (isRefused(task)) return task
  const { outcome, message } = command
  addEvent(draft, 'task.attempt_ended', {
    ...getDoer(task, command),
    usage: NO_USAGE,
    outcome,
    errorClass: null,
    message: clipText(message, 1000),
  })
  return retryOrGiveUp(draft, task.id, { cause: outcome, message, jitter: 1, retryAfterMs: null })
}

/** A call outside the allowlist, kept in the history; the attempt goes on. */
export const refuseTool = (draft: Draft, command: RunCommandOf<'RefuseTool'>): Outcome => {
  const task: Task | Refused = findRunning(draft, command)
  if (isRefused(task)) return task
  const { taskId, attempt, tool, reason } = command
  addEvent(draft, 'tool.refused', { taskId, attempt, tool, reason: clipText(reason, 400) })
  return answered()
}
