import type { WorkspaceId } from '@ropewalk/core/ids'
import type { Store } from './open.ts'
import { translating } from './sql-errors.ts'

/** A workspace made by another process is worked for after at most this long. */
const FRESH_MS = 2_000

/**
 * What gives the names of all workspaces, remembered for two seconds.
 * Row security shows the writer only workspaces it names, so this asks a function that gives names alone.
 */
export const makeWorkspaceList = (store: Store): (() => Promise<readonly WorkspaceId[]>) => {
  let known: readonly WorkspaceId[] = []
  let readAt = Number.NEGATIVE_INFINITY
  return async () => {
    if (performance.now() - readAt < FRESH_MS) return known
    const found = await translating(() =>
      store.writer.query<{ ids: WorkspaceId[] }>({
        name: 'workspace_ids',
        text: 'SELECT ropewalk.list_workspace_ids() AS ids',
      }),
    )
    known = found.rows[0]?.ids ?? []
    readAt = performance.now()
    return known
  }
}
