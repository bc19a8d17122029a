import { RopewalkError } from '@ropewalk/core/errors'
import type { RunId, WaiverId, WorkspaceId } from '@ropewalk/core/ids'
import type { Waiver } from '@ropewalk/core/run/state'
import { runRead } from '../../store/open.ts'
import type { Store } from '../../store/open.ts'
import { SELECT } from './view-sql.ts'

/** More than the phases of a run have rubrics to be let off. */
const MAX_WAIVERS = 1000

/** Waivers of a run, oldest first, whatever became of them. */
export const listWaivers = async (
  store: Store,
  of: { readonly workspaceId: WorkspaceId; readonly runId: RunId },
): Promise<readonly Waiver[]> => {
  const [rows = []] = await runRead(store, of.workspaceId, [
    {
      name: 'list_waivers',
      text: `SELECT ${SELECT.waivers} FROM ropewalk.waivers t
        WHERE t.workspace_id IS NOT DISTINCT FROM $1 AND t.run_id = $2 ORDER BY t.created_at, t.id LIMIT $3`,
      values: [of.workspaceId, of.runId, MAX_WAIVERS],
    },
  ])
  return rows as readonly Waiver[]
}

/** Throws NOT_FOUND. */
export const readWaiver = async (
  store: Store,
  of: { readonly workspaceId: WorkspaceId; readonly waiverId: WaiverId },
): Promise<Waiver> => {
  const [rows = []] = await runRead(store, of.workspaceId, [
    {
      name: 'read_waiver',
      text: `SELECT ${SELECT.waivers} FROM ropewalk.waivers t
        WHERE t.workspace_id IS NOT DISTINCT FROM $1 AND t.id = $2`,
      values: [of.workspaceId, of.waiverId],
    },
  ])
  const [waiver] = rows as readonly Waiver[]
  if (waiver !== undefined) return waiver
  throw new RopewalkError('NOT_FOUND', 'There is no such waiver.', { details: { waiverId: of.waiverId } })
}
