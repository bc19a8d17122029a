import { getChanging, makeInsert, makeRowsSql, makeTableSql, makeUpdate } from '../../../store/table-sql.ts'
import {
  messageExpiries,
  messages,
  participantCursors,
  threadParticipants,
  threads,
  wakes,
} from '../../../store/tables/threads.ts'

export const THREADS = makeTableSql(threads, ['runId', 'itemId'])
export const PARTICIPANTS = makeTableSql(threadParticipants, ['workspaceId'])
export const MESSAGES = makeTableSql(messages, ['workspaceId'])
export const EXPIRIES = makeTableSql(messageExpiries, ['workspaceId'])
export const WAKES = makeTableSql(wakes, ['workspaceId'])

/** What a thread is about stands in columns of its own, so that those of a run or an item are found. */
export const SUBJECT = `json_build_object('runId', t.run_id, 'itemId', t.item_id) AS subject`

const THREAD_IDENTITY = ['title', 'type', 'runId', 'itemId', 'createdBy', 'createdAt']

/** The statements that write threads; part of `WRITES`. */
export const THREAD_WRITES = {
  insertThreads: makeInsert('insert_threads', THREADS),
  updateThreads: makeUpdate('update_threads', THREADS, getChanging(THREADS, THREAD_IDENTITY)),
  insertParticipants: makeInsert('insert_participants', PARTICIPANTS),
  updateParticipants: makeUpdate('update_participants', PARTICIPANTS, getChanging(PARTICIPANTS, [])),
  // Who comes back goes on where it had stopped reading.
  insertCursors: makeInsert(
    'insert_cursors',
    makeTableSql(participantCursors),
    'ON CONFLICT (thread_id, agent_id, workspace_id) DO NOTHING',
  ),
  insertMessages: makeInsert('insert_messages', MESSAGES),
  // After the messages of the same batch, which may be among them.
  eraseMessages: makeRowsSql(
    'erase_messages',
    {
      workspaceId: 'text',
      threadId: 'uuid',
      from: 'bigint',
      to: 'bigint',
      at: 'timestamp(3) with time zone',
    },
    (rows) => `UPDATE ropewalk.messages AS t SET body = NULL, metadata = '{}', erased_at = r.at FROM ${rows}
      WHERE t.thread_id = r."threadId" AND t.seq BETWEEN r."from" AND r."to"
        AND t.workspace_id IS NOT DISTINCT FROM r."workspaceId" AND num_nulls(t.erased_at) = 1`,
  ),
  insertExpiries: makeInsert('insert_expiries', EXPIRIES),
  insertWakes: makeInsert('insert_wakes', WAKES),
} as const
