import { RopewalkError } from '@ropewalk/core/errors'
import type { AgentId, ThreadId, WorkspaceId } from '@ropewalk/core/ids'
import type { Participant, Thread, Wake } from '@ropewalk/core/thread/state'
import { makeCoalescer } from '../../store/coalesce.ts'
import { runRead } from '../../store/open.ts'
import { makeSharedRead } from '../../store/share-reads.ts'
import type { Statement, Store } from '../../store/open.ts'
import type { Page, PageRequest } from '../contract.ts'
import { checkLimit, makePage, parseCursor } from '../views/cursor.ts'
import type { ParticipantView, ThreadFilter, ThreadView } from './contract.ts'
import { READ_PARTICIPANTS } from './participants-sql.ts'
import { FROM_UNREAD, JOIN_CURSOR, SELECT_PARTICIPANT, SELECT_THREAD, SELECT_WAKE } from './thread-sql.ts'

export type InThread = { readonly workspaceId: WorkspaceId; readonly threadId: ThreadId }

export const makeNoThread = (threadId: string): RopewalkError =>
  new RopewalkError('NOT_FOUND', `There is no thread ${threadId} in this workspace.`)

/**
 * What reads a thread with all who take or took part, in the order in which they came. Those who read the same one
 * together share it: all who are in a thread are told of a message at once. Throws NOT_FOUND.
 */
export const makeReadThread = (store: Store): ((of: InThread) => Promise<ThreadView>) =>
  makeSharedRead({
    getKey: ({ workspaceId, threadId }) => `${workspaceId}/${threadId}`,
    read: (of) => readThread(store, of),
  })

const readThread = async (store: Store, of: InThread): Promise<ThreadView> => {
  const values = [of.workspaceId, of.threadId]
  const [threads = [], participants = []] = await runRead(store, of.workspaceId, [
    {
      name: 'read_thread',
      text: `SELECT ${SELECT_THREAD} FROM ropewalk.threads t WHERE t.workspace_id IS NOT DISTINCT FROM $1 AND t.id = $2`,
      values,
    },
    {
      name: 'read_thread_participants',
      text: READ_PARTICIPANTS,
      values,
    },
  ])
  const [thread] = threads as readonly Thread[]
  if (thread === undefined) throw makeNoThread(of.threadId)
  return { ...thread, participants: participants as readonly ParticipantView[] }
}

type OfAgent = InThread & { readonly agentId: AgentId }

const PARTICIPANTS = `SELECT ${SELECT_PARTICIPANT}
  FROM (SELECT DISTINCT * FROM unnest($2::uuid[], $3::text[]) AS u(thread_id, agent_id)) w
  JOIN ropewalk.thread_participants t ON t.thread_id = w.thread_id AND t.agent_id = w.agent_id
    AND t.workspace_id IS NOT DISTINCT FROM $1
  WHERE num_nulls(t.gone_at) = 1`

/**
 * What tells who takes part and is not gone; undefined also where there is no such thread. Asked before every
 * call on a thread, so calls that come together share a query, which begins after them.
 */
export const makeFindParticipant = (store: Store): ((of: OfAgent) => Promise<Participant | undefined>) => {
  const run = async (asked: readonly OfAgent[]): Promise<readonly (Participant | undefined)[]> => {
    const found = new Map<string, Participant>()
    for (const [workspaceId, group] of Map.groupBy(asked, (of) => of.workspaceId)) {
      const values = [workspaceId, group.map(({ threadId }) => threadId), group.map(({ agentId }) => agentId)]
      const [rows = []] = await runRead(store, workspaceId, [
        { name: 'find_participants', text: PARTICIPANTS, values },
      ])
      for (const one of rows as readonly Participant[])
        found.set(`${workspaceId}/${one.threadId}/${one.agentId}`, one)
    }
    return asked.map(({ workspaceId, threadId, agentId }) =>
      found.get(`${workspaceId}/${threadId}/${agentId}`),
    )
  }
  return makeCoalescer({ run, maxItems: 500 })
}

const BEFORE = `(t.updated_at, t.id) < (coalesce($2::timestamptz, 'infinity'),
  coalesce($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))`
const NEWEST = 'ORDER BY t.updated_at DESC, t.id DESC LIMIT $4'

type Listed = Thread & { readonly unread: number }

/** Threads with the newest message first. Throws INVALID_ARGUMENT. */
export const listThreads = async (
  store: Store,
  workspaceId: WorkspaceId,
  filter: ThreadFilter,
): Promise<Page<Listed>> => {
  const limit = checkLimit(filter)
  const [updatedAt, id] = parseCursor(filter.cursor) ?? [null, null]
  const values = [workspaceId, updatedAt, id, limit + 1]
  const statement = filter.of === null ? makeListAll(filter, values) : makeListOf(filter, filter.of, values)
  const [rows = []] = await runRead(store, workspaceId, [statement])
  return makePage(rows as readonly Listed[], limit, (thread) => [thread.updatedAt, thread.id])
}

