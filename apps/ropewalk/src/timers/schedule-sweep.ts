import type { WorkspaceId } from '@ropewalk/core/ids'
import type { PgBoss } from 'pg-boss'
import type { Log } from '../log.ts'
import { SWEEP_QUEUE } from '../store/job-queues.ts'
import type { Store } from '../store/open.ts'
import { sweepStore } from '../store/sweep.ts'

/** Sweeps once an hour, in one process whatever their number; gives what stops it here. */
export const scheduleSweep = async (of: {
  readonly boss: PgBoss
  readonly store: Store
  readonly listWorkspaces: () => Promise<readonly WorkspaceId[]>
  /** Erases what the data policies of the workspaces no longer want kept. */
  readonly erase: (workspaceIds: readonly WorkspaceId[]) => Promise<number>
  readonly log: Log
}): Promise<() => Promise<void>> => {
  await of.boss.schedule(SWEEP_QUEUE, '17 * * * *')
  await of.boss.work(SWEEP_QUEUE, { pollingIntervalSeconds: 30 }, async () => {
    const workspaceIds = await of.listWorkspaces()
    const swept = await sweepStore(of.store, workspaceIds)
    const messages = await of.erase(workspaceIds)
    of.log.debug({ ...swept, messages }, 'swept what nobody needs')
  })
  return () => of.boss.offWork(SWEEP_QUEUE, { wait: true })
}
