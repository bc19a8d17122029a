import { addUsage, type Usage } from '../../contract/budget.ts'
import { type Evolvers, unchanged } from '../evolver.ts'
import type { RunEventOf } from '../events.ts'
import { withEntry } from '../../layered-map.ts'
import { expectRun, expectTask, patchPhase, patchTask } from '../patch.ts'
import { type AttemptOutcome, getAttemptKey, type RunState, type Task, type TaskStatus } from '../state.ts'

const UNCLAIMED = { claimedBy: null, claimedAt: null, leaseUntil: null, heartbeatAt: null } as const

type AttemptEnd = RunEventOf<'task.completed'>['data'] | RunEventOf<'task.attempt_ended'>['data']

const addToolMs = (usage: Usage, toolMs: number): Usage => ({ ...usage, toolMs: usage.toolMs + toolMs })

const endAttempt = (
  state: RunState,
  data: AttemptEnd,
  end: {
    readonly outcome: AttemptOutcome
    readonly errorClass: string | null
    readonly message: string | null
    readonly at: string
  },
): RunState => {
  const attempt = {
    taskId: data.taskId,
    runId: expectRun(state).id,
    number: data.attempt,
    outcome: end.outcome,
    worker: data.worker,
    tool: data.tool,
    toolVersion: data.toolVersion,
    errorClass: end.errorClass,
    message: end.message,
    usage: data.usage,
    claimedAt: data.claimedAt,
    endedAt: end.at,
  }
  const key = getAttemptKey(data.taskId, data.attempt)
  return { ...state, attempts: withEntry(state.attempts, key, attempt) }
}

/** Takes a task out of its stage for good. */
const endTask = (
  state: RunState,
  id: string,
  end: {
    readonly status: Extract<TaskStatus, 'completed' | 'failed' | 'cancelled'>
    readonly at: string
    readonly toolMs?: number
    readonly patch?: Partial<Task>
  },
): RunState => {
  const task = expectTask(state, id)
  const ended = patchTask(state, id, { ...UNCLAIMED, ...end.patch, status: end.status, endedAt: end.at })
  const counted = task.kind !== 'guard' && end.status !== 'cancelled' ? 1 : 0
  return patchPhase(ended, task.phase, (phase) => ({
    stageOpen: phase.stageOpen - 1,
    usage: addToolMs(phase.usage, end.toolMs ?? 0),
    agentsExecuted: phase.agentsExecuted + counted,
    agentsSucceeded: phase.agentsSucceeded + (end.status === 'completed' ? counted : 0),
    agentsFailed: phase.agentsFailed + (end.status === 'failed' ? counted : 0),
  }))
}

/** The life of tasks and their attempts, as far as it is history. */
export const taskEvolvers: Evolvers<
  | 'task.created'
  | 'task.released'
  | 'task.completed'
  | 'task.attempt_ended'
  | 'task.retry_scheduled'
  | 'task.failed'
  | 'task.cancelled'
  | 'tool.refused'
> = {
  'task.created': (state, { spec, stage, status, dueAt }, at) => {
    const task: Task = {
      id: spec.id,
      runId: spec.runId,
      phase: spec.phase,
      round: spec.round,
      stage,
      agent: spec.target,
      kind: spec.kind,
      capability: spec.capability,
      status,
      spec,
      taskKey: spec.idempotenceKey,
      failures: {},
      dueAt,
      modelCalls: 0,
      usage: { inputTokens: 0, outputTokens: 0, modelCalls: 0, toolMs: 0, costMicros: 0 },
      failureClass: null,
      failureMessage: null,
      createdAt: at,
      endedAt: null,
      attempt: 0,
      ...UNCLAIMED,
    }
    return patchPhase({ ...state, tasks: withEntry(state.tasks, task.id, task) }, spec.phase, (phase) => ({
      stage,
      stageOpen: phase.stageOpen + 1,
      lastTaskAt: at,
    }))
  },
  'task.released': (state, data) => patchTask(state, data.taskId, { status: data.status }),
  'task.completed': (state, data, at) => {
    const { phase } = expectTask(state, data.taskId)
    const ended = endAttempt(state, data, { outcome: 'completed', errorClass: null, message: null, at })
    const told = data.again === true ? patchPhase(ended, phase, { again: true }) : ended
    return endTask(told, data.taskId, {
      status: 'completed',
      at,
      toolMs: data.usage.toolMs,
      patch: { attempt: data.attempt, usage: addUsage(expectTask(state, data.taskId).usage, data.usage) },
    })
  },
  'task.attempt_ended': (state, data, at) => {
    const task = expectTask(state, data.taskId)
    const { outcome, errorClass, message } = data
    const cause = outcome === 'lost' || outcome === 'timed_out' ? outcome : errorClass
    const failures =
      cause === null ? task.failures : { ...task.failures, [cause]: (task.failures[cause] ?? 0) + 1 }
    const ended = endAttempt(state, data, { outcome, errorClass, message, at })
    const back = patchTask(ended, data.taskId, {
      ...UNCLAIMED,
      status: 'ready',
      attempt: data.attempt,
      failures,
      usage: addUsage(task.usage, data.usage),
    })
    return patchPhase(back, task.phase, (phase) => ({ usage: addToolMs(phase.usage, data.usage.toolMs) }))
  },
  'task.retry_scheduled': (state, data) =>
    patchTask(state, data.taskId, { status: 'ready', dueAt: data.dueAt }),
  'task.failed': (state, data, at) =>
    endTask(state, data.taskId, {
      status: 'failed',
      at,
      patch: { failureClass: data.errorClass, failureMessage: data.message },
    }),
  'task.cancelled': (state, data, at) => endTask(state, data.taskId, { status: 'cancelled', at }),
  'tool.refused': unchanged,
}
