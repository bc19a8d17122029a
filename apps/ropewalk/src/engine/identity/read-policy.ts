import type { WorkspaceId } from '@ropewalk/core/ids'
import { makePolicyId } from '@ropewalk/core/policy/policy'
import type { DataPolicy } from '@ropewalk/core/policy/policy'
import { runRead } from '../../store/open.ts'
import type { Store } from '../../store/open.ts'
import { IDENTITY } from './identity-sql.ts'

/** Where neither the workspace nor the settings say anything: kept for ever, as it was written. */
export const DEFAULT_POLICY: DataPolicy = { retention: { mode: 'permanent' }, redaction: false }

/** The data policy of a workspace; `defaults` where it has none of its own. */
export const readPolicy = async (
  store: Store,
  workspaceId: WorkspaceId,
  defaults: DataPolicy,
): Promise<DataPolicy> => {
  const [rows = []] = await runRead(store, workspaceId, [
    {
      name: 'read_policy',
      text: `SELECT ${IDENTITY.policies} FROM ropewalk.policies t
        WHERE t.workspace_id IS NOT DISTINCT FROM $1 AND t.id = $2`,
      values: [workspaceId, makePolicyId(workspaceId)],
    },
  ])
  const [{ retention, redaction } = defaults] = rows as readonly DataPolicy[]
  return { retention, redaction }
}
