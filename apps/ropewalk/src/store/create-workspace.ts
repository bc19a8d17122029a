import { RopewalkError } from '@ropewalk/core/errors'
import type { WorkspaceId } from '@ropewalk/core/ids'
import { runWrite } from './open.ts'
import type { Store } from './open.ts'
import { translating } from './sql-errors.ts'

/**
 * Makes a workspace with `capMicros` for all its runs; one that is there stays as it is.
 * Throws CONFLICT for a second one in single-role mode, where nothing would keep workspaces apart.
 */
export const createWorkspace = async (
  store: Store,
  workspace: { readonly id: WorkspaceId; readonly capMicros: number },
): Promise<void> => {
  if (store.isSingleRole) {
    const found = await translating(() =>
      store.writer.query<{ ids: string[] }>('SELECT ropewalk.list_workspace_ids() AS ids'),
    )
    if (found.rows[0]?.ids.some((id) => id !== workspace.id) === true) {
      throw new RopewalkError(
        'CONFLICT',
        'This database gives Ropewalk one login only, so it can hold one workspace. Use a login that may create roles.',
      )
    }
  }
  await runWrite(
    store,
    [workspace.id],
    [
      {
        name: 'create_workspace',
        text: `INSERT INTO ropewalk.workspaces VALUES ($1, $1, $2, 0, 0, ropewalk.now()) ON CONFLICT DO NOTHING`,
        values: [workspace.id, workspace.capMicros],
      },
      {
        name: 'create_workspace_position',
        text: 'INSERT INTO ropewalk.workspace_positions VALUES ($1, 0) ON CONFLICT DO NOTHING',
        values: [workspace.id],
      },
    ],
  )
}
