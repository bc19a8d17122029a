import { RopewalkError } from '@ropewalk/core/errors'
import { getTableColumns } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import { getTableConfig } from 'drizzle-orm/pg-core'
import { encodeArray, isArrayType } from './binary-array.ts'
import type { ArrayType } from './binary-array.ts'
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

/** A statement over many rows, each column of which is one parameter. */
export type RowsSql = {
  readonly name: string
  readonly text: string
  readonly columns: readonly { readonly key: string; readonly type: ArrayType }[]
}

/** A row to write: an entity, its workspace, and columns that the entity does not have or that differ. */
export type Row = {
  readonly workspaceId: string
  readonly of: object
  readonly and?: Readonly<Record<string, unknown>> | undefined
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

/** Columns that may change after the row was made: all but those of the key and `fixed`, written once. */
export const getChanging = (table: TableSql, fixed: readonly string[]): readonly string[] => {
  const keys = table.keys.map((key) => key.key)
  return table.columns
    .map((column) => column.key)
    .filter((key) => !keys.includes(key) && !fixed.includes(key))
}

const toArrayColumn = ({ key, type }: Pick<Column, 'key' | 'type'>): RowsSql['columns'][number] => {
  if (isArrayType(type)) return { key, type }
  throw new RopewalkError('INVARIANT_BROKEN', `Columns of type ${type} cannot be written in rows (${key}).`)
}

/** `unnest($1::text[], …) AS r("workspaceId", …)`: the rows as a relation. */
const makeRecord = (columns: readonly Pick<Column, 'key' | 'type'>[]): string => {
  const parameters = columns.map(({ type }, index) => `$${index + 1}::${type}[]`)
  return `unnest(${parameters.join(', ')}) AS r(${columns.map(({ key }) => `"${key}"`).join(', ')})`
}

/** Any statement over rows; `text` is given the relation that holds them. */
export const makeRowsSql = (
  name: string,
  columns: Readonly<Record<string, ArrayType>>,
  text: (rows: string) => string,
): RowsSql => {
  const list = Object.entries(columns).map(([key, type]) => ({ key, type }))
  return { name, columns: list, text: text(makeRecord(list)) }
}

/** Adds rows; a key that is taken fails, unless `onConflict` says otherwise. */
export const makeInsert = (name: string, table: TableSql, onConflict = ''): RowsSql => ({
  name,
  columns: table.columns.map(toArrayColumn),
  text: `INSERT INTO ${table.name} (${table.columns.map((column) => column.name).join(', ')})
   SELECT ${table.columns.map((column) => `r."${column.key}"`).join(', ')}
   FROM ${makeRecord(table.columns)} ${onConflict}`,
})

// The workspace is compared in a way that no index serves; see the first migration.
const makeMatch = ({ key, name }: Column): string =>
  key === 'workspaceId' ? `t.${name} IS NOT DISTINCT FROM r."${key}"` : `t.${name} = r."${key}"`

/**
 * Sets `changing` columns of rows found by the table's key. A JSON column given as null stays as it is:
 * most changes leave the large ones alone, and none of ours becomes null again. So do those of `keeping`.
 */
export const makeUpdate = (
  name: string,
  table: TableSql,
  changing: readonly string[],
  keeping: readonly string[] = [],
): RowsSql => {
  const changed = table.columns.filter((column) => changing.includes(column.key))
  const columns = [...table.keys, ...changed]
  const set = changed.map((column) =>
    column.type === 'json' || keeping.includes(column.key)
      ? `${column.name} = coalesce(r."${column.key}", t.${column.name})`
      : `${column.name} = r."${column.key}"`,
  )
  return {
    name,
    columns: columns.map(toArrayColumn),
    text: `UPDATE ${table.name} AS t SET ${set.join(', ')} FROM ${makeRecord(columns)}
   WHERE ${table.keys.map(makeMatch).join(' AND ')}`,
  }
}

const getValue = ({ workspaceId, of, and }: Row, key: string): unknown => {
  if (key === 'workspaceId') return workspaceId
  if (and !== undefined && key in and) return and[key]
  return (of as Readonly<Record<string, unknown>>)[key]
}

/** The statement with its rows. */
export const overRows = (sql: RowsSql, rows: readonly Row[]): Statement => ({
  name: sql.name,
  text: sql.text,
  values: sql.columns.map(({ key, type }) =>
    encodeArray(
      type,
      rows.map((row) => getValue(row, key)),
    ),
  ),
})

/** JSON columns that are the same in both, as null for `makeUpdate`. */
export const leaveSameJson = (table: TableSql): ((before: object, after: object) => Record<string, null>) => {
  const keys = table.columns.filter((column) => column.type === 'json').map((column) => column.key)
  return (before, after) => {
    const same: Record<string, null> = {}
    for (const key of keys) if (Reflect.get(before, key) === Reflect.get(after, key)) same[key] = null
    return same
  }
}
