import type { AttemptView, TaskDetail, TaskSummary } from '@ropewalk/core/contract/api/tasks'
import type { Attempt, Task } from '@ropewalk/core/run/state'

export const makeTaskSummary = (task: Task): TaskSummary => ({
  id: task.id,
  runId: task.runId,
  phase: task.phase,
  round: task.round,
  stage: task.stage,
  agent: task.agent,
  kind: task.kind,
  capability: task.capability,
  status: task.status,
  failures: { ...task.failures },
  dueAt: task.dueAt,
  modelCalls: task.modelCalls,
  usage: task.usage,
  failureClass: task.failureClass,
  failureMessage: task.failureMessage,
  attempt: task.attempt,
  claimedBy: task.claimedBy,
  claimedAt: task.claimedAt,
  leaseUntil: task.leaseUntil,
  heartbeatAt: task.heartbeatAt,
  createdAt: task.createdAt,
  endedAt: task.endedAt,
})

const makeAttemptView = (attempt: Attempt): AttemptView => ({
  number: attempt.number,
  outcome: attempt.outcome,
  worker: attempt.worker,
  tool: attempt.tool,
  toolVersion: attempt.toolVersion,
  errorClass: attempt.errorClass,
  message: attempt.message,
  usage: attempt.usage,
  claimedAt: attempt.claimedAt,
  endedAt: attempt.endedAt,
})

export const makeTaskDetail = (task: Task & { readonly attempts: readonly Attempt[] }): TaskDetail => ({
  ...makeTaskSummary(task),
  spec: task.spec,
  attempts: task.attempts.map(makeAttemptView),
})
