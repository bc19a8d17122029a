import type { WorkspaceId } from '@ropewalk/core/ids'
import { runRead } from '../../store/open.ts'
import type { Store } from '../../store/open.ts'
import type { Page } from '../contract.ts'
import { checkLimit, makePage, parseCursor } from '../views/cursor.ts'
import type { AuditEntry, AuditFilter } from './contract.ts'
import { BEFORE, IDENTITY } from './identity-sql.ts'

/** Columns by the filters on them, in the order in which a statement's name lists them. */
const COLUMNS = {
  actor: 'actor',
  operation: 'operation',
  threadId: 'thread_id',
  result: 'result',
} as const satisfies Record<Exclude<keyof AuditFilter, 'limit' | 'cursor'>, string>

// Object.keys cannot know that these are all the names there are.
const FILTERS = Object.keys(COLUMNS) as (keyof typeof COLUMNS)[]

/** Lines of the audit, newest first. Throws INVALID_ARGUMENT. */
export const listAudit = async (
  store: Store,
  workspaceId: WorkspaceId,
  filter: AuditFilter,
): Promise<Page<AuditEntry>> => {
  const limit = checkLimit(filter)
  const [at, id] = parseCursor(filter.cursor) ?? [null, null]
  const used = FILTERS.filter((name) => filter[name] !== undefined)
  const conditions = used.map((name, index) => `AND t.${COLUMNS[name]} = $${index + 5}`).join(' ')
  // Lines of a thread are found by the thread; see the first migration on conditions that no index serves.
  const inWorkspace = used.includes('threadId') ? 'IS NOT DISTINCT FROM' : '='
  const [rows = []] = await runRead(store, workspaceId, [
    {
      name: ['list_audit', ...used].join('_'),
      text: `SELECT ${IDENTITY.audit} FROM ropewalk.audit t
        WHERE t.workspace_id ${inWorkspace} $1 AND ${BEFORE('at', 2)} ${conditions}
        ORDER BY t.at DESC, t.id DESC LIMIT $4`,
      values: [workspaceId, at, id, limit + 1, ...used.map((name) => filter[name])],
    },
  ])
  return makePage(rows as readonly AuditEntry[], limit, (entry) => [entry.at, entry.id])
}
