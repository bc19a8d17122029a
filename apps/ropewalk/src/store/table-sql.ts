import { getTableColumns } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import { getTableConfig } from 'drizzle-orm/pg-core'
import type { Statement } from './open.ts'

type Column = { readonly key: string; readonly name: string; readonly type: string }

/** Names and types of a table, as statements over many rows need them. Keys are the entity's fields. */
export type TableSql = {
  readonly name: string
  readonly columns: readonly Column[]
  readonly keys: readonly Column[]
  /** `t.created_at AS "createdAt", …` */
  readonly select: string
}

/** What a drizzle table says of itself. Statements built from it need no mapping in JavaScript. */
export const makeTableSql = (table: PgTable, leaveOut: readonly string[] = []): TableSql => {
  const { name, schema, primaryKeys } = getTableConfig(table)
  const all = Object.entries(getTableColumns(table))
  const keyNames = new Set(primaryKeys.flatMap((key) => key.columns.map((column) => column.name)))
  const columns = all.map(([key, column]) => ({ key, name: column.name, type: column.getSQLType() }))
  const keys = all
    .filter(([, column]) => column.primary || keyNames.has(column.name))
    .map(([key, column]) => ({ key, name: column.name, type: column.getSQLType() }))
  const select = columns
    .filter((column) => !leaveOut.includes(column.key))
    .map((column) => `t.${column.name} AS "${column.key}"`)
    .join(', ')
  return { name: `${schema ?? 'public'}.${name}`, columns, keys, select }
}

const makeRecord = (columns: readonly Column[]): string =>
  `json_to_recordset($1::json) AS r(${columns.map((column) => `"${column.key}" ${column.type}`).join(', ')})`

/** Adds rows given as one JSON array; a key that is taken fails. */
export const makeInsert = (table: TableSql, onConflict = ''): string =>
  `INSERT INTO ${table.name} (${table.columns.map((column) => column.name).join(', ')})
   SELECT ${table.columns.map((column) => `r."${column.key}"`).join(', ')} FROM ${makeRecord(table.columns)} ${onConflict}`

/** Sets `changing` columns of rows given as one JSON array, found by the table's key. */
export const makeUpdate = (table: TableSql, changing: readonly string[]): string => {
  const changed = table.columns.filter((column) => changing.includes(column.key))
  return `UPDATE ${table.name} AS t SET ${changed.map((column) => `${column.name} = r."${column.key}"`).join(', ')}
   FROM ${makeRecord([...table.keys, ...changed])}
   WHERE ${table.keys.map((key) => `t.${key.name} = r."${key.key}"`).join(' AND ')}`
}

/** A statement over many rows, with the rows as its one parameter. */
export const overRows = (name: string, text: string, rows: readonly unknown[]): Statement => ({
  name,
  text,
  values: [JSON.stringify(rows)],
})
