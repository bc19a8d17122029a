import type { ItemId, ProjectId, WorkspaceId } from '@ropewalk/core/ids'
import { runRead } from './open.ts'
import type { Store } from './open.ts'

/** An item that was given out to a capability nobody serves, and that nobody has begun. */
export type StrandedItem = { readonly projectId: ProjectId; readonly itemId: ItemId }

const MAX_STRANDED = 200

// Ready tasks are few, and have an index of their own.
const STRANDED = `
SELECT DISTINCT i.project_id AS "projectId", i.id AS "itemId"
FROM ropewalk.tasks t
JOIN ropewalk.items i ON i.id = t.item_id AND i.workspace_id IS NOT DISTINCT FROM t.workspace_id
JOIN ropewalk.projects p ON p.id = i.project_id AND p.workspace_id IS NOT DISTINCT FROM i.workspace_id
WHERE t.workspace_id = $1 AND t.status = 'ready' AND t.item_id IS NOT NULL
  AND t.capability <> ALL ($2::text[]) AND i.status = 'ready' AND p.dispatch = 'auto'
  AND t.due_at <= (SELECT ropewalk.now()) - $3::int * interval '1 millisecond'
LIMIT ${MAX_STRANDED}`

/** Items whose tasks have been claimable for `overdueMs` and are of a capability that is not among the served. */
export const listStrandedItems = async (
  store: Store,
  workspaceId: WorkspaceId,
  of: { readonly served: readonly string[]; readonly overdueMs: number },
): Promise<readonly StrandedItem[]> => {
  const values = [workspaceId, of.served, of.overdueMs]
  const [rows = []] = await runRead(store, workspaceId, [
    { name: 'list_stranded_items', text: STRANDED, values },
  ])
  return rows as readonly StrandedItem[]
}
