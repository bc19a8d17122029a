import { TRIGGER_PARTICIPANT, UPDATE_THREAD_STATUS } from '@ropewalk/core/contract/methods/threads'
import { ThreadStatus } from '@ropewalk/core/contract/thread'
import { RopewalkError } from '@ropewalk/core/errors'
import { WakeId } from '@ropewalk/core/ids'
import { Instant } from '@ropewalk/core/text'
import { z } from 'zod'
import { defineMethod } from '../define-method.ts'
import { readAnswer } from '../read-answer.ts'
import { getThreadLimits } from './thread-limits.ts'

const Changed = z.object({ status: ThreadStatus, awaitingHuman: z.boolean(), updatedAt: Instant })

export const updateThreadStatus = defineMethod(
  UPDATE_THREAD_STATUS,
  async ({ engine }, input, { caller, options }) => {
    const { workspaceId, agentId, role } = caller
    const { thread_id: threadId, status, reason, awaiting_human: awaitingHuman } = input
    const answer = await engine.submit(
      {
        type: 'ChangeThreadStatus',
        workspaceId,
        threadId,
        agentId,
        role,
        status,
        reason,
        awaitingHuman,
        ...(input.metadata === undefined ? {} : { metadata: input.metadata }),
      },
      options,
    )
    const changed = readAnswer(answer, Changed)
    return {
      thread_id: threadId,
      status: changed.status,
      awaiting_human: changed.awaitingHuman,
      updated_at: changed.updatedAt,
    }
  },
)

const MAX_PROMPT_BYTES = 8192

/** A prompt is typed into a terminal at the end: nothing in it may steer one. Throws INVALID_ARGUMENT. */
const cleanPrompt = (prompt: string): string => {
  const clean = prompt.replaceAll(/[\p{Cc}]/gu, (mark) => (mark === '\n' || mark === '\t' ? mark : ''))
  const bytes = Buffer.byteLength(clean)
  if (clean.trim() === '')
    throw new RopewalkError('INVALID_ARGUMENT', 'Expected a trigger_prompt with words in it.')
  if (bytes > MAX_PROMPT_BYTES)
    throw new RopewalkError(
      'INVALID_ARGUMENT',
      `Expected a trigger_prompt of at most ${MAX_PROMPT_BYTES} bytes, got ${bytes}. Post the rest into the thread.`,
    )
  return clean
}

const Requested = z.object({
  wakeId: WakeId,
  action: z.enum(['trigger_runtime', 'fallback_required']),
  fallbackAction: z.enum(['resume_session', 'spawn_session']).nullable(),
  targetSessionId: z.string().nullable(),
  status: z.string(),
  at: Instant,
})

export const triggerParticipant = defineMethod(
  TRIGGER_PARTICIPANT,
  async ({ engine, config }, input, { caller, options }) => {
    const { workspaceId, agentId, role } = caller
    const { thread_id: threadId, target_agent_id: targetAgentId, reason } = input
    const prompt = cleanPrompt(input.trigger_prompt)
    const session = await engine.findSession(workspaceId, targetAgentId)
    const answer = await engine.submit(
      {
        type: 'RequestWake',
        workspaceId,
        threadId,
        agentId,
        role,
        targetAgentId,
        session:
          session === undefined
            ? null
            : {
                sessionId: session.sessionId,
                isManaged: session.managementMode === 'managed',
                isResumable: session.resumable,
                status: session.status,
                isStale: session.isStale,
              },
        reason,
        promptDigest: await engine.blobs.put(workspaceId, Buffer.from(prompt)),
        limits: getThreadLimits(config),
      },
      options,
    )
    const wake = readAnswer(answer, Requested)
    const result: 'queued' | 'fallback_required' =
      wake.action === 'trigger_runtime' ? 'queued' : 'fallback_required'
    return {
      trigger_id: wake.wakeId,
      action: wake.action,
      result,
      job_status: wake.status,
      fallback_action: wake.fallbackAction,
      target_session_id: wake.targetSessionId,
      runtime: session?.runtime ?? null,
      management_mode: session?.managementMode ?? null,
      session_status: session?.status ?? null,
      stale_session: session?.isStale ?? false,
      triggered_at: wake.at,
    }
  },
)
