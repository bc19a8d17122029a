import type { RecordRow } from '@ropewalk/core/contract/records'
import { Records } from '@ropewalk/core/contract/records'
import { WorkOrder } from '@ropewalk/core/contract/work-order'
import { RopewalkError } from '@ropewalk/core/errors'
import type { TaskId, WorkspaceId } from '@ropewalk/core/ids'
import type { WorkTask } from '@ropewalk/core/project/state'
import type { Blobs } from '../../../store/blobs.ts'
import { runRead } from '../../../store/open.ts'
import type { Store } from '../../../store/open.ts'
import type { WorkInHand, WorkRows } from '../../backlog/contract.ts'
import { IN_WORKSPACE, BACKLOG } from './backlog-sql.ts'

/** A task of an item with its order. Throws NOT_FOUND, for a task of a run too. */
export const readWork = async (
  store: Store,
  workspaceId: WorkspaceId,
  taskId: TaskId,
): Promise<WorkInHand> => {
  const [rows = []] = await runRead(store, workspaceId, [
    {
      name: 'read_work',
      text: `SELECT ${BACKLOG.work} FROM ropewalk.tasks t
        WHERE ${IN_WORKSPACE} AND t.id = $2 AND t.item_id IS NOT NULL`,
      values: [workspaceId, taskId],
    },
  ])
  const [task] = rows as readonly WorkTask[]
  if (task === undefined)
    throw new RopewalkError('NOT_FOUND', `There is no work ${taskId} in this workspace.`)
  return { task, order: WorkOrder.parse(task.spec) }
}

/** Tables kept parsed: batches share one, which workers read page by page. A large one takes tens of megabytes. */
const MAX_TABLES = 2

/**
 * What reads the rows of an order from the table that its records name, kept by its digest. Throws NOT_FOUND
 * for a blob that is not there.
 */
export const makeReadRows = (
  blobs: Blobs,
): ((
  workspaceId: WorkspaceId,
  order: WorkOrder,
  page: { readonly after: number; readonly limit: number },
) => Promise<WorkRows>) => {
  const tables = new Map<string, Promise<readonly RecordRow[]>>()
  const readTable = (workspaceId: WorkspaceId, digest: string): Promise<readonly RecordRow[]> => {
    const key = `${workspaceId}/${digest}`
    const known = tables.get(key)
    if (known !== undefined) return known
    const read = blobs
      .read(workspaceId, digest)
      .then((bytes) => Records.parse(JSON.parse(bytes.toString('utf8'))).rows)
    tables.set(key, read)
    read.catch(() => tables.delete(key))
    const [oldest] = tables.keys()
    if (tables.size > MAX_TABLES && oldest !== undefined) tables.delete(oldest)
    return read
  }
  return async (workspaceId, order, { after, limit }) => {
    if (order.records === null) return { total: 0, rows: [] }
    const { digest, rows } = order.records
    const own = (await readTable(workspaceId, digest)).slice(rows.from, rows.to)
    return { total: own.length, rows: own.slice(after, after + limit) }
  }
}
