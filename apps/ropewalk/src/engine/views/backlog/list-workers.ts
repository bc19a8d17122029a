import type { WorkerView } from '@ropewalk/core/contract/api/work'
import type { ItemId, WorkspaceId } from '@ropewalk/core/ids'
import { runRead } from '../../../store/open.ts'
import type { Store } from '../../../store/open.ts'

/** The most that one page about workers shows; the ones heard of last come first. */
const MAX_WORKERS = 500

type Row = Omit<WorkerView, 'holds'> & { readonly holds: WorkerView['holds'] | null }

/** Workers that asked for work of items, the latest first. `aliveMs`: who was silent for longer is not alive. */
export const listWorkerViews = async (
  store: Store,
  workspaceId: WorkspaceId,
  aliveMs: number,
): Promise<readonly WorkerView[]> => {
  const [rows = []] = await runRead(store, workspaceId, [
    {
      name: 'list_workers',
      text: `SELECT w.id AS worker, w.capabilities, w.started_at AS "startedAt", w.seen_at AS "seenAt",
          w.left_at IS NULL AND w.seen_at > ropewalk.now() - $2::int * interval '1 millisecond' AS "isAlive",
          (SELECT json_agg(json_build_object('taskId', t.id, 'itemId', t.item_id, 'projectId', t.run_id,
              'title', t.spec ->> 'title') ORDER BY t.claimed_at)
            FROM ropewalk.tasks t WHERE t.workspace_id IS NOT DISTINCT FROM w.workspace_id
              AND t.status = 'running' AND t.item_id IS NOT NULL AND t.claimed_by = w.id) AS holds
        FROM ropewalk.workers w WHERE w.workspace_id = $1 ORDER BY w.seen_at DESC, w.id LIMIT ${MAX_WORKERS}`,
      values: [workspaceId, aliveMs],
    },
  ])
  return (rows as readonly Row[]).map((row) => ({ ...row, holds: row.holds ?? [] }))
}

/** Who has, or last had, the newest task of each item; items that nobody ever had are left out. */
export const listHolders = async (
  store: Store,
  workspaceId: WorkspaceId,
  itemIds: readonly ItemId[],
): Promise<ReadonlyMap<ItemId, string>> => {
  if (itemIds.length === 0) return new Map()
  const [rows = []] = await runRead(store, workspaceId, [
    {
      name: 'list_holders',
      text: `SELECT DISTINCT ON (t.item_id) t.item_id AS id, t.claimed_by AS holder FROM ropewalk.tasks t
        WHERE t.workspace_id IS NOT DISTINCT FROM $1 AND t.item_id = ANY ($2::uuid[]) AND t.claimed_by IS NOT NULL
        ORDER BY t.item_id, t.created_at DESC, t.id DESC`,
      values: [workspaceId, itemIds],
    },
  ])
  return new Map((rows as readonly { id: ItemId; holder: string }[]).map(({ id, holder }) => [id, holder]))
}
