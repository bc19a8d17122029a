import type { ProjectId, WorkspaceId } from '@ropewalk/core/ids'
import { runRead } from '../../../store/open.ts'
import type { Store } from '../../../store/open.ts'
import type { ItemFilter, ItemRow, ItemTreeRow } from '../../backlog/contract.ts'
import type { Page, PageRequest } from '../../contract.ts'
import { checkLimit, makePage, parseCursor } from '../cursor.ts'
import { BACKLOG, IN_WORKSPACE, ITEM_FROM, ITEM_STATUS } from './backlog-sql.ts'
import { makeNumberPage, parseNumberCursor } from './number-cursor.ts'

/** The characters that LIKE does not take at their word. */
const escapeLike = (text: string): string => text.replaceAll(/[\\%_]/gu, '\\$&')

/** Conditions of a filter, each with its value pushed; `names` tells statements of other forms apart. */
const makeFilters = (
  filter: ItemFilter,
  values: unknown[],
): { readonly sql: string; readonly names: string } => {
  const parts: string[] = []
  const names: string[] = []
  const add = (name: string, value: unknown, make: (place: string) => string): void => {
    if (value === undefined) return
    names.push(name)
    parts.push(`AND ${make(`$${values.push(value)}`)}`)
  }
  add('status', filter.status, (place) => `(${ITEM_STATUS}) = ${place}`)
  add('kind', filter.kind, (place) => `t.kind = ${place}`)
  add('capability', filter.capability, (place) => `t.capability = ${place}`)
  add('label', filter.label, (place) => `t.labels::jsonb ? ${place}`)
  add(
    'text',
    filter.text === undefined ? undefined : `%${escapeLike(filter.text)}%`,
    (place) => `(t.title ILIKE ${place} OR t.description ILIKE ${place})`,
  )
  if (filter.parent === 'none') {
    names.push('top')
    parts.push('AND t.parent_id IS NULL')
  } else add('parent', filter.parent, (place) => `t.parent_id = ${place}::uuid`)
  return { sql: parts.join(' '), names: names.join('_') }
}

const listOfProject = async (
  store: Store,
  workspaceId: WorkspaceId,
  page: PageRequest & ItemFilter & { readonly projectId: ProjectId },
): Promise<Page<ItemRow>> => {
  const limit = checkLimit(page)
  const [after] = parseNumberCursor(page.cursor) ?? [-1]
  const values: unknown[] = [workspaceId, page.projectId, after, limit + 1]
  const { sql, names } = makeFilters(page, values)
  const [rows = []] = await runRead(store, workspaceId, [
    {
      name: `list_items_${names}`,
      text: `SELECT ${BACKLOG.item} FROM ${ITEM_FROM}
        WHERE ${IN_WORKSPACE} AND t.project_id = $2 AND t.ordinal > $3 AND NOT t.is_deleted ${sql}
        ORDER BY t.ordinal LIMIT $4`,
      values,
    },
  ])
  return makeNumberPage(rows as readonly ItemRow[], limit, ({ ordinal }) => [ordinal])
}

const listOfAll = async (
  store: Store,
  workspaceId: WorkspaceId,
  page: PageRequest & ItemFilter,
): Promise<Page<ItemRow>> => {
  const limit = checkLimit(page)
  const [createdAt, id] = parseCursor(page.cursor) ?? [null, null]
  const values: unknown[] = [workspaceId, createdAt, id, limit + 1]
  const { sql, names } = makeFilters(page, values)
  const [rows = []] = await runRead(store, workspaceId, [
    {
      name: `list_all_items_${names}`,
      text: `SELECT ${BACKLOG.item} FROM ${ITEM_FROM}
        WHERE t.workspace_id = $1 AND NOT t.is_deleted AND (t.created_at, t.id)
          > (coalesce($2::timestamptz, '-infinity'), coalesce($3::uuid, '00000000-0000-0000-0000-000000000000')) ${sql}
        ORDER BY t.created_at, t.id LIMIT $4`,
      values,
    },
  ])
  return makePage(rows as readonly ItemRow[], limit, (item) => [item.createdAt, item.id])
}

/** Items that were not deleted: of one project in the order of their making, else by age. Throws INVALID_ARGUMENT. */
export const listItems = (
  store: Store,
  workspaceId: WorkspaceId,
  page: PageRequest & ItemFilter & { readonly projectId?: ProjectId | undefined },
): Promise<Page<ItemRow>> => {
  const { projectId, ...rest } = page
  return projectId === undefined
    ? listOfAll(store, workspaceId, rest)
    : listOfProject(store, workspaceId, { ...rest, projectId })
}

/** Items of a project, each before what is below it, those side by side in the order of their making. */
export const listItemTree = async (
  store: Store,
  of: { readonly workspaceId: WorkspaceId; readonly projectId: ProjectId },
  page: PageRequest,
): Promise<Page<ItemTreeRow>> => {
  const limit = checkLimit(page)
  const after = parseNumberCursor(page.cursor) ?? [-1]
  const [rows = []] = await runRead(store, of.workspaceId, [
    {
      name: 'list_item_tree',
      // Of each level only what can be on the page, and the way down to where it begins: a tree may be large.
      text: `WITH RECURSIVE walk AS (
          (SELECT t.id, ARRAY[t.ordinal] AS place FROM ropewalk.items t
          WHERE ${IN_WORKSPACE} AND t.project_id = $2 AND t.parent_id IS NULL AND NOT t.is_deleted
            AND t.ordinal >= ($3::int[])[1]
          ORDER BY t.ordinal LIMIT $4 + 1)
          UNION ALL
          SELECT l.id, l.place FROM (
            SELECT c.id, w.place || c.ordinal AS place FROM walk w CROSS JOIN LATERAL (
              SELECT t.id, t.ordinal FROM ropewalk.items t
              WHERE ${IN_WORKSPACE} AND t.parent_id = w.id AND NOT t.is_deleted
                AND (w.place || t.ordinal > $3::int[]
                  OR w.place || t.ordinal = ($3::int[])[1:cardinality(w.place) + 1])
              ORDER BY t.ordinal LIMIT $4 + 1
            ) c
            ORDER BY 2 LIMIT $4 + 1
          ) l
        ), page AS (
          SELECT w.id, w.place FROM walk w WHERE w.place > $3::int[] ORDER BY w.place LIMIT $4
        )
        SELECT ${BACKLOG.item}, p.place, cardinality(p.place) - 1 AS depth
        FROM page p JOIN (${ITEM_FROM}) ON t.id = p.id WHERE ${IN_WORKSPACE} ORDER BY p.place`,
      values: [of.workspaceId, of.projectId, after, limit + 1],
    },
  ])
  type Placed = ItemTreeRow & { readonly place: readonly number[] }
  return makeNumberPage(rows as readonly Placed[], limit, ({ place }) => place)
}
