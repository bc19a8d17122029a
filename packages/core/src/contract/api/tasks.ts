import { z } from 'zod'
import { RunId, TaskId } from '../../ids.ts'
import { Usage } from '../budget.ts'
import { AgentKind } from '../playbook.ts'
import { TaskSpec } from '../task-spec.ts'

const taskSummary = {
  id: TaskId,
  runId: RunId,
  phase: z.string(),
  round: z.int(),
  stage: z.int(),
  agent: z.string(),
  kind: AgentKind,
  capability: z.string(),
  status: z.enum(['pending', 'ready', 'running', 'parked', 'completed', 'failed', 'cancelled']),
  failures: z.record(z.string(), z.int()),
  dueAt: z.string(),
  modelCalls: z.int(),
  usage: Usage,
  failureClass: z.string().nullable(),
  failureMessage: z.string().nullable(),
  attempt: z.int(),
  claimedBy: z.string().nullable(),
  claimedAt: z.string().nullable(),
  leaseUntil: z.string().nullable(),
  heartbeatAt: z.string().nullable(),
  createdAt: z.string(),
  endedAt: z.string().nullable(),
}

/** A task as one row of a list; `attempt` is the number of the newest claim, 0 before the first. */
export const TaskSummary = z.strictObject(taskSummary)
export type TaskSummary = z.infer<typeof TaskSummary>

/** One ended try at a task. */
export const AttemptView = z.strictObject({
  number: z.int(),
  outcome: z.enum(['completed', 'failed', 'timed_out', 'cancelled', 'terminated', 'lost']),
  worker: z.string(),
  tool: z.string(),
  toolVersion: z.string(),
  errorClass: z.string().nullable(),
  message: z.string().nullable(),
  usage: Usage,
  claimedAt: z.string().nullable(),
  endedAt: z.string(),
})
export type AttemptView = z.infer<typeof AttemptView>

export const TaskDetail = z.strictObject({ ...taskSummary, spec: TaskSpec, attempts: z.array(AttemptView) })
export type TaskDetail = z.infer<typeof TaskDetail>
