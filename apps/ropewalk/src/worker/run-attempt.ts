import { setTimeout as sleep } from 'node:timers/promises'
import { Output } from '@ropewalk/core/contract/artifact'
import type { Usage } from '@ropewalk/core/contract/budget'
import { RopewalkError } from '@ropewalk/core/errors'
import type { RunCommandOf } from '@ropewalk/core/run/commands'
import type { ClaimedTask, NextClaim } from '../engine/contract.ts'
import { makeId } from '../engine/runs/make-id.ts'
import { type AgentOutput, type AgentResult, type AgentRuntimes } from './agent-runtime.ts'
import { startAttemptLog } from './attempt-log.ts'
import { makeWorkplace, type WorkerParts, type Workplace } from './attempt-workplace.ts'
import { getCleanText, getFailure, isOver } from './failure.ts'
import type { HeldAttempt } from './held-attempt.ts'
import { makeJob, refuseKind, type JobParts } from './make-job.ts'
import { readInputs } from './read-inputs.ts'
import { runGuard } from './run-guard.ts'
import { submitHeld, submitOnce, submitResult } from './submit.ts'
import { WORKER_VERSION } from './worker-version.ts'

export type AttemptParts = WorkerParts & { readonly agents: AgentRuntimes; readonly worker: string }

/** The task that was claimed with a result, and since when (monotonic) its lease runs at the latest. */
export type Handed = { readonly task: ClaimedTask; readonly askedAtMs: number }

/** An agent that does not stop when told is left behind after this; its writes are refused anyway. */
const ABORT_GRACE_MS = 3000
/** The longest delay that a timer of Node takes. */
const MAX_TIMER_MS = 2 ** 31 - 1

/**
 * Does one claimed task to its end and tells the engine how it ended: completed, failed with a class, or
 * handed back when the worker is stopping. Says nothing when the attempt was superseded or cancelled.
 * Leaves no folder behind. Never throws. `getNext` is asked as a result is handed in: what it gives claims the
 * task that follows upon it, which is given back.
 */
export const runAttempt = async (
  parts: AttemptParts,
  attempt: HeldAttempt,
  getNext: () => NextClaim | undefined = () => undefined,
): Promise<Handed | undefined> => {
  const { taskId, attempt: number } = attempt.task
  const facts = { taskId, attempt: number, agent: attempt.task.spec.target }
  const clock = startClock(attempt)
  try {
    const handed = await completeAttempt(parts, attempt, getNext)
    parts.log.info(facts, 'task completed')
    return handed
  } catch (error) {
    await reportEnd(parts, attempt, error).catch((cause: unknown) => {
      // The lease tells the engine in the end what we could not.
      if (!isOver(cause)) parts.log.error({ ...facts, err: cause }, 'the end of an attempt could not be told')
    })
    return undefined
  } finally {
    clearTimeout(clock)
  }
}

/** The start-to-close clock of the task, for this attempt. A phase without time left gives it none. */
const startClock = (attempt: HeldAttempt): NodeJS.Timeout | undefined => {
  const { ms } = attempt.task.spec.budget
  const ring = () => {
    attempt.end('timed-out')
  }
  if (ms > 0) return setTimeout(ring, Math.min(ms, MAX_TIMER_MS))
  ring()
  return undefined
}

const completeAttempt = async (
  parts: AttemptParts,
  attempt: HeldAttempt,
  getNext: () => NextClaim | undefined,
): Promise<Handed | undefined> => {
  const { workspaceId, taskId } = attempt.task
  attempt.assertHeld()
  const context = await parts.engine.readTaskContext(workspaceId, taskId)
  const attemptLog = startAttemptLog(parts.engine, attempt, parts.log)
  const workplace = await makeWorkplace(parts, attempt, context)
  try {
    const inputs = await readInputs(parts.engine, workspaceId, context)
    const jobParts = { engine: parts.engine, attempt, context, inputs, workplace, attemptLog }
    const command = await raceAbort(attempt, perform(parts, jobParts))
    // Log lines are refused like any other write once the attempt has ended.
    await attemptLog.close()
    const askedAtMs = performance.now()
    const { next } = await submitResult(parts.engine, attempt, command, getNext())
    return next && { task: next, askedAtMs }
  } catch (error) {
    if (attempt.getEnd() === null) attemptLog.add('err', getFailure(error).message)
    throw error
  } finally {
    await attemptLog.close()
    await workplace.remove().catch((error: unknown) => {
      parts.log.warn(
        { err: error, taskId },
        'the folders of an attempt could not be removed; they will be swept',
      )
    })
  }
}

