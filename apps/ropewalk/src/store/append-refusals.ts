import type { WorkspaceId } from '@ropewalk/core/ids'
import { runWrite } from './open.ts'
import type { Statement, Store } from './open.ts'
import { makeRowsSql, overRows } from './table-sql.ts'

/** A call that was refused, as the audit has it. */
export type Refusal = {
  readonly id: string
  readonly workspaceId: WorkspaceId
  readonly actor: string
  readonly actorKind: string
  readonly actorRole: string
  readonly operation: string
  readonly requestId: string
  readonly result: string
  /** UUIDs that the call named. */
  readonly ids: readonly string[]
  /** Whether an id may be of another workspace, which is then told as well. */
  readonly mayBeForeign: boolean
}

const WHO = {
  actor: 'text',
  actorKind: 'text',
  actorRole: 'text',
  operation: 'text',
  requestId: 'text',
  result: 'text',
} as const

const APPEND = makeRowsSql(
  'append_refusals',
  { workspaceId: 'text', id: 'uuid', ...WHO, resourceId: 'text', payload: 'json' },
  (rows) => `INSERT INTO ropewalk.audit (workspace_id, id, at, actor, actor_kind, actor_role, operation,
      resource_type, resource_id, thread_id, request_id, result, reason, payload)
    SELECT r."workspaceId", r.id, ropewalk.now(), r.actor, r."actorKind", r."actorRole", r.operation,
      CASE WHEN t.id IS NOT NULL THEN 'thread' END, r."resourceId", t.id::text, r."requestId", r.result, NULL, r.payload
    FROM ${rows} LEFT JOIN ropewalk.threads t
      ON t.id = r."resourceId"::uuid AND t.workspace_id IS NOT DISTINCT FROM r."workspaceId"`,
)

const APPEND_FOREIGN = makeRowsSql(
  'append_foreign_refusals',
  { workspaceId: 'text', id: 'uuid', ...WHO, idList: 'text' },
  (rows) => `SELECT ropewalk.audit_foreign(r."workspaceId", r.id, string_to_array(r."idList", ',')::uuid[],
      r.actor, r."actorKind", r."actorRole", r.operation, r."requestId", r.result) FROM ${rows}`,
)

/**
 * Adds lines to the audit, in one transaction of its own. Nothing says whether any id was found elsewhere.
 * Repeating it adds none again: CONFLICT.
 */
export const appendRefusals = async (store: Store, refusals: readonly Refusal[]): Promise<void> => {
  const toRow = (of: Refusal) => ({
    workspaceId: of.workspaceId,
    of,
    and: { resourceId: of.ids[0] ?? null, payload: { ids: of.ids }, idList: of.ids.join(',') },
  })
  const foreign = refusals.filter(({ mayBeForeign }) => mayBeForeign)
  const own = refusals.filter(({ mayBeForeign }) => !mayBeForeign)
  const statements: Statement[] = []
  if (own.length > 0) statements.push(overRows(APPEND, own.map(toRow)))
  if (foreign.length > 0) statements.push(overRows(APPEND_FOREIGN, foreign.map(toRow)))
  if (statements.length === 0) return
  await runWrite(store, [...new Set(refusals.map(({ workspaceId }) => workspaceId))], statements)
}
