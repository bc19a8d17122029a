import type { RunId, TaskId, WorkspaceId } from '@ropewalk/core/ids'
import { runWrite } from './open.ts'
import type { Store } from './open.ts'

/** An attempt whose lease (`lost`) or start-to-close clock (`timed_out`) has run out. */
export type OverdueAttempt = {
  readonly workspaceId: WorkspaceId
  readonly runId: RunId
  readonly taskId: TaskId
  readonly attempt: number
  readonly worker: string
  readonly claimedAt: string | null
  readonly outcome: 'lost' | 'timed_out'
}

const select = (column: 'lease_until' | 'timeout_at', outcome: OverdueAttempt['outcome']): string =>
  `(SELECT t.workspace_id AS "workspaceId", t.run_id AS "runId", t.id AS "taskId", t.attempt,
     t.claimed_by AS worker, t.claimed_at AS "claimedAt", '${outcome}' AS outcome
   FROM ropewalk.tasks t WHERE t.status = 'running' AND t.${column} <= (SELECT ropewalk.now())
   ORDER BY t.${column} LIMIT 500)`

/** Up to 500 of each kind, longest overdue first; an attempt may be overdue both ways and is then listed twice. */
export const listOverdueAttempts = async (
  store: Store,
  workspaceIds: readonly WorkspaceId[],
): Promise<readonly OverdueAttempt[]> => {
  const text = `${select('timeout_at', 'timed_out')} UNION ALL ${select('lease_until', 'lost')}`
  const [rows = []] = await runWrite(store, workspaceIds, [{ name: 'list_overdue', text }])
  return rows as readonly OverdueAttempt[]
}
