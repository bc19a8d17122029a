import { COMPLETE_TASK, FAIL_TASK } from '@ropewalk/core/contract/methods/tasks'
import { RopewalkError } from '@ropewalk/core/errors'
import { z } from 'zod'
import type { WorkDoer } from '../../backlog/contract.ts'
import { completeRunTask, failRunTask, type HeldAttempt } from '../../tasks/end-run-task.ts'
import { readHeldClaim } from '../../tasks/read-held-claim.ts'
import { defineMethod } from '../define-method.ts'
import { readAnswer } from '../read-answer.ts'

const Ended = z.object({
  status: z.string().default('done'),
  reasons: z.array(z.string()).default([]),
  version: z.int(),
})

export const toWorkDoer = (
  { workspaceId, taskId, attempt, worker }: HeldAttempt,
  { tool, tool_version: toolVersion }: { readonly tool: string; readonly tool_version: string },
): WorkDoer => ({ workspaceId, taskId, attempt, worker, tool, toolVersion })

const refuse = (message: string): never => {
  throw new RopewalkError('INVALID_ARGUMENT', message)
}

export const completeTask = defineMethod(COMPLETE_TASK, async ({ engine }, input, { caller, options }) => {
  const { task_id: taskId, attempt, outputs, questions, deliverables, evidence, again, usage, tool } = input
  const { isOfItem, ...claim } = await readHeldClaim(engine, caller, { taskId, attempt })
  if (isOfItem && outputs.length + questions.length > 0)
    refuse('The task of an item takes deliverables, no outputs; its questions are asked with ask_question.')
  if (isOfItem && deliverables.length === 0) refuse('The task of an item needs at least one deliverable.')
  if (!isOfItem && deliverables.length + evidence.length > 0)
    refuse('The task of a run takes outputs, no deliverables.')
  const answer = isOfItem
    ? await engine.completeWork(
        {
          ...toWorkDoer(claim, input),
          deliverables: deliverables.map(({ name, body }) => ({ name, type: body.type, body })),
          evidence,
        },
        options,
      )
    : await completeRunTask(
        engine,
        claim,
        { usage, tool, toolVersion: input.tool_version, outputs, questions, again },
        options,
      )
  const { status, reasons, version } = readAnswer(answer, Ended)
  return { task_id: taskId, status, reasons, version }
})

const Failed = z.object({
  status: z.string().optional(),
  retried: z.boolean().optional(),
  version: z.int(),
})

export const failTask = defineMethod(FAIL_TASK, async ({ engine }, input, { caller, options }) => {
  const { task_id: taskId, attempt, message, usage, tool, tool_version: toolVersion } = input
  const { isOfItem, ...claim } = await readHeldClaim(engine, caller, { taskId, attempt })
  const { retry_after_seconds: retryAfter, error_class: errorClass, category, retryable } = input
  const retryAfterMs = retryAfter === undefined ? undefined : Math.round(retryAfter * 1000)
  const answer = isOfItem
    ? await engine.failWork({ ...toWorkDoer(claim, input), category, message, retryable }, options)
    : await failRunTask(
        engine,
        claim,
        { usage, tool, toolVersion, errorClass, message, retryAfterMs },
        options,
      )
  const { status, retried, version } = readAnswer(answer, Failed)
  return { task_id: taskId, status: status ?? (retried === true ? 'retrying' : 'failed'), version }
})
