import { RopewalkError } from '@ropewalk/core/errors'
import type { GrantId, WorkspaceId } from '@ropewalk/core/ids'
import type { Grant } from '@ropewalk/core/token/token'
import { runRead } from '../../store/open.ts'
import type { Store } from '../../store/open.ts'
import type { Page, PageRequest } from '../contract.ts'
import { checkLimit, makePage, parseCursor } from '../views/cursor.ts'
import { BEFORE, IDENTITY } from './identity-sql.ts'

/** Grants, and tokens of other issuers that were revoked, newest first. Throws INVALID_ARGUMENT. */
export const listGrants = async (
  store: Store,
  workspaceId: WorkspaceId,
  page: PageRequest,
): Promise<Page<Grant>> => {
  const limit = checkLimit(page)
  const [createdAt, id] = parseCursor(page.cursor) ?? [null, null]
  const [rows = []] = await runRead(store, workspaceId, [
    {
      name: 'list_grants',
      text: `SELECT ${IDENTITY.grants} FROM ropewalk.grants t
        WHERE t.workspace_id = $1 AND ${BEFORE('created_at', 2)}
        ORDER BY t.created_at DESC, t.id DESC LIMIT $4`,
      values: [workspaceId, createdAt, id, limit + 1],
    },
  ])
  return makePage(rows as readonly Grant[], limit, (grant) => [grant.createdAt, grant.id])
}

/** Throws NOT_FOUND. */
export const readGrant = async (store: Store, workspaceId: WorkspaceId, grantId: GrantId): Promise<Grant> => {
  const [rows = []] = await runRead(store, workspaceId, [
    {
      name: 'read_grant',
      text: `SELECT ${IDENTITY.grants} FROM ropewalk.grants t
        WHERE t.workspace_id IS NOT DISTINCT FROM $1 AND t.id = $2`,
      values: [workspaceId, grantId],
    },
  ])
  const [grant] = rows as readonly Grant[]
  if (grant !== undefined) return grant
  throw new RopewalkError('NOT_FOUND', 'There is no such grant.', { details: { grantId } })
}
