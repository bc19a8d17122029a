import type { WorkspaceId } from '@ropewalk/core/ids'
import { runRead, runWrite } from '../open.ts'
import type { Store } from '../open.ts'
import type { BusGroup } from './read-messages.ts'

type OfTopic = { readonly workspaceId: WorkspaceId; readonly topic: string }

const ENSURE_GROUP = `
INSERT INTO ropewalk.bus_groups (workspace_id, topic, name, cursor, created_at)
SELECT $1, $2, $3, CASE WHEN $4 THEN 0 ELSE coalesce(
  (SELECT t.last FROM ropewalk.bus_topics t WHERE t.workspace_id = $1 AND t.topic = $2), 0) END, ropewalk.now()
ON CONFLICT (workspace_id, topic, name) DO NOTHING`

/** Makes a group of a topic, before its first message or after its last; one that exists stays as it is. Throws STORE_UNAVAILABLE. */
export const ensureBusGroup = async (
  store: Store,
  of: BusGroup & { readonly atStart: boolean },
): Promise<void> => {
  const values = [of.workspaceId, of.topic, of.group, of.atStart]
  await runWrite(store, [of.workspaceId], [{ name: 'bus_ensure_group', text: ENSURE_GROUP, values }])
}

/** Deletes a group with what it had in hand; without effect when there is none. Throws STORE_UNAVAILABLE. */
export const deleteBusGroup = async (store: Store, of: BusGroup): Promise<void> => {
  const values = [of.workspaceId, of.topic, of.group]
  // The group goes first, and with it whoever would add deliveries behind the second statement.
  await runWrite(
    store,
    [of.workspaceId],
    [
      {
        name: 'bus_delete_group',
        text: 'DELETE FROM ropewalk.bus_groups g WHERE g.workspace_id = $1 AND g.topic = $2 AND g.name = $3',
        values,
      },
      {
        name: 'bus_delete_deliveries',
        text: 'DELETE FROM ropewalk.bus_deliveries d WHERE d.workspace_id = $1 AND d.topic = $2 AND d.group_name = $3',
        values,
      },
    ],
  )
}

export type TopicRow = { readonly last: number; readonly length: number }

const TOPIC = `
SELECT t.last, (SELECT count(*) FROM ropewalk.bus_messages m WHERE m.workspace_id = $1 AND m.topic = $2) AS length
FROM ropewalk.bus_topics t WHERE t.workspace_id = $1 AND t.topic = $2`

const GROUPS = `
SELECT g.name, (SELECT count(*) FROM ropewalk.bus_deliveries d
  WHERE d.workspace_id = $1 AND d.topic = $2 AND d.group_name = g.name) AS pending
FROM ropewalk.bus_groups g WHERE g.workspace_id = $1 AND g.topic = $2 ORDER BY g.name`

/** A topic as it stands, all zero before its first message, with its groups by name. Throws STORE_UNAVAILABLE. */
export const readTopic = async (
  store: Store,
  { workspaceId, topic }: OfTopic,
): Promise<
  TopicRow & { readonly groups: readonly { readonly name: string; readonly pending: number }[] }
> => {
  const values = [workspaceId, topic]
  const [topics = [], groups = []] = await runRead(store, workspaceId, [
    { name: 'bus_topic', text: TOPIC, values },
    { name: 'bus_groups', text: GROUPS, values },
  ])
  const { last, length } = (topics as readonly TopicRow[])[0] ?? { last: 0, length: 0 }
  return { last, length, groups: groups as readonly { name: string; pending: number }[] }
}

/** Small bites: trimming must not hold up those who publish. */
const BITE = 5_000

// `least` leaves nulls out: a topic without groups may lose everything, one without deliveries what is read.
const TRIM = `
WITH stamp AS MATERIALIZED (SELECT ropewalk.now() AS now),
bounds AS MATERIALIZED (
  SELECT t.last, least(t.last,
    (SELECT min(g.cursor) FROM ropewalk.bus_groups g WHERE g.workspace_id = $1 AND g.topic = $2),
    (SELECT min(d.position) - 1 FROM ropewalk.bus_deliveries d WHERE d.workspace_id = $1 AND d.topic = $2)
  ) AS acked
  FROM ropewalk.bus_topics t WHERE t.workspace_id = $1 AND t.topic = $2
), old AS MATERIALIZED (
  SELECT o.position FROM stamp, bounds b, (
    SELECT m.position, m.published_at FROM ropewalk.bus_messages m
    WHERE m.workspace_id = $1 AND m.topic = $2 AND m.position <= (SELECT acked FROM bounds)
    ORDER BY m.position LIMIT ${BITE}) o
  WHERE o.published_at < stamp.now - $3::bigint * interval '1 millisecond' OR o.position <= b.last - $4::bigint
)
DELETE FROM ropewalk.bus_messages m
WHERE m.workspace_id = $1 AND m.topic = $2 AND m.position = ANY (ARRAY(SELECT o.position FROM old o)) RETURNING 1`

// Workspace and topic are compared in a way that no index serves: the one by age is to find these rows.
const FORGET_KEYS = `
WITH old AS MATERIALIZED (
  SELECT o.key FROM ropewalk.bus_keys o
  WHERE o.published_at < ropewalk.now() - interval '24 hours'
    AND o.workspace_id IS NOT DISTINCT FROM $1 AND o.topic IS NOT DISTINCT FROM $2
  ORDER BY o.published_at LIMIT ${BITE} FOR UPDATE SKIP LOCKED
)
DELETE FROM ropewalk.bus_keys k
WHERE k.workspace_id = $1 AND k.topic = $2 AND k.key = ANY (ARRAY(SELECT o.key FROM old o)) RETURNING 1`

/**
 * Deletes messages that every group has acked and that are older than `olderThanMs` or beyond the newest
 * `maxLength`, and keys older than 24 hours, until none is left; how many messages went. Several transactions;
 * safe to repeat and to stop half-way. Throws STORE_UNAVAILABLE.
 */
export const trimTopic = async (
  store: Store,
  of: OfTopic & { readonly olderThanMs: number | null; readonly maxLength: number | null },
): Promise<number> => {
  const topic = [of.workspaceId, of.topic]
  let count = 0
  for (;;) {
    const [gone = [], forgotten = []] = await runWrite(
      store,
      [of.workspaceId],
      [
        { name: 'bus_trim', text: TRIM, values: [...topic, of.olderThanMs, of.maxLength] },
        { name: 'bus_forget_keys', text: FORGET_KEYS, values: topic },
      ],
    )
    count += gone.length
    if (gone.length < BITE && forgotten.length < BITE) return count
  }
}
