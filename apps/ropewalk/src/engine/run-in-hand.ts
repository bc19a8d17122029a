import { GENESIS } from '@ropewalk/core/ledger/entry'
import type { Run, RunState } from '@ropewalk/core/run/state'
import type { RunId, WorkspaceId } from '@ropewalk/core/ids'
import { makeEmptyRunState } from '@ropewalk/core/run/state'
import { EVENT_FORMAT } from './upgrade-event.ts'

/** The run's row: its entity, and the end of its chain. */
export type RunRow = Run & {
  readonly version: number
  readonly headHash: string
  readonly headAt: string
  readonly eventFormat: number
}

/** A locked run while its commands are decided: `stored` is what the database has, `state` what it will have. */
export type RunInHand = {
  readonly workspaceId: WorkspaceId
  readonly runId: RunId
  readonly isNew: boolean
  readonly stored: RunState
  /** The head of the history when the run was locked. */
  readonly firstHead: string
  readonly eventFormat: number
  state: RunState
  version: number
  headHash: string
  headAt: string
}

export const makeNewRun = (workspaceId: WorkspaceId, runId: RunId): RunInHand => {
  const empty = makeEmptyRunState(undefined)
  return {
    workspaceId,
    runId,
    isNew: true,
    stored: empty,
    firstHead: GENESIS,
    state: empty,
    version: 0,
    headHash: GENESIS,
    headAt: '',
    eventFormat: EVENT_FORMAT,
  }
}

export const makeLoadedRun = (row: RunRow, children: Omit<RunState, 'run'>): RunInHand => {
  const state = { ...children, run: row }
  return {
    workspaceId: row.workspaceId,
    runId: row.id,
    isNew: false,
    stored: state,
    firstHead: row.headHash,
    state,
    version: row.version,
    headHash: row.headHash,
    headAt: row.headAt,
    eventFormat: row.eventFormat,
  }
}
