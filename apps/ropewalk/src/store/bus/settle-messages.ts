import { runRead, runWrite } from '../open.ts'
import type { Store } from '../open.ts'
import type { BusGroup } from './read-messages.ts'

const ACK = `
DELETE FROM ropewalk.bus_deliveries d
WHERE d.workspace_id = $1 AND d.topic = $2 AND d.group_name = $3 AND d.position = ANY ($4::bigint[])
RETURNING 1`

/** Takes messages out of whoever's hands they are in; how many that were. Repeating it takes none. Throws STORE_UNAVAILABLE. */
export const ackMessages = async (
  store: Store,
  of: BusGroup & { readonly positions: readonly number[] },
): Promise<number> => {
  const values = [of.workspaceId, of.topic, of.group, of.positions]
  const [rows = []] = await runWrite(store, [of.workspaceId], [{ name: 'bus_ack', text: ACK, values }])
  return rows.length
}

const TOUCH = `
UPDATE ropewalk.bus_deliveries d SET delivered_at = ropewalk.now()
WHERE d.workspace_id = $1 AND d.topic = $2 AND d.group_name = $3 AND d.position = ANY ($4::bigint[])
  AND d.consumer IS NOT DISTINCT FROM $5
RETURNING d.position`

/** Starts the idle time of a consumer's messages anew; the positions of those that are still its own. Throws STORE_UNAVAILABLE. */
export const touchMessages = async (
  store: Store,
  of: BusGroup & { readonly consumer: string; readonly positions: readonly number[] },
): Promise<readonly number[]> => {
  const values = [of.workspaceId, of.topic, of.group, of.positions, of.consumer]
  const [rows = []] = await runWrite(store, [of.workspaceId], [{ name: 'bus_touch', text: TOUCH, values }])
  return (rows as readonly { position: number }[]).map((row) => row.position)
}

export type PendingRow = {
  readonly position: number
  readonly consumer: string
  readonly deliveries: number
  readonly idleMs: number
}

const PENDING = `
SELECT d.position, d.consumer, d.deliveries,
  (extract(epoch FROM ropewalk.now() - d.delivered_at) * 1000)::bigint AS "idleMs"
FROM ropewalk.bus_deliveries d WHERE d.workspace_id = $1 AND d.topic = $2 AND d.group_name = $3
ORDER BY d.position LIMIT $4::int`

const COUNT_PENDING = `
SELECT (SELECT count(*) FROM ropewalk.bus_deliveries d
  WHERE d.workspace_id = $1 AND d.topic = $2 AND d.group_name = $3) AS total
FROM ropewalk.bus_groups g WHERE g.workspace_id = $1 AND g.topic = $2 AND g.name = $3`

/** What the group's consumers have in hand, oldest message first; undefined when there is no such group. */
export const findPending = async (
  store: Store,
  of: BusGroup & { readonly limit: number },
): Promise<{ readonly total: number; readonly rows: readonly PendingRow[] } | undefined> => {
  const group = [of.workspaceId, of.topic, of.group]
  const [counted = [], rows = []] = await runRead(store, of.workspaceId, [
    { name: 'bus_count_pending', text: COUNT_PENDING, values: group },
    { name: 'bus_pending', text: PENDING, values: [...group, of.limit] },
  ])
  const total = (counted as readonly { total: number }[])[0]?.total
  return total === undefined ? undefined : { total, rows: rows as readonly PendingRow[] }
}
