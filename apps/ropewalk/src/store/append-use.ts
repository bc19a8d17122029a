import type { WorkspaceId } from '@ropewalk/core/ids'
import { runWrite } from './open.ts'
import type { Store } from './open.ts'
import { makeRowsSql, overRows } from './table-sql.ts'

/** A use that changed something outside the ledger, as the audit has it. */
export type Use = {
  readonly id: string
  readonly workspaceId: WorkspaceId
  readonly actor: string
  readonly actorKind: string
  readonly actorRole: string
  readonly operation: string
  readonly resourceType: string | null
  readonly resourceId: string | null
  readonly threadId: string | null
  readonly requestId: string
  readonly reason: string | null
}

const APPEND = makeRowsSql(
  'append_uses',
  {
    workspaceId: 'text',
    id: 'uuid',
    actor: 'text',
    actorKind: 'text',
    actorRole: 'text',
    operation: 'text',
    resourceType: 'text',
    resourceId: 'text',
    threadId: 'uuid',
    requestId: 'text',
    reason: 'text',
    payload: 'json',
  },
  (rows) => `INSERT INTO ropewalk.audit (workspace_id, id, at, actor, actor_kind, actor_role, operation,
      resource_type, resource_id, thread_id, request_id, result, reason, payload)
    SELECT r."workspaceId", r.id, ropewalk.now(), r.actor, r."actorKind", r."actorRole", r.operation,
      r."resourceType", r."resourceId", r."threadId", r."requestId", 'ok', r.reason, r.payload FROM ${rows}`,
)

/** Adds one line to the audit, in a transaction of its own. Repeating it adds none again: CONFLICT. */
export const appendUse = async (store: Store, use: Use): Promise<void> => {
  const { workspaceId } = use
  await runWrite(store, [workspaceId], [overRows(APPEND, [{ workspaceId, of: use, and: { payload: {} } }])])
}
