import {
  ACK_READ,
  GET_DELIVERIES,
  READ_MESSAGES,
  SEARCH_MESSAGES,
  WAIT_FOR_MESSAGES,
} from '@ropewalk/core/contract/methods/threads'
import type { Caller } from '@ropewalk/core/access/caller'
import type { ThreadId } from '@ropewalk/core/ids'
import { RopewalkError } from '@ropewalk/core/errors'
import { isStillLive } from '../../identity/verify-token.ts'
import { defineMethod } from '../define-method.ts'
import type { MethodSources } from '../method.ts'
import { checkInReach, getReach } from '../thread-access.ts'
import { toMessageFields } from './thread-fields.ts'

type Part = { readonly threadId: ThreadId; readonly sinceSeq: number; readonly limit: number }

/**
 * The messages of a thread after a place, and whether there are more. Who takes part is noted to have been given
 * them; nobody else is.
 */
const readPart = async ({ engine }: MethodSources, caller: Caller, part: Part) => {
  const { workspaceId, agentId } = caller
  const { threadId, sinceSeq, limit } = part
  const found = await engine.readMessages({ workspaceId, threadId, sinceSeq, limit: limit + 1 })
  const messages = found.slice(0, limit)
  const nextSeq = messages.at(-1)?.seq ?? sinceSeq
  if (messages.length > 0 && (await engine.findParticipant({ workspaceId, threadId, agentId })) !== undefined)
    engine.noteDelivered({ workspaceId, threadId, agentId, seq: nextSeq })
  return { messages: messages.map(toMessageFields), next_seq: nextSeq, has_more: found.length > limit }
}

export const readMessages = defineMethod(READ_MESSAGES, async (sources, input, { caller }) => {
  const { thread_id: threadId, since_seq: sinceSeq, limit } = input
  await checkInReach(sources, caller, threadId)
  return readPart(sources, caller, { threadId, sinceSeq, limit })
})

/** A wait is long enough for a token to be revoked in it; what came after that is not told. Throws UNAUTHORIZED. */
const checkStillLive = async ({ engine }: MethodSources, caller: Caller): Promise<void> => {
  if (await isStillLive(engine, caller)) return
  throw new RopewalkError('UNAUTHORIZED', 'The token was revoked while you waited.')
}

const NOTHING = { thread_id: null, messages: [], has_more: false }

export const waitForMessages = defineMethod(WAIT_FOR_MESSAGES, async (sources, input, { caller, signal }) => {
  const { engine } = sources
  const { workspaceId, agentId } = caller
  const { limit } = input
  const timeoutMs = Math.round(input.timeout_seconds * 1000)
  if (input.thread_id === undefined) {
    const found = await engine.waitForUnread({ workspaceId, agentId, timeoutMs, signal })
    if (found === undefined) return { ...NOTHING, next_seq: input.since_seq ?? 0 }
    await checkStillLive(sources, caller)
    const { threadId, lastReadSeq: sinceSeq } = found
    return { thread_id: threadId, ...(await readPart(sources, caller, { threadId, sinceSeq, limit })) }
  }
  const threadId = input.thread_id
  await checkInReach(sources, caller, threadId)
  const sinceSeq = input.since_seq ?? (await readPlace(sources, caller, threadId))
  await engine.waitForThread({ workspaceId, threadId, sinceSeq, timeoutMs, signal })
  await checkStillLive(sources, caller)
  // Whoever was taken out of the thread meanwhile gets nothing of it any more.
  await checkInReach(sources, caller, threadId)
  const part = await readPart(sources, caller, { threadId, sinceSeq, limit })
  return part.messages.length === 0
    ? { ...NOTHING, next_seq: part.next_seq }
    : { thread_id: threadId, ...part }
})

/** How far the caller has read a thread; 0 for one who does not take part. Throws NOT_FOUND. */
const readPlace = async ({ engine }: MethodSources, caller: Caller, threadId: ThreadId): Promise<number> => {
  const { participants } = await engine.readThread({ workspaceId: caller.workspaceId, threadId })
  return participants.find(({ agentId }) => agentId === caller.agentId)?.lastReadSeq ?? 0
}

export const ackRead = defineMethod(ACK_READ, async ({ engine }, input, { caller }) => {
  const { workspaceId, agentId } = caller
  const { thread_id: threadId, last_read_seq: lastReadSeq } = input
  const cursor = await engine.moveReadCursor({ workspaceId, threadId, agentId, lastReadSeq })
  return {
    ok: true as const,
    last_read_seq: cursor.lastReadSeq,
    updated_at: cursor.updatedAt ?? new Date().toISOString(),
  }
})

export const getDeliveries = defineMethod(GET_DELIVERIES, async (sources, input, { caller }) => {
  const { thread_id: threadId, seq } = input
  await checkInReach(sources, caller, threadId)
  const { workspaceId } = caller
  const deliveries = await sources.engine.readDeliveries({ workspaceId, threadId, seq })
  return { deliveries: deliveries.map(({ agentId, state, at }) => ({ agent_id: agentId, state, at })) }
})

export const searchMessages = defineMethod(SEARCH_MESSAGES, async (sources, input, { caller }) => {
  const { words, thread_id: threadId, limit, cursor } = input
  const { workspaceId } = caller
  if (threadId !== undefined) {
    await checkInReach(sources, caller, threadId)
    if (getReach(caller) === null) await sources.engine.readThread({ workspaceId, threadId })
  }
  const agentId = getReach(caller)
  const page = await sources.engine.searchMessages(workspaceId, { words, threadId, agentId, limit, cursor })
  return {
    matches: page.items.map((message) => ({ thread_id: message.threadId, ...toMessageFields(message) })),
    next_cursor: page.nextCursor,
  }
})
