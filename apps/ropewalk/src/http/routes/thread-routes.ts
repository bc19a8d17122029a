import { makePage, makeSlice, PageQuery } from '@ropewalk/core/contract/api/paging'
import {
  MessageQuery,
  ThreadDetail,
  ThreadMessage,
  ThreadQuery,
  ThreadSummary,
  ThreadWake,
} from '@ropewalk/core/contract/api/threads'
import { ThreadId } from '@ropewalk/core/ids'
import type { Thread, Wake } from '@ropewalk/core/thread/state'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { checkInReach, getReach } from '../../engine/methods/thread-access.ts'
import type { Message, ParticipantView } from '../../engine/threads/contract.ts'
import type { HttpContext } from '../context.ts'
import { addRoute } from '../route.ts'

const ThreadParams = z.strictObject({ id: ThreadId })

const makeThread = (thread: Thread) => ({
  id: thread.id,
  title: thread.title,
  type: thread.type,
  status: thread.status,
  awaitingHuman: thread.awaitingHuman,
  blockCause: thread.blockCause,
  runId: thread.subject.runId,
  itemId: thread.subject.itemId,
  createdBy: thread.createdBy,
  lastSeq: thread.lastSeq,
  turns: thread.turns,
  createdAt: thread.createdAt,
  updatedAt: thread.updatedAt,
})

const makeParticipant = (participant: ParticipantView) => ({
  agentId: participant.agentId,
  role: participant.role,
  joinedAt: participant.joinedAt,
  goneAt: participant.goneAt,
  lastReadSeq: participant.lastReadSeq,
  unread: participant.unread,
})

const makeMessage = (message: Message): ThreadMessage => ({
  id: message.id,
  threadId: message.threadId,
  seq: message.seq,
  kind: message.kind,
  sender: message.sender,
  sessionId: message.sessionId,
  body: message.body,
  metadata: { ...message.metadata },
  eventType: message.eventType,
  to: message.to,
  inReplyTo: message.inReplyTo,
  createdAt: message.createdAt,
  expiresAt: message.expiresAt,
})

const makeWake = (wake: Wake): ThreadWake => ({
  id: wake.id,
  threadId: wake.threadId,
  targetAgentId: wake.targetAgentId,
  targetSessionId: wake.targetSessionId,
  reason: wake.reason,
  promptDigest: wake.promptDigest,
  requestedBy: wake.requestedBy,
  action: wake.action,
  fallbackAction: wake.fallbackAction,
  status: wake.status,
  attempts: wake.attempts,
  maxRetries: wake.maxRetries,
  createdAt: wake.createdAt,
})

const addThreads = (app: FastifyInstance, { engine }: HttpContext): void => {
  addRoute(app, {
    method: 'GET',
    path: '/v1/threads',
    name: 'listThreads',
    about: 'Threads, newest message first; who only takes part sees those it is in.',
    query: ThreadQuery,
    answer: makePage(ThreadSummary),
    handle: async ({ query, caller }) => {
      const { run: runId, item: itemId, only, ...rest } = query
      const of = only === undefined ? getReach(caller) : caller.agentId
      const filter = { ...rest, of, runId, itemId, unreadOnly: only === 'unread' }
      const page = await engine.listThreads(caller.workspaceId, filter)
      const items = page.items.map((thread) => ({ ...makeThread(thread), unread: thread.unread }))
      return { items, nextCursor: page.nextCursor }
    },
  })
  addRoute(app, {
    method: 'GET',
    path: '/v1/threads/:id',
    name: 'readThread',
    about: 'One thread with all who take or took part.',
    params: ThreadParams,
    answer: ThreadDetail,
    handle: async ({ params, caller }) => {
      await checkInReach({ engine }, caller, params.id)
      const thread = await engine.readThread({ workspaceId: caller.workspaceId, threadId: params.id })
      return { ...makeThread(thread), participants: thread.participants.map(makeParticipant) }
    },
  })
}

/** Threads as people and programs look at them. What agents do in them are methods, at /v1/mcp. */
export const addThreadRoutes = (app: FastifyInstance, context: HttpContext): void => {
  const { engine } = context
  addThreads(app, context)
  addRoute(app, {
    method: 'GET',
    path: '/v1/threads/:id/messages',
    name: 'listThreadMessages',
    about: 'Messages of a thread after a place in it, oldest first. Looking at them marks nothing as read.',
    params: ThreadParams,
    query: MessageQuery,
    answer: makeSlice(ThreadMessage),
    handle: async ({ params, query, caller }) => {
      await checkInReach({ engine }, caller, params.id)
      const { after: sinceSeq, limit } = query
      const of = { workspaceId: caller.workspaceId, threadId: params.id }
      const messages = await engine.readMessages({ ...of, sinceSeq, limit })
      return { items: messages.map(makeMessage), nextAfter: messages.at(-1)?.seq ?? sinceSeq }
    },
  })
  addRoute(app, {
    method: 'GET',
    path: '/v1/threads/:id/wakes',
    name: 'listThreadWakes',
    about: 'Requests to wake agents of a thread, newest first.',
    params: ThreadParams,
    query: PageQuery,
    answer: makePage(ThreadWake),
    handle: async ({ params, query, caller }) => {
      await checkInReach({ engine }, caller, params.id)
      const of = { workspaceId: caller.workspaceId, threadId: params.id }
      const page = await engine.listWakes({ ...of, ...query })
      if (page.items.length === 0) await engine.readThread(of)
      return { items: page.items.map(makeWake), nextCursor: page.nextCursor }
    },
  })
}
