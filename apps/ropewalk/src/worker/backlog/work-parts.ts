import type { Envelope } from '@ropewalk/core/contract/events/envelope'
import type { WorkspaceId } from '@ropewalk/core/ids'
import type { ClaimedWork, Engine } from '../../engine/contract.ts'
import type { Sandbox } from '../confine/find-sandbox.ts'
import type { HeldAttempt } from '../held-attempt.ts'
import type { WorkerLog } from '../worker-log.ts'

/** The part of the engine that does work of items. */
export type WorkEngine = Pick<
  Engine,
  | 'blobs'
  | 'claimWork'
  | 'completeWork'
  | 'failWork'
  | 'heartbeat'
  | 'needClarification'
  | 'readItem'
  | 'releaseWorker'
  | 'submit'
> & { readonly listWorkspaces: () => Promise<readonly WorkspaceId[]> }

/**
 * Where a worker hears that there is work: topic `events` of the bus. `onEvent` resolves when the event needs to
 * be heard no more; where it throws the event comes again, and the listener sees to it that this ends. An event may
 * be heard twice, late, or not at all: the worker also asks the queue by itself.
 */
export type WorkEvents = {
  listen(of: {
    readonly group: string
    readonly consumer: string
    readonly onEvent: (event: Envelope) => Promise<void>
  }): {
    /** Resolves when no `onEvent` is under way any more and none will be called. */
    stop(): Promise<void>
  }
}

/** One task of an item in this process's hands. */
export type HeldWork = HeldAttempt<ClaimedWork>

/** What all tasks of one worker share. */
export type WorkParts = {
  readonly engine: WorkEngine
  readonly worker: string
  readonly log: WorkerLog
  /** Folders that no program under test may see. */
  readonly protectedDirs: readonly string[]
  /** Whether programs may be tested without a sandbox where there is none; the evidence then says so. */
  readonly mayRunUnconfined: boolean
  /** For tests of what happens without one; found out by running it otherwise. */
  readonly findSandbox?: (() => Promise<Sandbox>) | undefined
}
