import { RopewalkError } from '@ropewalk/core/errors'
import type { ItemId, WorkspaceId } from '@ropewalk/core/ids'
import type { Deliverable, ProjectQuestion, WorkTask } from '@ropewalk/core/project/state'
import { runRead } from '../../../store/open.ts'
import type { Statement, Store } from '../../../store/open.ts'
import type { ItemEdge, ItemRow, ItemWhole } from '../../backlog/contract.ts'
import type { EventView } from '../../contract.ts'
import { checkLimit } from '../cursor.ts'
import { toViews, type EntryRow } from '../list-events.ts'
import { BACKLOG, IN_WORKSPACE, ITEM_FROM } from './backlog-sql.ts'

/** Events that a page about an item shows; the others are read as a list of their own. */
const NEWEST_EVENTS = 50

/** More of these than anybody reads on one page. */
const MANY = 200

type OfItem = { readonly workspaceId: WorkspaceId; readonly itemId: ItemId }

/** An item, a deleted one too. Throws NOT_FOUND. */
export const readItem = async (store: Store, of: OfItem): Promise<ItemRow> => {
  const [rows = []] = await runRead(store, of.workspaceId, [
    {
      name: 'read_item',
      text: `SELECT ${BACKLOG.item} FROM ${ITEM_FROM} WHERE ${IN_WORKSPACE} AND t.id = $2`,
      values: [of.workspaceId, of.itemId],
    },
  ])
  const [item] = rows as readonly ItemRow[]
  if (item !== undefined) return item
  throw new RopewalkError('NOT_FOUND', `There is no item ${of.itemId} in this workspace.`)
}

const edges = (name: string, of: OfItem, joins: string): Statement => ({
  name,
  text: `SELECT ${BACKLOG.edge} FROM ${joins} WHERE ${IN_WORKSPACE} AND NOT t.is_deleted
    ORDER BY t.ordinal LIMIT ${MANY}`,
  values: [of.workspaceId, of.itemId],
})

const DEPENDS_ON = `(${ITEM_FROM}) JOIN ropewalk.item_dependencies d
  ON d.depends_on_id = t.id AND d.item_id = $2 AND d.workspace_id IS NOT DISTINCT FROM t.workspace_id`
const DEPENDENTS = `(${ITEM_FROM}) JOIN ropewalk.item_dependencies d
  ON d.item_id = t.id AND d.depends_on_id = $2 AND d.workspace_id IS NOT DISTINCT FROM t.workspace_id`

const makeStatements = (of: OfItem): readonly Statement[] => {
  const values = [of.workspaceId, of.itemId]
  return [
    {
      name: 'list_ancestors_of_item',
      text: `WITH RECURSIVE up AS (
          SELECT t.parent_id AS id, 1 AS n FROM ropewalk.items t WHERE ${IN_WORKSPACE} AND t.id = $2
          UNION ALL
          SELECT t.parent_id, u.n + 1 FROM ropewalk.items t JOIN up u ON t.id = u.id
          WHERE ${IN_WORKSPACE} AND u.n < 100
        ) SELECT ${BACKLOG.edge} FROM up u JOIN (${ITEM_FROM}) ON t.id = u.id WHERE ${IN_WORKSPACE} ORDER BY u.n`,
      values,
    },
    edges('list_dependencies_of_item', of, DEPENDS_ON),
    edges('list_dependents_of_item', of, DEPENDENTS),
    {
      name: 'list_work_of_item',
      text: `SELECT ${BACKLOG.work} FROM ropewalk.tasks t WHERE ${IN_WORKSPACE} AND t.item_id = $2
        ORDER BY t.created_at DESC, t.stage LIMIT ${MANY}`,
      values,
    },
    {
      name: 'list_deliverables_of_item',
      text: `SELECT ${BACKLOG.deliverables} FROM ropewalk.deliverables t WHERE ${IN_WORKSPACE} AND t.item_id = $2
        ORDER BY t.created_at DESC, t.id LIMIT ${MANY}`,
      values,
    },
    {
      name: 'list_questions_of_item',
      text: `SELECT ${BACKLOG.projectQuestions} FROM ropewalk.questions t
        JOIN ropewalk.items i ON i.id = $2 AND i.workspace_id IS NOT DISTINCT FROM t.workspace_id
        WHERE ${IN_WORKSPACE} AND t.project_id = i.project_id AND t.item_ids::jsonb ? $2::text
        ORDER BY t.created_at DESC, t.id LIMIT ${MANY}`,
      values,
    },
    // The newest first, so that a long history is not read from its beginning.
    {
      name: 'list_newest_entries_of_item',
      text: `SELECT e.position, e.body, e.hash FROM ropewalk.ledger e
        JOIN ropewalk.items i ON i.id = $2 AND i.workspace_id IS NOT DISTINCT FROM e.workspace_id
        WHERE e.workspace_id IS NOT DISTINCT FROM $1 AND e.stream_id = i.project_id::text
          AND strpos(e.body, $2::text) > 0 ORDER BY e.seq DESC LIMIT ${NEWEST_EVENTS}`,
      values,
    },
  ]
}

/** Whether an event is about an item: its id stands somewhere in what the event says. */
const isAbout =
  (itemId: ItemId) =>
  ({ data }: EventView): boolean =>
    JSON.stringify(data).includes(itemId)

/** An item with what a page about it shows. Lists hold the newest 200, oldest first. Throws NOT_FOUND. */
export const readItemWhole = async (store: Store, of: OfItem): Promise<ItemWhole> => {
  const item = await readItem(store, of)
  const found = await runRead(store, of.workspaceId, makeStatements(of))
  const [ancestors = [], dependsOn = [], dependents = [], work = [], deliverables = []] = found
  const [questions = [], entries = []] = found.slice(5)
  const history = (entries as readonly EntryRow[])
    .toReversed()
    .flatMap(toViews)
    .filter(isAbout(of.itemId))
    .slice(-NEWEST_EVENTS)
  return {
    item,
    ancestors: ancestors as readonly ItemEdge[],
    dependsOn: dependsOn as readonly ItemEdge[],
    dependents: dependents as readonly ItemEdge[],
    work: (work as readonly WorkTask[]).toReversed(),
    deliverables: (deliverables as readonly Deliverable[]).toReversed(),
    questions: (questions as readonly ProjectQuestion[]).toReversed(),
    history,
  }
}

/** Events that name an item, with a position above `after`, oldest first. Throws NOT_FOUND. */
export const listItemEvents = async (
  store: Store,
  of: OfItem,
  request: { readonly after: number; readonly limit: number },
): Promise<readonly EventView[]> => {
  const limit = checkLimit(request)
  const { projectId } = await readItem(store, of)
  const [rows = []] = await runRead(store, of.workspaceId, [
    {
      name: 'list_entries_of_item',
      text: `SELECT e.position, e.body, e.hash FROM ropewalk.ledger e
        WHERE e.workspace_id IS NOT DISTINCT FROM $1 AND e.stream_id = $2 AND e.position > $3
          AND strpos(e.body, $5) > 0 ORDER BY e.seq LIMIT $4`,
      values: [of.workspaceId, projectId, request.after, limit, of.itemId],
    },
  ])
  return (rows as readonly EntryRow[])
    .flatMap(toViews)
    .filter(({ position }) => position > request.after)
    .filter(isAbout(of.itemId))
    .slice(0, limit)
}
