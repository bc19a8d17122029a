import type { TaskId, WorkspaceId } from '@ropewalk/core/ids'
import { makeCoalescer } from './coalesce.ts'
import { runWrite } from './open.ts'
import type { Store } from './open.ts'
import { touchWorkers } from './workers.ts'

export type Heartbeat = {
  readonly workspaceId: WorkspaceId
  readonly taskId: TaskId
  readonly attempt: number
  readonly pct?: number | undefined
  readonly etaMs?: number | undefined
}
export type HeartbeatAnswer = { readonly leaseUntil: string; readonly cancelled: boolean }

const BEATS = `json_to_recordset($1::json) AS b("workspaceId" text, "taskId" uuid, attempt int,
  pct double precision, "etaMs" bigint)`

const JOIN = `JOIN ropewalk.tasks t ON t.id = b."taskId" AND t.workspace_id IS NOT DISTINCT FROM b."workspaceId"
    AND t.attempt = b.attempt`

// Rows are locked in the order in which handle locks them; the lease keeps the length it was claimed with.
const BEAT = `
WITH stamp AS MATERIALIZED (SELECT ropewalk.now() AS now),
beats AS MATERIALIZED (SELECT * FROM ${BEATS}),
locked AS MATERIALIZED (
  SELECT t.workspace_id, t.id, t.attempt FROM beats b
  ${JOIN}
  WHERE t.status IS NOT DISTINCT FROM 'running'
  ORDER BY t.id FOR NO KEY UPDATE OF t
)
UPDATE ropewalk.tasks t SET
  heartbeat_at = stamp.now, lease_until = stamp.now + (t.lease_until - t.heartbeat_at),
  overdue_at = least(stamp.now + (t.lease_until - t.heartbeat_at), t.timeout_at),
  pct = coalesce(b.pct, t.pct), eta_ms = coalesce(b."etaMs", t.eta_ms)
FROM locked l, beats b, stamp
WHERE t.id = l.id AND t.workspace_id IS NOT DISTINCT FROM l.workspace_id
  AND b."workspaceId" = l.workspace_id AND b."taskId" = l.id AND b.attempt = l.attempt
RETURNING t.workspace_id || '/' || t.id || '/' || t.attempt AS key, t.lease_until AS "leaseUntil",
  CASE WHEN t.item_id IS NOT NULL THEN t.claimed_by END AS worker, t.workspace_id AS "workspaceId"`

const CANCELLED = `
SELECT t.workspace_id || '/' || t.id || '/' || t.attempt AS key, ropewalk.now() AS "leaseUntil"
FROM ${BEATS} ${JOIN} WHERE t.status IS NOT DISTINCT FROM 'cancelled'`

type Row = { readonly key: string; readonly leaseUntil: string }
type Renewed = Row & { readonly workspaceId: WorkspaceId; readonly worker: string | null }
const getKey = (beat: Heartbeat): string => `${beat.workspaceId}/${beat.taskId}/${beat.attempt}`

/** Who works on an item asks for no other work meanwhile, and is there all the same. */
const noteAlive = async (store: Store, renewed: readonly Renewed[]): Promise<void> => {
  const alive = renewed.flatMap(({ workspaceId, worker }) =>
    worker === null ? [] : [{ workspaceId, worker }],
  )
  if (alive.length > 0) await touchWorkers(store, alive)
}

export type BeatAnswer = HeartbeatAnswer | { readonly stale: true }

/**
 * What renews leases. A beat of an attempt that was superseded or has ended is answered `stale`; that of a
 * cancelled task says so, and the worker stops. One write for all beats that arrive together.
 * Throws STORE_UNAVAILABLE; a beat may be repeated.
 */
export const makeHeartbeat = (
  store: Store,
): ((beats: readonly Heartbeat[]) => Promise<readonly BeatAnswer[]>) => {
  const run = async (beats: readonly Heartbeat[]): Promise<readonly BeatAnswer[]> => {
    const workspaceIds: readonly WorkspaceId[] = [...new Set(beats.map((beat) => beat.workspaceId))]
    // Of two beats of one attempt the later one counts, and both are answered.
    const newest = new Map(beats.map((beat) => [getKey(beat), beat]))
    const values = [JSON.stringify([...newest.values()])]
    const [renewed = [], cancelled = []] = await runWrite(store, workspaceIds, [
      { name: 'heartbeat', text: BEAT, values },
      { name: 'heartbeat_cancelled', text: CANCELLED, values },
    ])
    const answers = new Map<string, BeatAnswer>()
    for (const { key, leaseUntil } of cancelled as readonly Row[])
      answers.set(key, { leaseUntil, cancelled: true })
    for (const { key, leaseUntil } of renewed as readonly Renewed[])
      answers.set(key, { leaseUntil, cancelled: false })
    await noteAlive(store, renewed as readonly Renewed[])
    return beats.map((beat) => answers.get(getKey(beat)) ?? { stale: true })
  }
  const beatOne = makeCoalescer({ run, maxItems: 500 })
  return (beats) => Promise.all(beats.map(beatOne))
}
