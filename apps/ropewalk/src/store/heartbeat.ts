import type { TaskId, WorkspaceId } from '@ropewalk/core/ids'
import { makeCoalescer } from './coalesce.ts'
import { runWrite } from './open.ts'
import type { Store } from './open.ts'

export type Heartbeat = {
  readonly workspaceId: WorkspaceId
  readonly taskId: TaskId
  readonly attempt: number
  readonly pct?: number | undefined
  readonly etaMs?: number | undefined
}
export type HeartbeatAnswer = { readonly leaseUntil: string; readonly cancelled: boolean }

const BEATS = `json_to_recordset($1::json) AS b(n int, "workspaceId" text, "taskId" uuid, attempt int,
  pct double precision, "etaMs" bigint)`

// Rows are locked in the order in which handle locks them; the lease keeps the length it was claimed with.
const BEAT = `
WITH stamp AS MATERIALIZED (SELECT ropewalk.now() AS now),
beats AS MATERIALIZED (SELECT * FROM ${BEATS}),
locked AS MATERIALIZED (
  SELECT t.workspace_id, t.id FROM beats b
  JOIN ropewalk.tasks t ON t.id = b."taskId" AND t.workspace_id IS NOT DISTINCT FROM b."workspaceId"
  WHERE t.status IS NOT DISTINCT FROM 'running' AND t.attempt = b.attempt
  ORDER BY t.id FOR NO KEY UPDATE OF t
)
UPDATE ropewalk.tasks t SET
  heartbeat_at = stamp.now, lease_until = stamp.now + (t.lease_until - t.heartbeat_at),
  overdue_at = least(stamp.now + (t.lease_until - t.heartbeat_at), t.timeout_at),
  pct = coalesce(b.pct, t.pct), eta_ms = coalesce(b."etaMs", t.eta_ms)
FROM locked l, beats b, stamp
WHERE t.id = l.id AND t.workspace_id IS NOT DISTINCT FROM l.workspace_id
  AND b."workspaceId" = l.workspace_id AND b."taskId" = l.id
RETURNING b.n, t.lease_until AS "leaseUntil"`

const CANCELLED = `
SELECT b.n, ropewalk.now() AS "leaseUntil" FROM ${BEATS}
JOIN ropewalk.tasks t ON t.id = b."taskId" AND t.workspace_id IS NOT DISTINCT FROM b."workspaceId"
WHERE t.status = 'cancelled' AND t.attempt = b.attempt`

type Row = { readonly n: number; readonly leaseUntil: string }
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
    const values = [JSON.stringify(beats.map((beat, n) => ({ ...beat, n })))]
    const [renewed = [], cancelled = []] = await runWrite(store, workspaceIds, [
      { name: 'heartbeat', text: BEAT, values },
      { name: 'heartbeat_cancelled', text: CANCELLED, values },
    ])
    const answers = beats.map((): BeatAnswer => ({ stale: true }))
    for (const { n, leaseUntil } of cancelled as readonly Row[]) answers[n] = { leaseUntil, cancelled: true }
    for (const { n, leaseUntil } of renewed as readonly Row[]) answers[n] = { leaseUntil, cancelled: false }
    return answers
  }
  const beatOne = makeCoalescer({ run, maxItems: 500 })
  return (beats) => Promise.all(beats.map(beatOne))
}
