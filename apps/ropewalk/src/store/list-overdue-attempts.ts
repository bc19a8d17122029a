import type { ItemId, ProjectId, RunId, TaskId, WorkspaceId } from '@ropewalk/core/ids'
import { runWrite } from './open.ts'
import type { Store } from './open.ts'

/** An attempt whose lease (`lost`) or start-to-close clock (`timed_out`) has run out; a run's, or an item's. */
export type OverdueAttempt = (
  { readonly itemId: null; readonly owner: RunId } | { readonly itemId: ItemId; readonly owner: ProjectId }
) & {
  readonly workspaceId: WorkspaceId
  readonly taskId: TaskId
  readonly attempt: number
  readonly worker: string
  readonly claimedAt: string | null
  readonly outcome: 'lost' | 'timed_out'
}

/** Up to 500, longest overdue first. Who is overdue both ways has timed out. */
export const listOverdueAttempts = async (
  store: Store,
  workspaceIds: readonly WorkspaceId[],
): Promise<readonly OverdueAttempt[]> => {
  const text = `SELECT t.workspace_id AS "workspaceId", t.run_id AS owner, t.item_id AS "itemId", t.id AS "taskId", t.attempt,
      t.claimed_by AS worker, t.claimed_at AS "claimedAt",
      CASE WHEN t.timeout_at <= (SELECT ropewalk.now()) THEN 'timed_out' ELSE 'lost' END AS outcome
    FROM ropewalk.tasks t WHERE t.status = 'running' AND t.overdue_at <= (SELECT ropewalk.now())
    ORDER BY t.overdue_at LIMIT 500`
  const [rows = []] = await runWrite(store, workspaceIds, [{ name: 'list_overdue', text }])
  return rows as readonly OverdueAttempt[]
}