/** The work, or the reason it was aborted with: at once if the agent obeys, after a grace if it does not. */
const raceAbort = async <T>(attempt: HeldAttempt, work: Promise<T>): Promise<T> => {
  const { signal } = attempt
  const left = Promise.withResolvers<never>()
  const onAbort = () => {
    void sleep(ABORT_GRACE_MS, undefined, { ref: false }).then(() => {
      left.reject(signal.reason)
    })
  }
  signal.addEventListener('abort', onAbort, { once: true })
  // The loser of the race has nobody left to tell.
  work.catch(() => undefined)
  left.promise.catch(() => undefined)
  try {
    if (signal.aborted) onAbort()
    return await Promise.race([work, left.promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

const perform = async (parts: AttemptParts, job: JobParts): Promise<RunCommandOf<'CompleteTask'>> => {
  const { kind } = job.attempt.task.spec
  if (kind === 'guard') return performGuard(parts, job)
  const runtime = kind === 'external' ? refuseKind(kind) : parts.agents[kind]
  const startedMs = performance.now()
  const result = await runtime(await makeJob(job))
  const toolMs = kind === 'tool' ? Math.round(performance.now() - startedMs) : result.usage.toolMs
  return makeCompletion(parts, job, { ...result, usage: { ...result.usage, toolMs } })
}

const performGuard = async (parts: AttemptParts, job: JobParts): Promise<RunCommandOf<'CompleteTask'>> => {
  const startedMs = performance.now()
  const report = await runGuard(job)
  const toolMs = Math.round(performance.now() - startedMs)
  const usage: Usage = { inputTokens: 0, outputTokens: 0, modelCalls: 0, toolMs, costMicros: 0 }
  const result = { outputs: [], usage, tool: report.tool, toolVersion: report.toolVersion }
  return { ...(await makeCompletion(parts, job, result)), reports: [report] }
}

/** The command that hands in a result; every blob it names is durable by then. */
const makeCompletion = async (
  { engine, worker }: AttemptParts,
  { attempt, workplace }: JobParts,
  result: AgentResult,
): Promise<RunCommandOf<'CompleteTask'>> => {
  const outputs: Output[] = []
  for (const output of result.outputs) {
    const bytes = await getBytes(output, workplace)
    attempt.assertHeld()
    const digest = await engine.blobs.put(attempt.task.workspaceId, bytes)
    outputs.push(
      Output.parse({
        id: makeId(),
        name: output.name,
        digest,
        mediaType: output.mediaType,
        bytes: bytes.length,
        commit: output.commit ?? null,
        simulated: output.simulated,
      }),
    )
  }
  return {
    type: 'CompleteTask',
    ...getAttemptFields(attempt),
    ...getDoer(attempt, worker, result),
    outputs,
    commit: result.commit ?? null,
    usage: result.usage,
    reports: [],
    questions: result.questions ?? [],
    ...(result.again === undefined ? {} : { again: result.again }),
  }
}

const getBytes = async (output: AgentOutput, workplace: Workplace): Promise<Uint8Array> => {
  if (output.bytes !== 'bundle') return output.bytes
  if (output.commit === undefined || output.commit === null) {
    throw new RopewalkError('INVALID_ARGUMENT', `${output.name} is to be a bundle and names no commit.`)
  }
  return workplace.makeBundle(output.commit)
}

const getAttemptFields = ({ task }: HeldAttempt) => ({
  workspaceId: task.workspaceId,
  runId: task.runId,
  taskId: task.taskId,
  attempt: task.attempt,
})

const getDoer = (
  { task }: HeldAttempt,
  worker: string,
  by: { readonly tool: string; readonly toolVersion: string },
) => ({
  worker,
  claimedAt: task.claimedAt,
  tool: getCleanText(by.tool, 120),
  toolVersion: getCleanText(by.toolVersion, 120),
})

const reportEnd = async (parts: AttemptParts, attempt: HeldAttempt, error: unknown): Promise<void> => {
  const { taskId, attempt: number } = attempt.task
  const end = attempt.getEnd()
  const facts = { taskId, attempt: number, agent: attempt.task.spec.target, end, err: error }
  switch (end) {
    case 'superseded':
    case 'cancelled':
      parts.log.info(facts, 'attempt ended from outside')
      return
    case 'stopping':
      parts.log.info(facts, 'attempt handed back')
      // Lost rather than failed: the task is ready again at once, and nobody is to blame.
      await loseAttempt(parts, attempt, 'lost', 'The worker was stopped and handed the task back.')
      return
    case 'timed-out':
      parts.log.warn(facts, 'attempt ran out of time')
      await loseAttempt(
        parts,
        attempt,
        'timed_out',
        `The attempt ran out of its ${attempt.task.spec.budget.ms} ms.`,
      )
      return
    case null:
      if (isOver(error)) return
      parts.log.warn(facts, 'attempt failed')
      await submitHeld(parts.engine, attempt, makeFailCommand(parts, attempt, error))
  }
}

const loseAttempt = async (
  parts: AttemptParts,
  attempt: HeldAttempt,
  outcome: 'lost' | 'timed_out',
  message: string,
): Promise<void> => {
  const { claimedAt } = attempt.task
  const { worker } = parts
  const command = {
    type: 'LoseAttempt',
    ...getAttemptFields(attempt),
    outcome,
    worker,
    claimedAt,
    message,
  } as const
  await submitOnce(parts.engine, attempt, command, 'LoseAttempt')
}

const makeFailCommand = (
  parts: AttemptParts,
  attempt: HeldAttempt,
  error: unknown,
): RunCommandOf<'FailTask'> => {
  const failure = getFailure(error)
  return {
    type: 'FailTask',
    ...getAttemptFields(attempt),
    ...getDoer(attempt, parts.worker, {
      tool: failure.tool || 'ropewalk-worker',
      toolVersion: failure.toolVersion || WORKER_VERSION,
    }),
    errorClass: failure.errorClass,
    message: failure.message,
    usage: failure.usage,
    retryAfterMs: failure.retryAfterMs ?? null,
    jitter: Math.random(),
  }
}
