import { makeTableSql } from '../../store/table-sql.ts'
import { messages, threadParticipants, threads, wakes } from '../../store/tables/threads.ts'

const ROOT = ['workspaceId', 'version', 'headHash', 'headAt', 'eventFormat']

/** The columns that readers see of a thread `t`: the entity's fields. What it is about is put together again. */
export const SELECT_THREAD = `${makeTableSql(threads, [...ROOT, 'runId', 'itemId']).select},
  json_build_object('runId', t.run_id, 'itemId', t.item_id) AS subject`

export const SELECT_PARTICIPANT = makeTableSql(threadParticipants, ['workspaceId']).select

export const SELECT_MESSAGE = makeTableSql(messages, [
  'workspaceId',
  'isForAll',
  'digest',
  'bytes',
  'finding',
  'fix',
  'erasedAt',
]).select

export const SELECT_WAKE = makeTableSql(wakes, ['workspaceId']).select

/** Whether message `m` is for participant `p`, and not by it. */
export const IS_FOR = `m.sender <> p.agent_id AND (m.is_for_all
  OR m.addressed_to ->> 'role' = p.role OR (m.addressed_to -> 'agents')::jsonb ? p.agent_id)`

/** The messages that participant `p` has not read, by its cursor `c`; what ran out is not waited for any more. */
export const FROM_UNREAD = `FROM ropewalk.messages m
  WHERE m.thread_id = p.thread_id AND m.seq > c.last_read_seq
    AND m.workspace_id IS NOT DISTINCT FROM p.workspace_id AND ${IS_FOR}
    AND (m.expires_at IS NULL OR m.expires_at > (SELECT ropewalk.now()))`

/** The cursor of participant `p`. */
export const JOIN_CURSOR = `JOIN ropewalk.participant_cursors c ON c.thread_id = p.thread_id
  AND c.agent_id = p.agent_id AND c.workspace_id IS NOT DISTINCT FROM p.workspace_id`
