import type { Readiness } from '@ropewalk/core/contract/api/readiness'
import { RopewalkError } from '@ropewalk/core/errors'
import type { RunId, WorkspaceId } from '@ropewalk/core/ids'
import { getReadiness } from '@ropewalk/core/run/gate/get-readiness'
import { runRead } from '../../store/open.ts'
import type { Store } from '../../store/open.ts'
import type { PlanCache } from '../plan-cache.ts'
import { readRun } from './read-run.ts'

const readNow = async (store: Store, workspaceId: WorkspaceId): Promise<string> => {
  const [rows = []] = await runRead(store, workspaceId, [
    { name: 'read_now', text: 'SELECT ropewalk.now() AS now', values: [] },
  ])
  const [row] = rows as readonly { now: string }[]
  if (row === undefined) throw new RopewalkError('INVARIANT_BROKEN', 'The database did not tell the time.')
  return row.now
}

/**
 * How near the gates of a run are to passing, in the plan's order; of one phase alone where `phase` is given.
 * Throws NOT_FOUND.
 */
export const readReadiness = async (
  store: Store,
  plans: PlanCache,
  of: { readonly workspaceId: WorkspaceId; readonly runId: RunId; readonly phase?: string | undefined },
): Promise<readonly Readiness[]> => {
  const { plan, phases } = await readRun(store, plans, of)
  const facts = {
    plan,
    phases: new Map(phases.map((phase) => [phase.phase, phase])),
    now: await readNow(store, of.workspaceId),
  }
  const names = plan.phases.map(({ phase }) => phase)
  const found = names
    .filter((name) => of.phase === undefined || name === of.phase)
    .flatMap((name) => getReadiness(facts, name) ?? [])
  if (found.length > 0) return found
  throw new RopewalkError('NOT_FOUND', `The run has no such phase; it has ${names.join(', ')}.`)
}
