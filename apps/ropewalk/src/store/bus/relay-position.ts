import type { WorkspaceId } from '@ropewalk/core/ids'
import { runRead, runWrite } from '../open.ts'
import type { Store } from '../open.ts'

type OfRelay = { readonly workspaceId: WorkspaceId; readonly name: string }

/** The ledger position up to which everything was published, and the life of the bus that has it. */
export type RelayPlace = { readonly position: number; readonly life: string }

/** The relay's place; undefined before anything was published. Throws STORE_UNAVAILABLE. */
export const findRelayPlace = async (
  store: Store,
  { workspaceId, name }: OfRelay,
): Promise<RelayPlace | undefined> => {
  const [rows = []] = await runRead(store, workspaceId, [
    {
      name: 'find_relay_place',
      text: 'SELECT p.position, p.life FROM ropewalk.relay_positions p WHERE p.workspace_id = $1 AND p.name = $2',
      values: [workspaceId, name],
    },
  ])
  return (rows as readonly RelayPlace[])[0]
}

/**
 * Moves the place from where the caller found it, and only from there: false when another relay moved it since.
 * Its own transaction. Throws STORE_UNAVAILABLE.
 */
export const moveRelayPlace = async (
  store: Store,
  {
    workspaceId,
    name,
    from,
    to,
    life,
  }: OfRelay & { readonly from: number; readonly to: number; readonly life: string },
): Promise<boolean> => {
  const [rows = []] = await runWrite(
    store,
    [workspaceId],
    [
      {
        name: 'move_relay_place',
        text: `INSERT INTO ropewalk.relay_positions AS p (workspace_id, name, position, life)
          VALUES ($1, $2, $4, $5)
          ON CONFLICT (workspace_id, name)
          DO UPDATE SET position = excluded.position, life = excluded.life WHERE p.position = $3
          RETURNING 1`,
        values: [workspaceId, name, from, to, life],
      },
    ],
  )
  return rows.length > 0
}

/** Whether anybody here could want the bus: there is a project, or a group that reads. Throws STORE_UNAVAILABLE. */
export const findBusUse = async (store: Store, workspaceId: WorkspaceId): Promise<boolean> => {
  const [rows = []] = await runRead(store, workspaceId, [
    {
      name: 'find_bus_use',
      text: `SELECT EXISTS (SELECT 1 FROM ropewalk.projects p WHERE p.workspace_id = $1)
          OR EXISTS (SELECT 1 FROM ropewalk.bus_groups g WHERE g.workspace_id = $1) AS used`,
      values: [workspaceId],
    },
  ])
  return (rows as readonly { used: boolean }[])[0]?.used === true
}
