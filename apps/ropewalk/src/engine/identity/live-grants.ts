import type { GrantId, WorkspaceId } from '@ropewalk/core/ids'
import { makeForeignGrantId } from '@ropewalk/core/token/token'
import { makeCoalescer } from '../../store/coalesce.ts'
import { runRead } from '../../store/open.ts'
import type { Store } from '../../store/open.ts'
import type { IdentityEngine } from './contract.ts'

type Asked = { readonly workspaceId: WorkspaceId; readonly grantId: GrantId }
type Standing = { readonly id: string; readonly isRevoked: boolean; readonly isLive: boolean }

const STANDING = `SELECT t.id, t.revoked_at IS NOT NULL AS "isRevoked",
    t.revoked_at IS NULL AND t.jti IS NULL AND t.expires_at > (SELECT ropewalk.now()) AS "isLive"
  FROM ropewalk.grants t WHERE t.workspace_id IS NOT DISTINCT FROM $1 AND t.id = ANY ($2::uuid[])`

const readStandings = async (
  store: Store,
  workspaceId: WorkspaceId,
  asked: readonly Asked[],
): Promise<readonly (readonly [string, Standing])[]> => {
  const ids = [...new Set(asked.map(({ grantId }) => grantId))]
  const [rows = []] = await runRead(store, workspaceId, [
    { name: 'standing_of_grants', text: STANDING, values: [workspaceId, ids] },
  ])
  return (rows as readonly Standing[]).map((row) => [`${workspaceId}/${row.id}`, row])
}

/**
 * What asks whether tokens still hold. Those who ask while a query is under way share the next one, so that
 * an answer is never older than its question; each workspace has a query of its own.
 */
export const makeLiveGrants = (store: Store): Pick<IdentityEngine, 'isGrantLive' | 'isForeignTokenLive'> => {
  const findStanding = makeCoalescer<Asked, Standing | undefined>({
    maxItems: 1000,
    run: async (asked) => {
      const byWorkspace = Map.groupBy(asked, ({ workspaceId }) => workspaceId)
      const read = [...byWorkspace].map(([workspaceId, own]) => readStandings(store, workspaceId, own))
      const standings = new Map((await Promise.all(read)).flat())
      return asked.map(({ workspaceId, grantId }) => standings.get(`${workspaceId}/${grantId}`))
    },
  })
  return {
    isGrantLive: async (workspaceId, grantId) =>
      (await findStanding({ workspaceId, grantId }))?.isLive === true,
    isForeignTokenLive: async (workspaceId, issuer, jti) => {
      const grantId = makeForeignGrantId(workspaceId, issuer, jti)
      return (await findStanding({ workspaceId, grantId }))?.isRevoked !== true
    },
  }
}
