import type { Connection, Statement } from '../store/open.ts'
import { TASKS } from './writes.ts'

/** Sends one statement and gives its rows, which must have the form `T`. */
export type Ask = <T>(statement: Statement) => Promise<readonly T[]>

/**
 * What asks on one connection within one transaction. Statements are sent without waiting for each other, so
 * once one has failed those behind it fail too, for no reason of their own: all give the first one's.
 */
export const makeAsk = (client: Connection): Ask => {
  let cause: unknown
  return async <T>(statement: Statement) => {
    try {
      const result = await client.query({ ...statement })
      return result.rows as readonly T[]
    } catch (error) {
      cause ??= error
      throw cause
    }
  }
}

const SELECT_TASKS = `SELECT ${TASKS.select}, t.item_id AS "itemId" FROM ropewalk.tasks t`
const OPEN_TASKS = `('pending', 'ready', 'running', 'parked')`

/** Ids given, and of the aggregates given those that are open; `owner` is the column with the aggregate's id. */
export const wanted = (table: string, owner: string, open: string): string =>
  `t.id = ANY (ARRAY(SELECT unnest($1::uuid[]) UNION
     SELECT o.id FROM ${table} o WHERE o.${owner} = ANY ($2::uuid[]) AND o.status IN ${open}))`

export const makeLock = (skip: boolean): string => `FOR NO KEY UPDATE OF t${skip ? ' SKIP LOCKED' : ''}`

/**
 * Statements that read, and lock what must be locked, in the order of their rows' keys. That rows are of
 * the batch's workspaces is row security's part; that they are of the command's own is the loader's.
 */
export const READS = {
  lockWorkspaces: (skip: boolean) =>
    `SELECT t.id, t.cap_micros AS "capMicros", t.granted_micros AS "grantedMicros", t.spent_micros AS "spentMicros"
     FROM ropewalk.workspaces t WHERE t.workspace_id = ANY ($1::text[]) ORDER BY t.workspace_id ${makeLock(skip)}`,
  listWorkspaces: 'SELECT t.id FROM ropewalk.workspaces t WHERE t.workspace_id = ANY ($1::text[])',
  now: 'SELECT ropewalk.now() AS now',
  answers: `SELECT t.workspace_id AS "workspaceId", t.route, t.key, t.body_digest AS "bodyDigest", t.answer
     FROM json_to_recordset($1::json) AS r("workspaceId" text, route text, key text)
     JOIN ropewalk.idempotency t ON t.workspace_id = r."workspaceId" AND t.route = r.route AND t.key = r.key`,
  // Claims and heartbeats write tasks without the lock of their aggregate, so tasks are locked themselves:
  // those of all aggregates in one order, which is that of heartbeats too.
  tasks: `${SELECT_TASKS} WHERE ${wanted('ropewalk.tasks', 'run_id', OPEN_TASKS)}
     ORDER BY t.id FOR NO KEY UPDATE OF t`,
  /** As `tasks`, with open ones of items ($3) and of the items that tasks ($4) belong to. */
  tasksOfItems: `${SELECT_TASKS} WHERE t.id = ANY (ARRAY(SELECT unnest($1::uuid[])
     UNION SELECT o.id FROM ropewalk.tasks o WHERE o.run_id = ANY ($2::uuid[]) AND o.status IN ${OPEN_TASKS}
     UNION SELECT o.id FROM ropewalk.tasks o WHERE o.item_id = ANY ($3::uuid[]) AND o.status IN ${OPEN_TASKS}
     UNION SELECT o.id FROM ropewalk.tasks s JOIN ropewalk.tasks o ON o.item_id = s.item_id
       WHERE s.id = ANY ($4::uuid[]) AND o.status IN ${OPEN_TASKS}))
     ORDER BY t.id FOR NO KEY UPDATE OF t`,
} as const
