import type { AgentId, ThreadId, WorkspaceId } from '@ropewalk/core/ids'
import { makeCoalescer } from '../../store/coalesce.ts'
import { runRead } from '../../store/open.ts'
import type { Store } from '../../store/open.ts'
import type { Page, PageRequest } from '../contract.ts'
import { checkLimit, makePage, parseCursor } from '../views/cursor.ts'
import type { Message } from './contract.ts'
import { makeNoThread } from './read-thread.ts'
import type { InThread } from './read-thread.ts'
import { SELECT_MESSAGE } from './thread-sql.ts'

/** Messages that one read gives at most; a summary looks at so many. */
const MOST = 1000

const EXISTS = {
  name: 'is_thread',
  text: 'SELECT t.id FROM ropewalk.threads t WHERE t.id = $2 AND t.workspace_id IS NOT DISTINCT FROM $1',
}

type After = InThread & { readonly sinceSeq: number }

/** Of those who read on at the same moment each is given so many in one query; more are read one by one. */
const HEAD = 16

const HEADS = `SELECT r.n::int AS n, ${SELECT_MESSAGE}
  FROM unnest($2::uuid[], $3::bigint[]) WITH ORDINALITY AS r(thread_id, since, n), LATERAL (
    SELECT * FROM ropewalk.messages m WHERE m.thread_id = r.thread_id AND m.seq > r.since
      AND m.workspace_id IS NOT DISTINCT FROM $1 ORDER BY m.seq LIMIT ${HEAD}) t
  ORDER BY r.n, t.seq`

const THREADS = `SELECT t.id FROM ropewalk.threads t
  WHERE t.id = ANY ($2::uuid[]) AND t.workspace_id IS NOT DISTINCT FROM $1`

type HeadRow = Message & { readonly n: number }

const getPlace = ({ threadId, sinceSeq }: After): string => `${threadId}/${sinceSeq}`

/** The first messages after each of some places of one workspace; those who read on at the same place share them. */
const readHeads = async (
  store: Store,
  workspaceId: WorkspaceId,
  asked: readonly After[],
): Promise<(of: After) => readonly Message[] | Error> => {
  const places = [...new Map(asked.map((of) => [getPlace(of), of])).values()]
  const ids = places.map(({ threadId }) => threadId)
  const [rows = [], threads = []] = await runRead(store, workspaceId, [
    { name: 'read_heads', text: HEADS, values: [workspaceId, ids, places.map(({ sinceSeq }) => sinceSeq)] },
    { name: 'which_threads', text: THREADS, values: [workspaceId, [...new Set(ids)]] },
  ])
  const found = Map.groupBy(rows as readonly HeadRow[], ({ n }) => n)
  const known = new Set((threads as readonly { id: string }[]).map(({ id }) => id))
  const heads = new Map(
    places.map((of, index) => [
      getPlace(of),
      (found.get(index + 1) ?? []).map(({ n: _, ...message }): Message => message),
    ]),
  )
  return (of) => (known.has(of.threadId) ? (heads.get(getPlace(of)) ?? []) : makeNoThread(of.threadId))
}

export type ReadMessages = (of: After & { readonly limit: number }) => Promise<readonly Message[]>

/**
 * What reads messages after `sinceSeq`, oldest first, at most `limit` (1 to 1000). Their numbers have no gap, and
 * one that is seen is never followed by a smaller one. A message wakes all who wait for it at once: calls that
 * come together share a query, which begins after them. Throws NOT_FOUND and INVALID_ARGUMENT.
 */
export const makeReadMessages = (store: Store): ReadMessages => {
  const run = async (asked: readonly After[]): Promise<readonly (readonly Message[] | Error)[]> => {
    const answers: (readonly Message[] | Error)[] = []
    for (const [workspaceId, group] of Map.groupBy(asked.entries(), ([, of]) => of.workspaceId)) {
      const find = await readHeads(
        store,
        workspaceId,
        group.map(([, of]) => of),
      )
      for (const [index, of] of group) answers[index] = find(of)
    }
    return answers
  }
  const readHead = makeCoalescer<After, readonly Message[]>({ run, maxItems: 200 })
  return async ({ limit, ...of }) => {
    checkLimit({ limit }, MOST)
    const head = await readHead(of)
    return head.length < HEAD || limit <= HEAD ? head.slice(0, limit) : readPage(store, { ...of, limit })
  }
}

const readPage = (store: Store, of: After & { readonly limit: number }): Promise<readonly Message[]> =>
  read(store, of, {
    name: 'read_messages',
    text: `SELECT ${SELECT_MESSAGE} FROM ropewalk.messages t
      WHERE t.thread_id = $2 AND t.seq > $3 AND t.workspace_id IS NOT DISTINCT FROM $1 ORDER BY t.seq LIMIT $4`,
    values: [of.workspaceId, of.threadId, of.sinceSeq, of.limit],
  })

/** The newest `limit` messages (1 to 1000), oldest first. Throws NOT_FOUND and INVALID_ARGUMENT. */
export const readNewestMessages = async (
  store: Store,
  of: InThread & { readonly limit: number },
): Promise<readonly Message[]> => {
  const found = await read(store, of, {
    name: 'read_newest_messages',
    text: `SELECT ${SELECT_MESSAGE} FROM ropewalk.messages t
      WHERE t.thread_id = $2 AND t.workspace_id IS NOT DISTINCT FROM $1 ORDER BY t.seq DESC LIMIT $3`,
    values: [of.workspaceId, of.threadId, checkLimit(of, MOST)],
  })
  return found.toReversed()
}

const read = async (
  store: Store,
  { workspaceId, threadId }: InThread,
  statement: { readonly name: string; readonly text: string; readonly values: unknown[] },
): Promise<readonly Message[]> => {
  const [messages = [], threads = []] = await runRead(store, workspaceId, [
    statement,
    { ...EXISTS, values: [workspaceId, threadId] },
  ])
  if (threads.length === 0) throw makeNoThread(threadId)
  return messages as readonly Message[]
}

/**
 * Messages with all the words, newest first; with `agentId` only of threads in which this one takes part. Words
 * are compared as they are written, in any case. Throws INVALID_ARGUMENT.
 */
export const searchMessages = async (
  store: Store,
  workspaceId: WorkspaceId,
  of: PageRequest & {
    readonly words: string
    readonly threadId?: ThreadId | undefined
    readonly agentId: AgentId | null
  },
): Promise<Page<Message>> => {
  const limit = checkLimit(of)
  const [createdAt, id] = parseCursor(of.cursor) ?? ['9999-12-31T23:59:59.999Z', LAST_ID]
  const [rows = []] = await runRead(store, workspaceId, [
    {
      name: 'search_messages',
      text: `SELECT ${SELECT_MESSAGE}
        FROM ropewalk.find_messages($2, $3::uuid, $4, $5::timestamptz, $6::uuid, $7::int) f
        JOIN ropewalk.messages t ON t.thread_id = f.found_thread AND t.seq = f.found_seq
          AND t.workspace_id IS NOT DISTINCT FROM $1
        ORDER BY t.created_at DESC, t.id DESC`,
      values: [workspaceId, of.words, of.threadId ?? null, of.agentId, createdAt, id, limit + 1],
    },
  ])
  return makePage(rows as readonly Message[], limit, (message) => [message.createdAt, message.id])
}

const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff'
