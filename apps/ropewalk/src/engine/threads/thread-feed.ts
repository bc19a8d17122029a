import type { AgentId, ThreadId, WorkspaceId } from '@ropewalk/core/ids'
import { runRead } from '../../store/open.ts'
import type { Store } from '../../store/open.ts'
import { makeWaitingRoom } from '../../store/waiting-room.ts'
import type { Patience } from '../../store/waiting-room.ts'
import { makeNoThread } from './read-thread.ts'
import type { InThread } from './read-thread.ts'
import { FROM_UNREAD, JOIN_CURSOR } from './thread-sql.ts'

/** `seen` is the newest number that a look found, for those who wait in vain. */
type AtThread = { readonly threadId: ThreadId; readonly sinceSeq: number; seen: number }

export type Unread = { readonly threadId: ThreadId; readonly lastReadSeq: number }

export type ThreadFeed = {
  /** The newest number of the thread, as soon as it is past `sinceSeq` or waiting is over. Throws NOT_FOUND. */
  waitForThread(of: InThread & Patience & { readonly sinceSeq: number }): Promise<number>
  /** Where something has been unread for longest for this one; undefined when waiting is over. */
  waitForUnread(
    of: Patience & { readonly workspaceId: WorkspaceId; readonly agentId: AgentId },
  ): Promise<Unread | undefined>
  hear(workspaceIds: readonly string[]): void
  close(): void
}

const NEWEST = `SELECT t.id, t.last_seq AS "lastSeq" FROM ropewalk.threads t
  WHERE t.id = ANY ($2::uuid[]) AND t.workspace_id IS NOT DISTINCT FROM $1`

// For each agent by itself, so that its own threads are what is looked through; most of them have nothing new,
// and their messages are not looked at.
const UNREAD = `SELECT a.id AS "agentId", f."threadId", f."lastReadSeq" FROM unnest($2::text[]) AS a(id), LATERAL (
    SELECT p.thread_id AS "threadId", c.last_read_seq AS "lastReadSeq"
    FROM ropewalk.thread_participants p ${JOIN_CURSOR}
    JOIN ropewalk.threads t ON t.id = p.thread_id AND t.workspace_id IS NOT DISTINCT FROM p.workspace_id,
    LATERAL (SELECT m.created_at ${FROM_UNREAD} ORDER BY m.seq LIMIT 1) o
    WHERE p.workspace_id = $1 AND p.agent_id = a.id AND p.gone_at IS NULL AND t.last_seq > c.last_read_seq
    ORDER BY o.created_at, p.thread_id LIMIT 1) f`

const lookAtThreads =
  (store: Store) =>
  async (
    workspaceId: WorkspaceId,
    waiters: readonly AtThread[],
  ): Promise<readonly (number | Error | undefined)[]> => {
    const ids = [...new Set(waiters.map(({ threadId }) => threadId))]
    const [rows = []] = await runRead(store, workspaceId, [
      { name: 'newest_of_threads', text: NEWEST, values: [workspaceId, ids] },
    ])
    const newest = new Map(
      (rows as readonly { id: string; lastSeq: number }[]).map((row) => [row.id, row.lastSeq]),
    )
    return waiters.map((waiter) => {
      const lastSeq = newest.get(waiter.threadId)
      if (lastSeq === undefined) return makeNoThread(waiter.threadId)
      waiter.seen = lastSeq
      return lastSeq > waiter.sinceSeq ? lastSeq : undefined
    })
  }

const lookForUnread =
  (store: Store) =>
  async (workspaceId: WorkspaceId, waiters: readonly AgentId[]): Promise<readonly (Unread | undefined)[]> => {
    const [rows = []] = await runRead(store, workspaceId, [
      { name: 'oldest_unread', text: UNREAD, values: [workspaceId, [...new Set(waiters)]] },
    ])
    const found = new Map(
      (rows as readonly (Unread & { agentId: string })[]).map(({ agentId, ...unread }) => [agentId, unread]),
    )
    return waiters.map((agentId) => found.get(agentId))
  }

/** The one feed of this process: whoever waits for messages waits here. `hear` is given what commits tell. */
export const makeThreadFeed = (store: Store): ThreadFeed => {
  const { log } = store
  const threads = makeWaitingRoom({ look: lookAtThreads(store), log })
  const agents = makeWaitingRoom({ look: lookForUnread(store), log })
  return {
    waitForThread: async ({ workspaceId, threadId, sinceSeq, ...patience }) => {
      const waiter: AtThread = { threadId, sinceSeq, seen: sinceSeq }
      return (await threads.wait(workspaceId, waiter, patience)) ?? waiter.seen
    },
    waitForUnread: ({ workspaceId, agentId, ...patience }) => agents.wait(workspaceId, agentId, patience),
    hear: (workspaceIds) => {
      threads.hear(workspaceIds)
      agents.hear(workspaceIds)
    },
    close: () => {
      threads.close()
      agents.close()
    },
  }
}
