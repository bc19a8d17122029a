import type { TaskSpec } from '@ropewalk/core/contract/task-spec'
import type { WorkOrder } from '@ropewalk/core/contract/work-order'
import type { ItemId, ProjectId, RunId, TaskId, WorkspaceId } from '@ropewalk/core/ids'
import { makeCoalescer } from './coalesce.ts'
import { runWrite } from './open.ts'
import type { Store } from './open.ts'

/** What every claim gives. Every later write carries `attempt`; a stale one is refused. */
type Claimed = {
  readonly workspaceId: WorkspaceId
  readonly taskId: TaskId
  readonly attempt: number
  readonly claimedAt: string
  readonly leaseUntil: string
  /** The newest checkpoint of an earlier attempt, if one was saved. */
  readonly checkpoint: Checkpoint | null
}

/** A run's task in the hands of a worker. */
export type ClaimedTask = Claimed & { readonly runId: RunId; readonly spec: TaskSpec }

/** An item's task in the hands of a worker. */
export type ClaimedWork = Claimed & {
  readonly projectId: ProjectId
  readonly itemId: ItemId
  readonly spec: WorkOrder
}

export type Checkpoint = { readonly token: string; readonly data: unknown; readonly createdAt: string }

export type ClaimRequest = {
  /** Undefined: every workspace. */
  readonly workspaceId?: WorkspaceId | undefined
  readonly worker: string
  readonly capabilities: readonly string[]
  readonly limit: number
  readonly leaseMs: number
}

/** `taskId`: exactly that task, if it can be had; `limit` is 1 then. */
export type ClaimWorkRequest = ClaimRequest & { readonly taskId?: TaskId | undefined }

/** The most tasks one write hands out; more would hold their rows for too long. */
const MAX_CLAIM = 500

/** Candidates beyond what is asked for, so that a claimer finds work behind rows that others just lock. */
const SPARE = 64

/** Said in a way that no index serves, so that the queue's own stays the only one. */
const IS_OF_ITEM = 'num_nulls(t.item_id) = 0'

/** Oldest first for each capability, from the index. */
const DUE = `FROM unnest($1::text[]) AS w(id), unnest($2::text[]) AS k(capability), LATERAL (
    SELECT t.workspace_id, t.id, t.due_at FROM ropewalk.tasks t
    WHERE t.workspace_id = w.id AND t.capability = k.capability AND t.status = 'ready'
      AND t.due_at <= (SELECT now FROM stamp) AND OWNER
    ORDER BY t.due_at, t.id LIMIT $3::int + ${SPARE}) c`

const NAMED = `FROM (SELECT t.workspace_id, t.id, t.due_at FROM ropewalk.tasks t
    WHERE t.id = $6::uuid AND array_position($1::text[], t.workspace_id) IS NOT NULL AND t.capability = ANY ($2::text[]) AND t.status IS NOT DISTINCT FROM 'ready'
      AND t.due_at <= (SELECT now FROM stamp) AND OWNER) c`

/**
 * Candidates come from the index; only then rows are locked, so that a claim locks what it takes and nothing
 * more. A row that changed in between fails the second look. One text for runs and for items: which of them
 * a task belongs to is in `item_id`, and never changes.
 */
const makeClaim = (candidates: string, isOfItems: boolean): string => `
WITH stamp AS MATERIALIZED (SELECT ropewalk.now() AS now),
candidates AS MATERIALIZED (
  SELECT c.workspace_id, c.id, c.due_at
  ${candidates.replace('OWNER', isOfItems ? IS_OF_ITEM : 't.item_id IS NULL')}
  ORDER BY c.due_at, c.id LIMIT $3::int + ${SPARE}
), picked AS MATERIALIZED (
  SELECT t.workspace_id, t.id, c.due_at, (t.spec -> 'budget' ->> 'ms')::bigint AS ms
  FROM candidates c
  JOIN ropewalk.tasks t ON t.id = c.id AND t.workspace_id IS NOT DISTINCT FROM c.workspace_id
  WHERE t.status IS NOT DISTINCT FROM 'ready'
  ORDER BY c.due_at, c.id LIMIT $3::int FOR NO KEY UPDATE OF t SKIP LOCKED
), slotted AS MATERIALIZED (
  SELECT p.workspace_id, p.id, row_number() OVER (ORDER BY p.due_at, p.id) AS slot,
    stamp.now + $5::int * interval '1 millisecond' AS lease_until,
    stamp.now + p.ms * interval '1 millisecond' AS timeout_at
  FROM picked p, stamp
)
UPDATE ropewalk.tasks t SET
  status = 'running', attempt = t.attempt + 1, claimed_by = ($4::text[])[s.slot], claimed_at = stamp.now,
  heartbeat_at = stamp.now, lease_until = s.lease_until, timeout_at = s.timeout_at,
  overdue_at = least(s.lease_until, s.timeout_at), pct = NULL, eta_ms = NULL
FROM slotted s, stamp
WHERE t.id = s.id AND t.workspace_id IS NOT DISTINCT FROM s.workspace_id
RETURNING s.slot::int AS slot, t.workspace_id AS "workspaceId", t.run_id AS "${isOfItems ? 'projectId' : 'runId'}",
  ${isOfItems ? 't.item_id AS "itemId", ' : ''}t.id AS "taskId",
  t.attempt, t.spec, t.claimed_at AS "claimedAt", t.lease_until AS "leaseUntil",
  CASE WHEN t.attempt > 1 THEN (
    SELECT json_build_object('token', c.token, 'data', c.data, 'createdAt',
      to_char(c.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
    FROM ropewalk.checkpoints c WHERE c.task_id = t.id AND c.workspace_id IS NOT DISTINCT FROM t.workspace_id
    ORDER BY c.attempt DESC LIMIT 1) END AS checkpoint`

