import {
  claimSessionWriter,
  findSession,
  listSessionsAfter,
  makeBeatSession,
  releaseSessionWriter,
} from '../../store/session-beats.ts'
import { makeMoveCursor } from '../../store/move-cursor.ts'
import { makeDeliveryNotes } from '../../store/note-delivered.ts'
import type { Store } from '../../store/open.ts'
import { checkLimit, makePage, parseCursor } from '../views/cursor.ts'
import type { ThreadEngine } from './contract.ts'
import { readDeliveries } from './read-deliveries.ts'
import { makeReadMessages, readNewestMessages, searchMessages } from './read-messages.ts'
import { listThreads, listWakes, makeFindParticipant, makeReadThread } from './read-thread.ts'
import { makeThreadFeed } from './thread-feed.ts'

/** Threads and sessions of this process, with what the engine does with them. */
export type Threads = {
  readonly engine: ThreadEngine
  /** To be called with what commits tell, of this process and of others. */
  readonly hear: (workspaceIds: readonly string[]) => void
  /** Nobody waits any more, and what was noted is written. */
  readonly stop: () => Promise<void>
}

export const makeThreads = (store: Store): Threads => {
  const feed = makeThreadFeed(store)
  const notes = makeDeliveryNotes(store)
  return {
    hear: feed.hear,
    stop: () => {
      feed.close()
      return notes.flush()
    },
    engine: {
      readThread: makeReadThread(store),
      findParticipant: makeFindParticipant(store),
      listThreads: (workspaceId, filter) => listThreads(store, workspaceId, filter),
      readMessages: makeReadMessages(store),
      readNewestMessages: (of) => readNewestMessages(store, of),
      searchMessages: (workspaceId, of) => searchMessages(store, workspaceId, of),
      waitForThread: feed.waitForThread,
      waitForUnread: feed.waitForUnread,
      moveReadCursor: makeMoveCursor(store),
      noteDelivered: notes.note,
      readDeliveries: (of) => readDeliveries(store, of),
      listWakes: (of) => listWakes(store, of),
      ...makeSessions(store),
    },
  }
}

const makeSessions = (store: Store) =>
  ({
    beatSession: makeBeatSession(store),
    findSession: (workspaceId, agentId) => findSession(store, workspaceId, agentId),
    listSessions: async (workspaceId, page) => {
      const limit = checkLimit(page)
      const found = await listSessionsAfter(store, workspaceId, parseCursor(page.cursor), limit + 1)
      return makePage(found, limit, (session) => [session.registeredAt, session.id])
    },
    claimSessionWriter: (of) => claimSessionWriter(store, of),
    releaseSessionWriter: (of) => releaseSessionWriter(store, of),
  }) satisfies Partial<ThreadEngine>
