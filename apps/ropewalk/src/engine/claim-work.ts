import { ERRORS, RopewalkError } from '@ropewalk/core/errors'
import type { WorkspaceId } from '@ropewalk/core/ids'
import type { Log } from '../log.ts'
import { makeClaimWork as makeClaim } from '../store/claim-tasks.ts'
import type { ClaimWorkRequest, ClaimedWork } from '../store/claim-tasks.ts'
import type { Store } from '../store/open.ts'
import { registerWorkers } from '../store/workers.ts'
import type { Engine } from './contract.ts'

/** Whether asking again could not go better: the project is paused, the item cancelled, the attempt another's. */
const isRefused = (error: unknown): boolean =>
  error instanceof RopewalkError && !ERRORS[error.code].retryable && ERRORS[error.code].status < 500

/**
 * What takes tasks of items for a worker and starts them, and notes that the worker is there. What may not be
 * started is not given: its lease runs out. Throws STORE_UNAVAILABLE.
 */
export const makeClaimWork = (of: {
  readonly store: Store
  readonly listWorkspaces: () => Promise<readonly WorkspaceId[]>
  readonly submit: Engine['submit']
  readonly log: Log
}): Engine['claimWork'] => {
  const { store, listWorkspaces, submit, log } = of
  const claim = makeClaim(store, listWorkspaces)

  const register = async ({ workspaceId, worker, capabilities }: ClaimWorkRequest): Promise<void> => {
    const workspaceIds = workspaceId === undefined ? await listWorkspaces() : [workspaceId]
    await registerWorkers(
      store,
      workspaceIds.map((id) => ({ workspaceId: id, worker, capabilities })),
    )
  }

  const start = async (work: ClaimedWork, worker: string): Promise<ClaimedWork | undefined> => {
    const { workspaceId, projectId, taskId, attempt } = work
    const on = { workspaceId, projectId, taskId, attempt }
    try {
      await submit({ type: 'StartWork', ...on, worker, leaseMs: null }, { by: { kind: 'agent', id: worker } })
      return work
    } catch (error) {
      if (isRefused(error)) return undefined
      // Not told yet, and no harm: the command with the result tells the start first.
      log.warn({ err: error, taskId }, 'the start of work could not be told yet')
      return work
    }
  }

  return async (request) => {
    await register(request)
    const claimed = await claim(request)
    const started = await Promise.all(claimed.map((work) => start(work, request.worker)))
    return started.filter((work) => work !== undefined)
  }
}