const STATEMENTS = {
  runs: { name: 'claim_tasks', text: makeClaim(DUE, false) },
  items: { name: 'claim_work', text: makeClaim(DUE, true) },
  named: { name: 'claim_named_work', text: makeClaim(NAMED, true) },
} as const

type Row<T> = T & { readonly slot: number }

const withoutSlot = <T>({ slot: _slot, ...rest }: Row<T>): T => rest as T

/**
 * What takes up to `limit` due tasks of runs for a worker, oldest first, raising the attempt of each.
 * Each carries a lease of `leaseMs` from the database's now; what is not renewed is lost. Its own
 * transaction; requests that arrive together share one. Repeating it claims other tasks, never the same.
 * Throws STORE_UNAVAILABLE.
 */
export const makeClaimTasks = (
  store: Store,
  listWorkspaces: () => Promise<readonly WorkspaceId[]>,
): ((request: ClaimRequest) => Promise<readonly ClaimedTask[]>) => makeClaims(store, listWorkspaces, 'runs')

/** As `makeClaimTasks`, for the tasks of items; with `taskId` exactly that one, or none when it is not to be had. */
export const makeClaimWork = (
  store: Store,
  listWorkspaces: () => Promise<readonly WorkspaceId[]>,
): ((request: ClaimWorkRequest) => Promise<readonly ClaimedWork[]>) => {
  const claimDue = makeClaims<ClaimedWork>(store, listWorkspaces, 'items')
  return async ({ taskId, ...request }) => {
    if (taskId === undefined) return claimDue(request)
    const { workspaceId, capabilities, worker, leaseMs } = request
    const workspaceIds = workspaceId === undefined ? await listWorkspaces() : [workspaceId]
    const values = [workspaceIds, capabilities, 1, [worker], leaseMs, taskId]
    const [rows = []] = await runWrite(store, workspaceIds, [{ ...STATEMENTS.named, values }])
    return (rows as readonly Row<ClaimedWork>[]).map(withoutSlot)
  }
}

const makeClaims = <T extends Claimed>(
  store: Store,
  listWorkspaces: () => Promise<readonly WorkspaceId[]>,
  from: 'runs' | 'items',
): ((request: ClaimRequest) => Promise<readonly T[]>) => {
  const run = async (requests: readonly ClaimRequest[]): Promise<readonly T[][]> => {
    const claimed = requests.map((): T[] => [])
    const alike = Map.groupBy(requests.entries(), ([, request]) =>
      JSON.stringify([request.workspaceId ?? null, request.leaseMs, request.capabilities.toSorted()]),
    )
    for (const group of alike.values()) {
      const slots = makeSlots(group)
      const request = group[0]?.[1]
      if (request === undefined || slots.length === 0 || request.capabilities.length === 0) continue
      const workspaceIds = request.workspaceId === undefined ? await listWorkspaces() : [request.workspaceId]
      const workers = slots.map((index) => requests[index]?.worker)
      const values = [workspaceIds, request.capabilities, slots.length, workers, request.leaseMs]
      const [rows = []] = await runWrite(store, workspaceIds, [{ ...STATEMENTS[from], values }])
      for (const row of (rows as readonly Row<T>[]).toSorted((a, b) => a.slot - b.slot)) {
        claimed[slots[row.slot - 1] ?? -1]?.push(withoutSlot(row))
      }
    }
    return claimed
  }
  const claim = makeCoalescer<ClaimRequest, readonly T[]>({ run, maxItems: 200 })
  return (request) => claim({ ...request, limit: Math.min(Math.max(0, request.limit), MAX_CLAIM) })
}

/** Whose turn each task is, as indexes of requests: in turns, so that the first does not take all. */
const makeSlots = (group: readonly (readonly [number, ClaimRequest])[]): readonly number[] => {
  const slots: number[] = []
  const most = Math.max(...group.map(([, request]) => request.limit))
  for (let round = 0; round < most && slots.length < MAX_CLAIM; round += 1) {
    for (const [index, request] of group) if (round < request.limit) slots.push(index)
  }
  return slots.slice(0, MAX_CLAIM)
}
