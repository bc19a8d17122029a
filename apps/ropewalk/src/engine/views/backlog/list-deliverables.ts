import { RopewalkError } from '@ropewalk/core/errors'
import type { DeliverableId, ItemId, ProjectId, WorkspaceId } from '@ropewalk/core/ids'
import type { Deliverable } from '@ropewalk/core/project/state'
import { runRead } from '../../../store/open.ts'
import type { Store } from '../../../store/open.ts'
import type { Page, PageRequest } from '../../contract.ts'
import { checkLimit, makePage, parseCursor } from '../cursor.ts'
import { BACKLOG, IN_WORKSPACE } from './backlog-sql.ts'

/** What the items of a project handed in, oldest first. Throws INVALID_ARGUMENT. */
export const listDeliverables = async (
  store: Store,
  workspaceId: WorkspaceId,
  page: PageRequest & { readonly projectId: ProjectId; readonly status?: string | undefined },
): Promise<Page<Deliverable>> => {
  const limit = checkLimit(page)
  const [createdAt, id] = parseCursor(page.cursor) ?? [null, null]
  const { status, projectId } = page
  const [rows = []] = await runRead(store, workspaceId, [
    {
      name: `list_deliverables_${status === undefined ? 'any' : 'status'}`,
      text: `SELECT ${BACKLOG.deliverables} FROM ropewalk.deliverables t
        WHERE ${IN_WORKSPACE} AND t.project_id = $5 ${status === undefined ? '' : 'AND t.status = $6'}
          AND (t.created_at, t.id) > (coalesce($2::timestamptz, '-infinity'),
            coalesce($3::uuid, '00000000-0000-0000-0000-000000000000'))
        ORDER BY t.created_at, t.id LIMIT $4`,
      values: [workspaceId, createdAt, id, limit + 1, projectId, ...(status === undefined ? [] : [status])],
    },
  ])
  return makePage(rows as readonly Deliverable[], limit, (one) => [one.createdAt, one.id])
}

/** Throws NOT_FOUND. */
export const readDeliverable = async (
  store: Store,
  workspaceId: WorkspaceId,
  deliverableId: DeliverableId,
): Promise<Deliverable> => {
  const [rows = []] = await runRead(store, workspaceId, [
    {
      name: 'read_deliverable',
      text: `SELECT ${BACKLOG.deliverables} FROM ropewalk.deliverables t WHERE ${IN_WORKSPACE} AND t.id = $2`,
      values: [workspaceId, deliverableId],
    },
  ])
  const [found] = rows as readonly Deliverable[]
  if (found !== undefined) return found
  throw new RopewalkError('NOT_FOUND', `There is no deliverable ${deliverableId} in this workspace.`)
}

/** What batches of a round handed in and still counts, in the order of the batches; at most as many as there can be. */
export const listPartialDeliverables = async (
  store: Store,
  workspaceId: WorkspaceId,
  of: { readonly itemId: ItemId; readonly round: number },
): Promise<readonly Deliverable[]> => {
  const [rows = []] = await runRead(store, workspaceId, [
    {
      name: 'list_partial_deliverables',
      text: `SELECT ${BACKLOG.deliverables} FROM ropewalk.deliverables t
        WHERE ${IN_WORKSPACE} AND t.item_id = $2 AND t.round = $3 AND t.status = 'partial' ORDER BY t.batch, t.id`,
      values: [workspaceId, of.itemId, of.round],
    },
  ])
  return rows as readonly Deliverable[]
}
