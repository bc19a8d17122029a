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
  readonly log: Log
}): Promise<() => Promise<void>> => {
  await of.boss.schedule(SWEEP_QUEUE, '17 * * * *')
  await of.boss.work(SWEEP_QUEUE, { pollingIntervalSeconds: 30 }, async () => {
    const swept = await sweepStore(of.store, await of.listWorkspaces())
    of.log.debug(swept, 'swept what nobody needs')
  })
  return () => of.boss.offWork(SWEEP_QUEUE, { wait: true })
}
