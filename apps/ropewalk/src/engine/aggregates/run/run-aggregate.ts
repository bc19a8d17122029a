import { refuse } from '@ropewalk/core/decision'
import type { Decision } from '@ropewalk/core/decision'
import type { RunCommand } from '@ropewalk/core/run/commands'
import { decide } from '@ropewalk/core/run/decide'
import { RunEvent } from '@ropewalk/core/run/events'
import { makeEmptyRunState } from '@ropewalk/core/run/state'
import type { RunState } from '@ropewalk/core/run/state'
import { evolveWorkspace } from '@ropewalk/core/workspace/evolve'
import type { Aggregate, Change, DecideContext } from '../../aggregate.ts'
import { handOverTask } from './hand-over.ts'
import type { PlanCache } from '../../plan-cache.ts'
import { LIST_RUNS, lockRuns, prepareRuns } from './load-run.ts'
import type { RunCaches, RunRow } from './load-run.ts'
import { addRunRows, addRunSideRows } from './run-rows.ts'

/** Commands that change the workspace as well as the run. */
const LOCKS_WORKSPACE: readonly RunCommand['type'][] = ['StartRun', 'TopUpRun', 'RecordDossier', 'CloseRun']

/** Runs, as the writer knows them. */
export const makeRunAggregate = (caches: RunCaches): Aggregate<RunCommand, RunState, RunEvent, RunRow> => ({
  kind: 'run',
  idField: 'runId',
  isFor: (command): command is RunCommand => 'runId' in command,
  getId: (command) => command.runId,
  locksWorkspace: (command) => LOCKS_WORKSPACE.includes(command.type),
  lock: lockRuns,
  list: LIST_RUNS,
  prepareLoad: (of) => prepareRuns(of, caches),
  makeEmpty: () => makeEmptyRunState(undefined),
  decide: (state, command, context) => decideRun(state, command, context, caches.plans),
  handOver: handOverTask,
  evolveWorkspace,
  contract: RunEvent,
  addSideRows: (rows, decided) => addRunSideRows(rows, decided, caches.plans),
  addRows: addRunRows,
  getHint: ({ stored, state }) => ({
    tasksReady: state.tasks
      .values()
      .some((task) => task.status === 'ready' && stored.tasks.get(task.id) !== task),
    itemsReady: false,
  }),
  remember: (change) => rememberRun(change, caches),
})

const decideRun = (
  state: RunState,
  command: RunCommand,
  { stamp, workspace, now, onlyIfOverdue }: DecideContext,
  plans: PlanCache,
): Decision<RunEvent, RunState> => {
  if (onlyIfOverdue && command.type === 'LoseAttempt' && command.outcome === 'lost') {
    // A heartbeat may have come between the look at the leases and the lock on the task.
    const leaseUntil = state.tasks.get(command.taskId)?.leaseUntil ?? null
    if (leaseUntil !== null && leaseUntil > now)
      return refuse('CONFLICT', 'The lease was renewed in the meantime.', { leaseUntil })
  }
  return decide(withPlan(state, command, plans), workspace, command, stamp)
}

const withPlan = (state: RunState, command: RunCommand, plans: PlanCache): RunState => {
  if (command.type !== 'StartRun' || state.plan !== undefined) return state
  return { ...state, plan: plans.verify(command.planHash, command.plan) }
}

const rememberRun = (change: Change<RunState>, { plans, runs }: RunCaches): void => {
  const { workspaceId, isNew, firstHead, headHash, state } = change
  if (isNew && state.run !== undefined) plans.markStored(workspaceId, state.run.planHash)
  runs.replace(firstHead, headHash, state)
}
