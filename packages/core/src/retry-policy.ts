import type { FailureCategory } from './contract/item.ts'
import type { ErrorClass } from './contract/task-spec.ts'

/**
 * How often something is tried in all, and how long is waited: base × 2^(failures − 1), at most the maximum.
 * Where no times stand, those of the plan hold.
 */
export type RetryRule = { readonly tries: number; readonly baseMs?: number; readonly maxMs?: number }

/** Why an attempt at a run's task ended badly: the worker's class, or the clock that ran out. */
export type TaskCause = Exclude<ErrorClass, 'budget'> | 'lost' | 'timed_out'

/** Why an attempt at an item's work ended badly. */
export type WorkCause = FailureCategory | 'lost' | 'timed_out'

/**
 * The one table of retries, by lane and class of error (row X-16). What becomes of a thing after its last try is
 * the lane's: a message goes to the dead letters, a wake to its fallback, a task or an item fails.
 * A lost lease is taken over at once, and more often than a worker may fail: the machine went down, not the work.
 * What takes its worker down every time must come to an end too.
 */
export const RETRY_RULES = {
  bus: { handler: { tries: 5, baseMs: 200, maxMs: 10_000 } },
  wake: { undelivered: { tries: 2, baseMs: 1000, maxMs: 10_000 } },
  task: {
    transient: { tries: 5 },
    rate_limit: { tries: 5 },
    quota: { tries: 3, baseMs: 60_000, maxMs: 900_000 },
    timeout: { tries: 3 },
    schema: { tries: 2 },
    refusal: { tries: 2 },
    tool_infra: { tries: 3, baseMs: 2000, maxMs: 30_000 },
    hallucination: { tries: 2 },
    fatal: { tries: 1 },
    lost: { tries: 20, baseMs: 0, maxMs: 0 },
    timed_out: { tries: 3 },
  },
  work: {
    TOOL_FAILURE: { tries: 5, baseMs: 1000, maxMs: 60_000 },
    // More tries bring no more data and seldom another thought.
    DATA_INSUFFICIENCY: { tries: 2, baseMs: 1000, maxMs: 60_000 },
    REASONING_CONTRADICTION: { tries: 2, baseMs: 1000, maxMs: 60_000 },
    lost: { tries: 20, baseMs: 0, maxMs: 0 },
    timed_out: { tries: 3, baseMs: 1000, maxMs: 60_000 },
  },
} as const satisfies {
  readonly bus: Readonly<Record<'handler', RetryRule>>
  readonly wake: Readonly<Record<'undelivered', RetryRule>>
  readonly task: Readonly<Record<TaskCause, RetryRule>>
  readonly work: Readonly<Record<WorkCause, RetryRule>>
}

/** Milliseconds until the next try after so many failures, without chance in it. */
export const getBackoffMs = (
  { baseMs, maxMs }: { readonly baseMs: number; readonly maxMs: number },
  failures: number,
): number => Math.min(maxMs, baseMs * 2 ** Math.min(30, Math.max(0, failures - 1)))
