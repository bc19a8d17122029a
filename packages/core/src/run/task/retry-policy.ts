import type { ErrorClass, TaskSpec } from '../../contract/task-spec.ts'
import { RETRY_RULES, type RetryRule } from '../../retry-policy.ts'
import type { Task } from '../state.ts'

/** Why an attempt ended badly: the worker's class, or the clock that ran out. */
export type Cause = ErrorClass | 'lost' | 'timed_out'

/**
 * Tries in all per cause (rows DX-44, D-49 to D-51), of the one table of retries. Where no times stand, the phase's
 * own hold. `budget` never comes here: it pauses the run.
 */
const RULES: Readonly<Record<Exclude<Cause, 'budget'>, RetryRule>> = RETRY_RULES.task

/** A provider that asks for more than a day is not waited for longer. */
const MAX_RETRY_AFTER_MS = 86_400_000

/** Ends of an attempt that say nothing about its work: money ran out, or its worker was gone. */
const BLAMELESS: readonly string[] = ['budget', 'lost']

/** Tries that count against the phase's own limit. */
const countFailures = ({ failures }: Task): number =>
  Object.entries(failures).reduce((sum, [cause, count]) => sum + (BLAMELESS.includes(cause) ? 0 : count), 0)

/** Whether a task that failed by `cause` (already counted) has a try left. */
export const mayRetry = (task: Task, cause: Exclude<Cause, 'budget'>): boolean =>
  (task.failures[cause] ?? 0) < RULES[cause].tries &&
  (BLAMELESS.includes(cause) || countFailures(task) < task.spec.retry_policy.max_attempts)

/**
 * Milliseconds until the next try: base × 2^(failures of this cause − 1), at most the maximum, times
 * 0.5 + jitter / 2; never less than the provider asked for.
 */
export const getRetryDelayMs = (
  of: { readonly failures: number; readonly policy: TaskSpec['retry_policy'] },
  cause: Exclude<Cause, 'budget'>,
  { jitter, retryAfterMs }: { readonly jitter: number; readonly retryAfterMs: number | null },
): number => {
  const rule = RULES[cause]
  const base = rule.baseMs ?? of.policy.base_delay_ms
  const most = rule.maxMs ?? of.policy.max_delay_ms
  const delay = Math.min(most, base * 2 ** Math.min(30, of.failures - 1))
  const asked = Math.min(retryAfterMs ?? 0, MAX_RETRY_AFTER_MS)
  return Math.max(asked, Math.round(delay * (0.5 + jitter / 2)))
}
