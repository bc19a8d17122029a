import type { WorkspaceId } from '@ropewalk/core/ids'
import type { DataPolicy } from '@ropewalk/core/policy/policy'
import type { Log } from '../../log.ts'
import { appendUse } from '../../store/append-use.ts'
import { runRead } from '../../store/open.ts'
import type { Store } from '../../store/open.ts'
import { appendTokenKey, listTokenKeys, retireTokenKey } from '../../store/published-keys.ts'
import { makeId } from '../runs/make-id.ts'
import { startRefusalAudit } from './audit-refusals.ts'
import type { IdentityEngine } from './contract.ts'
import { listAudit } from './list-audit.ts'
import { listGrants, readGrant } from './list-grants.ts'
import { makeLiveGrants } from './live-grants.ts'
import { DEFAULT_POLICY, readPolicy } from './read-policy.ts'

/** Starts what doors ask about callers; `stop` waits until every refused call is in the audit. */
export const startIdentity = (of: {
  readonly store: Store
  readonly log: Log
  readonly policyDefaults?: DataPolicy | undefined
}): { readonly identity: IdentityEngine; readonly stop: () => Promise<void> } => {
  const { store, policyDefaults = DEFAULT_POLICY } = of
  const { auditRefusal, stop } = startRefusalAudit(of)
  const identity: IdentityEngine = {
    listGrants: (workspaceId, page) => listGrants(store, workspaceId, page),
    readGrant: (workspaceId, grantId) => readGrant(store, workspaceId, grantId),
    ...makeLiveGrants(store),
    isWorkspace: makeIsWorkspace(store),
    publishTokenKey: (key) => appendTokenKey(store, key),
    retireTokenKey: (kid) => retireTokenKey(store, kid),
    listTokenKeys: () => listTokenKeys(store),
    listAudit: (workspaceId, filter) => listAudit(store, workspaceId, filter),
    auditRefusal,
    noteUse: ({ workspaceId, by }, note) =>
      appendUse(store, { ...note, id: makeId(), workspaceId, actor: by.id, actorKind: by.kind }),
    readPolicy: (workspaceId) => readPolicy(store, workspaceId, policyDefaults),
  }
  return { identity, stop }
}

/** Workspaces never go, so one that was found is not asked for again. */
const makeIsWorkspace = (store: Store): IdentityEngine['isWorkspace'] => {
  const known = new Set<WorkspaceId>()
  return async (workspaceId) => {
    if (known.has(workspaceId)) return true
    const [rows = []] = await runRead(store, workspaceId, [
      {
        name: 'is_workspace',
        text: 'SELECT t.id FROM ropewalk.workspaces t WHERE t.workspace_id = $1',
        values: [workspaceId],
      },
    ])
    if (rows.length > 0) known.add(workspaceId)
    return rows.length > 0
  }
}