/** The name of a list: one for each combination of filters, because each has a text of its own. */
const makeName = (name: string, { status, runId, itemId, unreadOnly }: ThreadFilter): string => {
  const parts = { status, run: runId, item: itemId, unread: unreadOnly === true ? true : undefined }
  return [name, ...Object.entries(parts).flatMap(([key, of]) => (of === undefined ? [] : [key]))].join('_')
}

/** Of a run or an item there are few, found by its id; all others come from the index of the workspace. */
const makeListAll = (filter: ThreadFilter, values: unknown[]): Statement => {
  const { status, runId, itemId, unreadOnly } = filter
  const isOfOne = runId !== undefined || itemId !== undefined
  const filters = [`t.workspace_id ${isOfOne ? 'IS NOT DISTINCT FROM' : '='} $1`, BEFORE]
  if (status !== undefined) filters.push(`t.status = $${values.push(status)}`)
  if (runId !== undefined) filters.push(`t.run_id = $${values.push(runId)}::uuid`)
  // With both given, the item is looked at in the threads of the run.
  const is = runId === undefined ? '=' : 'IS NOT DISTINCT FROM'
  if (itemId !== undefined) filters.push(`t.item_id ${is} $${values.push(itemId)}::uuid`)
  // Nobody is asked about, so nothing is unread.
  if (unreadOnly === true) filters.push('false')
  return {
    name: makeName('page_threads', filter),
    text: `SELECT ${SELECT_THREAD}, 0 AS unread FROM ropewalk.threads t WHERE ${filters.join(' AND ')} ${NEWEST}`,
    values,
  }
}

/**
 * By way of who takes part; unread messages are counted for the page alone. OFFSET keeps the search for one that
 * is unread behind the cursor, from which it begins.
 */
const makeListOf = (filter: ThreadFilter, agentId: AgentId, values: unknown[]): Statement => {
  const { status, runId, itemId, unreadOnly } = filter
  const filters = [
    `p.workspace_id = $1 AND p.agent_id = $${values.push(agentId)}`,
    'p.gone_at IS NULL',
    BEFORE,
  ]
  if (status !== undefined) filters.push(`t.status = $${values.push(status)}`)
  if (runId !== undefined) filters.push(`t.run_id IS NOT DISTINCT FROM $${values.push(runId)}::uuid`)
  if (itemId !== undefined) filters.push(`t.item_id IS NOT DISTINCT FROM $${values.push(itemId)}::uuid`)
  if (unreadOnly === true)
    filters.push(`t.last_seq > c.last_read_seq AND EXISTS (SELECT ${FROM_UNREAD} OFFSET 0)`)
  const join = `JOIN ropewalk.threads t ON t.id = p.thread_id AND t.workspace_id IS NOT DISTINCT FROM p.workspace_id`
  return {
    name: makeName('page_threads_of', filter),
    text: `SELECT ${SELECT_THREAD}, (SELECT count(*)::int ${FROM_UNREAD}) AS unread
      FROM (SELECT t.id FROM ropewalk.thread_participants p ${JOIN_CURSOR} ${join}
        WHERE ${filters.join(' AND ')} ${NEWEST}) f
      JOIN ropewalk.thread_participants p ON p.thread_id = f.id AND p.agent_id = $5
        AND p.workspace_id IS NOT DISTINCT FROM $1 ${JOIN_CURSOR} ${join}
      ORDER BY t.updated_at DESC, t.id DESC`,
    values,
  }
}

/** Wakes of a thread, newest first. Throws INVALID_ARGUMENT. */
export const listWakes = async (store: Store, of: InThread & PageRequest): Promise<Page<Wake>> => {
  const limit = checkLimit(of)
  const [createdAt, id] = parseCursor(of.cursor) ?? [null, null]
  const [rows = []] = await runRead(store, of.workspaceId, [
    {
      name: 'list_wakes',
      text: `SELECT ${SELECT_WAKE} FROM ropewalk.wakes t
        WHERE t.workspace_id IS NOT DISTINCT FROM $1 AND t.thread_id = $5
          AND (t.created_at, t.id) < (coalesce($2::timestamptz, 'infinity'),
            coalesce($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
        ORDER BY t.created_at DESC, t.id DESC LIMIT $4`,
      values: [of.workspaceId, createdAt, id, limit + 1, of.threadId],
    },
  ])
  return makePage(rows as readonly Wake[], limit, (wake) => [wake.createdAt, wake.id])
}
