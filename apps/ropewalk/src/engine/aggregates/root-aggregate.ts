import type { Decision, Stamp } from '@ropewalk/core/decision'
import type { TableSql } from '../../store/table-sql.ts'
import { leaveSameJson } from '../../store/table-sql.ts'
import type { Aggregate, AggregateKind, Change, Command, EventContract, LedgerEvent } from '../aggregate.ts'
import type { RootRow } from '../aggregate.ts'
import { makeLock } from '../reads.ts'
import { EVENT_FORMAT } from '../upgrade-event.ts'
import type { Rows } from '../writes.ts'

/** What sets one kind of root without children apart. `C` its commands, `T` its entity, `E` its events. */
export type RootKind<C extends Command, T extends object, E extends LedgerEvent> = {
  readonly kind: AggregateKind
  /** The name under which its commands and jobs carry its id. */
  readonly idField: string
  readonly table: TableSql
  readonly insert: keyof Rows
  readonly update: keyof Rows
  readonly isFor: (command: Command) => command is C
  readonly getId: (command: C) => string
  readonly decide: (root: T | null, command: C, stamp: Stamp) => Decision<E, T | null>
  readonly contract: EventContract
  /** Columns that the entity does not have. */
  readonly getColumns?: (
    root: T,
    change: Pick<Change<T | null>, 'headAt'>,
  ) => Readonly<Record<string, unknown>>
}

/** Makes the aggregate of a root that stands in one row and has no children: its state is that row, or null. */
export const makeRootAggregate = <C extends Command, T extends object, E extends LedgerEvent>(
  of: RootKind<C, T, E>,
): Aggregate<C, T | null, E, T & RootRow> => {
  const { kind, idField, table, isFor, getId, contract } = of
  const sameJson = leaveSameJson(table)
  const addRows = (rows: Rows, change: Change<T | null>): void => {
    const { workspaceId, isNew, stored, state, version, headHash, headAt } = change
    if (state === null) return
    const and = { ...of.getColumns?.(state, change), version, headHash, headAt, eventFormat: EVENT_FORMAT }
    if (isNew) rows[of.insert].push({ workspaceId, of: state, and })
    else rows[of.update].push({ workspaceId, of: state, and: { ...sameJson(stored ?? {}, state), ...and } })
  }
  return {
    kind,
    idField,
    isFor,
    getId,
    contract,
    addRows,
    locksWorkspace: () => false,
    lock: (skip) =>
      `SELECT ${table.select} FROM ${table.name} t WHERE t.id = ANY ($1::uuid[]) ORDER BY t.id ${makeLock(skip)}`,
    list: `SELECT t.workspace_id AS "workspaceId", t.id FROM ${table.name} t WHERE t.id = ANY ($1::uuid[])`,
    prepareLoad: () => ({
      tasks: { ids: new Set(), open: new Set() },
      send: () => Promise.resolve((row) => row),
    }),
    makeEmpty: () => null,
    decide: (root, command, { stamp }) => of.decide(root, command, stamp),
    handOver: () => undefined,
    evolveWorkspace: (workspace) => workspace,
    addSideRows: () => undefined,
    getHint: () => ({ tasksReady: false, itemsReady: false }),
    remember: () => undefined,
  }
}
