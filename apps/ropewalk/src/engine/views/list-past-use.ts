import type { WorkspaceId } from '@ropewalk/core/ids'
import { runRead } from '../../store/open.ts'
import type { Store } from '../../store/open.ts'
import type { PastUse } from '../runs/estimate.ts'

/** Runs that are looked at for use of models, and how many of those that called one are read. */
const LOOKED_AT = 500
const READ = 20

/**
 * What the phases of the newest finished runs used, newest run first: of phases that passed, that this very run
 * worked on (a fork takes some over), and in which nothing was simulated.
 */
export const listPastUse = async (store: Store, workspaceId: WorkspaceId): Promise<readonly PastUse[]> => {
  const [rows = []] = await runRead(store, workspaceId, [
    {
      name: 'list_past_use',
      text: `WITH recent AS (
          SELECT t.id, t.plan_hash, t.status, t.tokens_used, t.created_at FROM ropewalk.runs t
          WHERE t.workspace_id = $1 ORDER BY t.created_at DESC, t.id DESC LIMIT $2
        ), past AS (
          SELECT * FROM recent WHERE status IN ('succeeded', 'failed') AND tokens_used > 0
          ORDER BY created_at DESC, id DESC LIMIT $3
        ), planned AS (
          SELECT past.id, past.created_at, p.plan #>> '{models,0}' AS model, d.value #>> '{phase}' AS phase,
            d.value #> '{definition,agents}' AS agents
          FROM past JOIN ropewalk.plans p ON p.workspace_id = $1 AND p.hash = past.plan_hash
          CROSS JOIN LATERAL json_array_elements(p.plan -> 'phases') AS d
        )
        SELECT planned.phase, planned.agents, planned.model,
          (f.usage ->> 'inputTokens')::bigint AS "inputTokens", (f.usage ->> 'outputTokens')::bigint AS "outputTokens"
        FROM planned JOIN ropewalk.phases f
          ON f.run_id = planned.id AND f.phase = planned.phase AND f.workspace_id IS NOT DISTINCT FROM $1
        WHERE f.status = 'passed' AND f.started_at IS NOT NULL AND (f.usage ->> 'modelCalls')::bigint > 0
          AND NOT EXISTS (SELECT FROM json_each(f.outputs) AS o WHERE (o.value ->> 'simulated')::boolean)
        ORDER BY planned.created_at DESC, planned.id DESC, planned.phase`,
      values: [workspaceId, LOOKED_AT, READ],
    },
  ])
  return rows as readonly PastUse[]
}
