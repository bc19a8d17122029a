import type { WorkspaceId } from '@ropewalk/core/ids'
import { runWrite } from './open.ts'
import type { Store } from './open.ts'

/** A worker that is there to do work of items. */
export type WorkerHere = {
  readonly workspaceId: WorkspaceId
  readonly worker: string
  readonly capabilities: readonly string[]
}

const sortByKey = <T extends { readonly workspaceId: string; readonly worker: string }>(
  all: readonly T[],
): T[] =>
  [...new Map(all.map((one) => [`${one.workspaceId}/${one.worker}`, one])).entries()]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, one]) => one)

const listWorkspaceIds = (all: readonly { readonly workspaceId: WorkspaceId }[]): readonly WorkspaceId[] => [
  ...new Set(all.map(({ workspaceId }) => workspaceId)),
]

// Workers ask for work many times a second; that one was seen is written once in that time.
const REGISTER = `
INSERT INTO ropewalk.workers AS w (workspace_id, id, capabilities, started_at, seen_at)
SELECT g."workspaceId", g.worker, g.capabilities, stamp.now, stamp.now
FROM json_to_recordset($1::json) AS g("workspaceId" text, worker text, capabilities json),
  (SELECT ropewalk.now() AS now) stamp
ON CONFLICT (workspace_id, id) DO UPDATE SET capabilities = excluded.capabilities, seen_at = excluded.seen_at,
  started_at = CASE WHEN w.left_at IS NULL THEN w.started_at ELSE excluded.started_at END, left_at = NULL
WHERE w.left_at IS NOT NULL OR w.seen_at < excluded.seen_at - interval '1 second'
  OR w.capabilities::text <> excluded.capabilities::text`

/**
 * Notes that workers are there and what they can do, at most once a second each. No history, and safe to
 * repeat. Throws STORE_UNAVAILABLE.
 */
export const registerWorkers = async (store: Store, here: readonly WorkerHere[]): Promise<void> => {
  const sorted = sortByKey(here).map(({ workspaceId, worker, capabilities }) => ({
    workspaceId,
    worker,
    capabilities: capabilities.toSorted(),
  }))
  if (sorted.length === 0) return
  const values = [JSON.stringify(sorted)]
  await runWrite(store, listWorkspaceIds(sorted), [{ name: 'register_workers', text: REGISTER, values }])
}

const GIVEN = `json_to_recordset($1::json) AS g("workspaceId" text, worker text)`

type Named = { readonly workspaceId: WorkspaceId; readonly worker: string }

/** Notes that known workers are still there; others are left out. */
export const touchWorkers = async (store: Store, alive: readonly Named[]): Promise<void> => {
  const sorted = sortByKey(alive)
  const text = `WITH seen AS MATERIALIZED (
      SELECT w.workspace_id, w.id FROM ${GIVEN}
      JOIN ropewalk.workers w ON w.workspace_id = g."workspaceId" AND w.id = g.worker
      WHERE w.left_at IS NULL ORDER BY w.workspace_id, w.id FOR NO KEY UPDATE OF w)
    UPDATE ropewalk.workers w SET seen_at = ropewalk.now() FROM seen s
    WHERE w.workspace_id = s.workspace_id AND w.id = s.id`
  const values = [JSON.stringify(sorted)]
  await runWrite(store, listWorkspaceIds(sorted), [{ name: 'touch_workers', text, values }])
}

/** Notes that workers go: from now on nothing is given to them, until they register again. */
export const releaseWorkers = async (store: Store, leaving: readonly Named[]): Promise<void> => {
  const text = `UPDATE ropewalk.workers w SET left_at = ropewalk.now() FROM ${GIVEN}
    WHERE w.workspace_id = g."workspaceId" AND w.id = g.worker AND w.left_at IS NULL`
  const values = [JSON.stringify(sortByKey(leaving))]
  await runWrite(store, listWorkspaceIds(leaving), [{ name: 'release_workers', text, values }])
}

/** How many workers serve each capability. */
export type OnlineCapabilities = ReadonlyMap<string, number>

/** How many workers that were seen within `sinceMs` serve each capability, for each workspace that has any. */
export const listOnlineCapabilities = async (
  store: Store,
  workspaceIds: readonly WorkspaceId[],
  sinceMs: number,
): Promise<ReadonlyMap<WorkspaceId, OnlineCapabilities>> => {
  const [rows = []] = await runWrite(store, workspaceIds, [
    {
      name: 'list_online_capabilities',
      text: `SELECT w.workspace_id AS "workspaceId", c.name, count(*)::int AS workers
        FROM ropewalk.workers w, json_array_elements_text(w.capabilities) AS c(name)
        WHERE w.workspace_id = ANY ($1::text[]) AND w.left_at IS NULL
          AND w.seen_at > (SELECT ropewalk.now()) - $2::int * interval '1 millisecond'
        GROUP BY w.workspace_id, c.name`,
      values: [workspaceIds, sinceMs],
    },
  ])
  type Online = { readonly workspaceId: WorkspaceId; readonly name: string; readonly workers: number }
  const byWorkspace = Map.groupBy(rows as readonly Online[], ({ workspaceId }) => workspaceId)
  return new Map(
    byWorkspace
      .entries()
      .map(([workspaceId, all]) => [workspaceId, new Map(all.map(({ name, workers }) => [name, workers]))]),
  )
}
