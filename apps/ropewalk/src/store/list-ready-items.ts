import type { Upload } from '@ropewalk/core/contract/item'
import type { ItemId, ProjectId, WorkspaceId } from '@ropewalk/core/ids'
import { runRead } from './open.ts'
import type { Store } from './open.ts'

/** An item that waits to be given out. `isOverdue`: nobody with its capability came within the time asked for. */
export type ReadyItem = {
  readonly projectId: ProjectId
  readonly itemId: ItemId
  readonly capability: string
  readonly batchRows: number | null
  readonly uploads: readonly Upload[]
  readonly isOverdue: boolean
}

/** More in one look would make one command too large; the next look comes at once. */
export const MAX_READY_ITEMS = 500

// Parents hold others and are never given out. `batches` is 0 where no round of the item is out.
const READY = `
SELECT t.project_id AS "projectId", t.id AS "itemId", t.capability, t.batch_rows AS "batchRows", p.uploads,
  coalesce(t.ready_at, t.created_at) <= (SELECT ropewalk.now()) - $3::int * interval '1 millisecond' AS "isOverdue"
FROM ropewalk.items t JOIN ropewalk.projects p ON p.id = t.project_id
WHERE t.workspace_id = $1 AND t.status = 'ready' AND t.batches = 0 AND NOT t.is_deleted
  AND t.capability IS NOT NULL AND t.run_ref IS NULL AND t.children::text = '{}'
  AND (t.capability = ANY ($2::text[]) OR ($4::boolean AND
    coalesce(t.ready_at, t.created_at) <= (SELECT ropewalk.now()) - $3::int * interval '1 millisecond'))
  AND p.status IN ('in_progress', 'awaiting_input') AND p.dispatch = 'auto' AND p.open_project_questions = 0
ORDER BY t.priority, t.ready_at, t.ordinal LIMIT ${MAX_READY_ITEMS}`

/**
 * Ready items of running projects that are not given out and that somebody can do: those of a served
 * capability, and with `hasGeneric` any that have waited for `overdueMs`. Most urgent first, then longest.
 */
export const listReadyItems = async (
  store: Store,
  workspaceId: WorkspaceId,
  of: { readonly served: readonly string[]; readonly hasGeneric: boolean; readonly overdueMs: number },
): Promise<readonly ReadyItem[]> => {
  const values = [workspaceId, of.served, of.overdueMs, of.hasGeneric]
  const [rows = []] = await runRead(store, workspaceId, [{ name: 'list_ready_items', text: READY, values }])
  return rows as readonly ReadyItem[]
}
