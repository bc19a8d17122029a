import { GET_THREAD, LIST_THREADS } from '@ropewalk/core/contract/methods/threads'
import { defineMethod } from '../define-method.ts'
import { checkInReach, getReach } from '../thread-access.ts'
import { toParticipantFields, toThreadFields } from './thread-fields.ts'

export const getThread = defineMethod(GET_THREAD, async (sources, { thread_id: threadId }, { caller }) => {
  const { workspaceId } = caller
  await checkInReach(sources, caller, threadId)
  const { participants, ...thread } = await sources.engine.readThread({ workspaceId, threadId })
  return { ...toThreadFields(workspaceId, thread), participants: participants.map(toParticipantFields) }
})

export const listThreads = defineMethod(LIST_THREADS, async ({ engine }, input, { caller }) => {
  const { workspaceId, agentId } = caller
  const { status, run_id: runId, item_id: itemId, unread_only: unreadOnly, limit, cursor } = input
  // Only of one's own threads is there something unread.
  const of = unreadOnly ? agentId : getReach(caller)
  const page = await engine.listThreads(workspaceId, { of, status, runId, itemId, unreadOnly, limit, cursor })
  return {
    threads: page.items.map(({ unread, ...thread }) => ({ ...toThreadFields(workspaceId, thread), unread })),
    next_cursor: page.nextCursor,
  }
})
