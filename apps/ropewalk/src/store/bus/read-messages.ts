import type { WorkspaceId } from '@ropewalk/core/ids'
import { runRead, runWrite } from '../open.ts'
import type { Store } from '../open.ts'

/** A group of a topic of a workspace. */
export type BusGroup = { readonly workspaceId: WorkspaceId; readonly topic: string; readonly group: string }

export type MessageRow = {
  readonly position: number
  readonly key: string
  readonly body: string
  readonly deliveries: number
  readonly publishedAt: string
}

const PEEK = `
SELECT coalesce(t.last, 0) > g.cursor AS waiting FROM ropewalk.bus_groups g
LEFT JOIN ropewalk.bus_topics t ON t.workspace_id = $1 AND t.topic = $2
WHERE g.workspace_id = $1 AND g.topic = $2 AND g.name = $3`

/** Whether the group has messages it was not yet given; undefined when there is no such group. Writes nothing. */
export const findNewMessages = async (store: Store, of: BusGroup): Promise<boolean | undefined> => {
  const [rows = []] = await runRead(store, of.workspaceId, [
    { name: 'bus_peek', text: PEEK, values: [of.workspaceId, of.topic, of.group] },
  ])
  return (rows as readonly { waiting: boolean }[])[0]?.waiting
}

// By a statement of its own: what follows sees the cursor as the consumer before has left it.
const LOCK_GROUP = `
SELECT 1 FROM ropewalk.bus_groups g
WHERE g.workspace_id = $1 AND g.topic = $2 AND g.name = $3 FOR NO KEY UPDATE`

const READ = `
WITH found AS MATERIALIZED (
  SELECT m.position, m.key, m.body, m.published_at FROM ropewalk.bus_messages m
  WHERE m.workspace_id = $1 AND m.topic = $2 AND m.position > (
    SELECT g.cursor FROM ropewalk.bus_groups g WHERE g.workspace_id = $1 AND g.topic = $2 AND g.name = $3)
  ORDER BY m.position LIMIT $5::int
), given AS (
  INSERT INTO ropewalk.bus_deliveries
    (workspace_id, topic, group_name, position, consumer, deliveries, delivered_at)
  SELECT $1, $2, $3, f.position, $4, 1, ropewalk.now() FROM found f
), moved AS (
  UPDATE ropewalk.bus_groups g SET cursor = (SELECT max(f.position) FROM found f)
  WHERE g.workspace_id = $1 AND g.topic = $2 AND g.name = $3 AND EXISTS (SELECT 1 FROM found)
)
SELECT f.position, f.key, f.body, 1 AS deliveries, f.published_at AS "publishedAt"
FROM found f ORDER BY f.position`

/**
 * Gives a consumer the next messages of its group, oldest first, at most `limit`, and moves the group's cursor
 * past them in the same transaction; undefined when there is no such group. Consumers of one group take turns.
 * Repeating it gives others. Throws STORE_UNAVAILABLE, LOCK_TIMEOUT.
 */
export const readMessages = async (
  store: Store,
  of: BusGroup & { readonly consumer: string; readonly limit: number },
): Promise<readonly MessageRow[] | undefined> => {
  const group = [of.workspaceId, of.topic, of.group]
  const [held = [], rows = []] = await runWrite(
    store,
    [of.workspaceId],
    [
      { name: 'bus_lock_group', text: LOCK_GROUP, values: group },
      { name: 'bus_read', text: READ, values: [...group, of.consumer, of.limit] },
    ],
  )
  return held.length === 0 ? undefined : (rows as readonly MessageRow[])
}

// Found by a list and by a limited subquery, which leave a plan no way to read more rows than those.
const RECLAIM = `
WITH stamp AS MATERIALIZED (SELECT ropewalk.now() AS now),
idle AS MATERIALIZED (
  SELECT d.position FROM ropewalk.bus_deliveries d
  WHERE d.workspace_id = $1 AND d.topic = $2 AND d.group_name = $3
    AND d.delivered_at <= (SELECT now FROM stamp) - $5::bigint * interval '1 millisecond'
  ORDER BY d.position LIMIT $6::int FOR NO KEY UPDATE SKIP LOCKED
), taken AS (
  UPDATE ropewalk.bus_deliveries d SET consumer = $4, deliveries = d.deliveries + 1, delivered_at = ropewalk.now()
  WHERE d.workspace_id = $1 AND d.topic = $2 AND d.group_name = $3
    AND d.position = ANY (ARRAY(SELECT i.position FROM idle i))
  RETURNING d.position, d.deliveries
)
SELECT m.position, m.key, m.body, t.deliveries, m.published_at AS "publishedAt"
FROM taken t, LATERAL (
  SELECT * FROM ropewalk.bus_messages o
  WHERE o.workspace_id = $1 AND o.topic = $2 AND o.position = t.position LIMIT 1) m
ORDER BY m.position`

/**
 * Takes over up to `limit` messages of the group that nobody touched for `idleMs`, oldest first, and counts the
 * delivery. Its own transaction; what another consumer takes at the same moment is left to it.
 * Throws STORE_UNAVAILABLE.
 */
export const reclaimMessages = async (
  store: Store,
  of: BusGroup & { readonly consumer: string; readonly idleMs: number; readonly limit: number },
): Promise<readonly MessageRow[]> => {
  const values = [of.workspaceId, of.topic, of.group, of.consumer, of.idleMs, of.limit]
  const [rows = []] = await runWrite(
    store,
    [of.workspaceId],
    [{ name: 'bus_reclaim', text: RECLAIM, values }],
  )
  return rows as readonly MessageRow[]
}
