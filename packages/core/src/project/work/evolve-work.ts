import { NO_USAGE } from '../../contract/budget.ts'
import { RunId } from '../../ids.ts'
import { withEntry } from '../../layered-map.ts'
import { type AttemptOutcome, getAttemptKey, isTerminalTask } from '../../run/state.ts'
import { type Evolvers } from '../evolver.ts'
import type { ProjectEventOf } from '../events.ts'
import { moveTo, patchItem } from '../items/put-item.ts'
import { expectItem, expectProject, expectWork, patchWork } from '../patch.ts'
import type { Deliverable, ProjectState, WorkTask } from '../state.ts'
import { makeOrder } from './make-order.ts'

const UNCLAIMED = { claimedBy: null, claimedAt: null, leaseUntil: null, heartbeatAt: null } as const

/** A task of a project that stands still is on the queue for nobody. */
const getQueued = (state: ProjectState): 'ready' | 'parked' =>
  expectProject(state).status === 'paused' ? 'parked' : 'ready'

type AttemptEnd =
  | ProjectEventOf<'WORK.ITEM_COMPLETED'>['data']
  | ProjectEventOf<'WORK.BATCH_COMPLETED'>['data']
  | ProjectEventOf<'WORK.ATTEMPT_ENDED'>['data']

const keepAttempt = (
  state: ProjectState,
  data: AttemptEnd,
  end: {
    readonly outcome: AttemptOutcome
    readonly errorClass: string | null
    readonly message: string | null
    readonly at: string
  },
): ProjectState => {
  const attempt = {
    taskId: data.taskId,
    // The stream that owns the task: a project here.
    runId: RunId.parse(expectProject(state).id),
    number: data.attempt,
    outcome: end.outcome,
    worker: data.worker,
    tool: 'tool' in data ? data.tool : expectWork(state, data.taskId).capability,
    toolVersion: 'toolVersion' in data ? data.toolVersion : 'unknown',
    errorClass: end.errorClass,
    message: end.message,
    usage: NO_USAGE,
    claimedAt: data.claimedAt,
    endedAt: end.at,
  }
  return { ...state, attempts: withEntry(state.attempts, getAttemptKey(data.taskId, data.attempt), attempt) }
}

/** A task whose result has come in. */
const completeTask = (
  state: ProjectState,
  data: ProjectEventOf<'WORK.ITEM_COMPLETED'>['data'] | ProjectEventOf<'WORK.BATCH_COMPLETED'>['data'],
  at: string,
): ProjectState =>
  patchWork(
    keepAttempt(state, data, { outcome: 'completed', errorClass: null, message: null, at }),
    data.taskId,
    {
      ...UNCLAIMED,
      status: 'completed',
      attempt: data.attempt,
      endedAt: at,
    },
  )

/** What an item handed in before counts no longer, as far as it was loaded. */
export const supersede = (
  state: ProjectState,
  itemId: string,
  counts: (of: Deliverable) => boolean = () => true,
): ProjectState => {
  let after = state
  for (const of of state.deliverables.values())
    if (of.itemId === itemId && of.status !== 'superseded' && counts(of))
      after = {
        ...after,
        deliverables: withEntry(after.deliverables, of.id, { ...of, status: 'superseded' }),
      }
  return after
}

/** Ends the tasks of an item's round, as far as they were loaded and are open. */
const cancelTasks = (state: ProjectState, itemId: string, at: string): ProjectState => {
  let after = state
  for (const task of state.tasks.values())
    if (task.itemId === itemId && !isTerminalTask(task.status))
      after = patchWork(after, task.id, { ...UNCLAIMED, status: 'cancelled', endedAt: at })
  return after
}

const makeTask = (
  state: ProjectState,
  data: ProjectEventOf<'WORK.ITEM_DISPATCHED'>['data'],
  at: string,
): WorkTask => ({
  id: data.taskId,
  projectId: expectProject(state).id,
  itemId: data.itemId,
  capability: data.agentTarget,
  status: getQueued(state),
  spec: makeOrder(state, data),
  round: data.round,
  batch: data.batch,
  failures: {},
  dueAt: data.dueAt,
  failureMessage: null,
  createdAt: at,
  endedAt: null,
  attempt: 0,
  ...UNCLAIMED,
})

/** Work: given out, begun, handed in, reviewed. */
export const workEvolvers: Evolvers<
  | 'WORK.ITEM_DISPATCHED'
  | 'WORK.ITEM_STARTED'
  | 'WORK.BATCH_COMPLETED'
  | 'WORK.ITEM_COMPLETED'
  | 'WORK.ATTEMPT_ENDED'
  | 'WORK.ITEM_RELEASED'
  | 'WORK.ITEM_FAILED'
  | 'WORK.ITEM_RETRIED'
  | 'WORK.ITEM_REVIEWED'
  | 'DELIVERABLE.PUBLISHED'
> = {
  'WORK.ITEM_DISPATCHED': (state, data, at) => {
    const { itemId, taskId, dueAt, round, batches } = data
    if (state.tasks.has(taskId)) return patchWork(state, taskId, { status: getQueued(state), dueAt })
    const task = makeTask(state, data, at)
    const made = { ...state, tasks: withEntry(state.tasks, taskId, task) }
    return data.batch === 1 ? patchItem(made, itemId, { round, batches, batchesDone: 0 }, at) : made
  },
  'WORK.ITEM_STARTED': (state, { itemId, taskId, attempt, worker, claimedAt, leaseUntil }, at) => {
    const lease = leaseUntil === null ? {} : { leaseUntil, heartbeatAt: at }
    const claim = { status: 'running', attempt, claimedBy: worker, claimedAt, ...lease } as const
    const claimed = patchWork(state, taskId, claim)
    return expectItem(claimed, itemId).status === 'in_progress'
      ? claimed
      : moveTo(claimed, itemId, { to: 'in_progress', at })
  },
  'WORK.BATCH_COMPLETED': (state, data, at) => {
    const { batchesDone } = expectItem(state, data.itemId)
    return patchItem(completeTask(state, data, at), data.itemId, { batchesDone: batchesDone + 1 }, at)
  },
  'WORK.ITEM_COMPLETED': (state, data, at) => {
    const { batchesDone } = expectItem(state, data.itemId)
    const handedIn = completeTask(state, data, at)
    return moveTo(handedIn, data.itemId, { to: 'in_review', at, batchesDone: batchesDone + 1 })
  },
  'WORK.ATTEMPT_ENDED': (state, data, at) => {
    const { taskId, attempt, outcome, category, message } = data
    const kept = keepAttempt(state, data, {
      outcome: outcome === 'clarification' ? 'cancelled' : outcome,
      errorClass: outcome === 'clarification' ? outcome : category,
      message,
      at,
    })
    const { failures } = expectWork(state, taskId)
    const counted =
      outcome === 'cancelled' || outcome === 'clarification'
        ? failures
        : { ...failures, [outcome]: (failures[outcome] ?? 0) + 1 }
    return patchWork(kept, taskId, {
      ...UNCLAIMED,
      status: getQueued(state),
      attempt,
      failures: counted,
      failureMessage: message,
    })
  },
  'WORK.ITEM_RELEASED': (state, { itemId, tasks }, at) => {
    const { status } = expectItem(state, itemId)
    const letGo =
      tasks === 'kept'
        ? state
        : supersede(cancelTasks(state, itemId, at), itemId, (of) => of.status === 'partial')
    const patch = tasks === 'kept' ? {} : { batches: 0, batchesDone: 0 }
    return status === 'in_progress'
      ? moveTo(letGo, itemId, { to: 'ready', at, ...patch })
      : patchItem(letGo, itemId, patch, at)
  },
  'WORK.ITEM_FAILED': (state, { itemId, reason, category }, at) =>
    moveTo(cancelTasks(state, itemId, at), itemId, {
      to: 'failed',
      at,
      batches: 0,
      batchesDone: 0,
      failureCategory: category,
      failureMessage: reason,
    }),
  'WORK.ITEM_RETRIED': (state, { itemId }, at) =>
    moveTo(state, itemId, {
      to: 'ready',
      at,
      failures: 0,
      failureCategory: null,
      failureMessage: null,
    }),
  'WORK.ITEM_REVIEWED': (state, { itemId, to, result, notes, checks }, at) => {
    const failed = checks.filter(({ outcome }) => outcome === 'fail')
    const reasons = [...(notes === '' ? [] : [notes]), ...failed.flatMap((check) => check.reasons)]
    return applyReview(state, { itemId, to, approved: result === 'approved', reasons, at })
  },
  'DELIVERABLE.PUBLISHED': (state, data, at) => {
    const { itemId, taskId, deliverableId, round, batch, agent, status } = data
    const made: Deliverable = {
      ...data.deliverable,
      id: deliverableId,
      projectId: expectProject(state).id,
      itemId,
      taskId,
      round,
      batch,
      agent,
      status,
      createdAt: at,
    }
    const before =
      status === 'current'
        ? supersede(state, itemId, (of) => of.status === 'current' && of.name === made.name)
        : state
    return { ...before, deliverables: withEntry(before.deliverables, made.id, made) }
  },
}

/** What a word on an item's result makes of it. Who does an item without a capability says all of it at once. */
export const applyReview = (
  state: ProjectState,
  of: {
    readonly itemId: string
    readonly to: 'done' | 'in_review' | 'in_progress'
    readonly approved: boolean
    readonly reasons: readonly string[]
    readonly at: string
  },
): ProjectState => {
  const { itemId, to, approved, at } = of
  const item = expectItem(state, itemId)
  if (item.status === 'done') return state
  if (approved) {
    if (to === 'in_progress') return state
    let after = state
    if (item.status === 'ready') after = moveTo(after, itemId, { to: 'in_progress', at })
    if (expectItem(after, itemId).status === 'in_progress')
      after = moveTo(after, itemId, { to: 'in_review', at })
    return to === 'in_review'
      ? after
      : moveTo(after, itemId, { to: 'done', at, batches: 0, batchesDone: 0, reasons: [] })
  }
  const judged = patchItem(
    supersede(state, itemId),
    itemId,
    { failures: item.failures + 1, reasons: of.reasons.slice(0, 20), batches: 0, batchesDone: 0 },
    at,
  )
  return to === 'in_progress' ? moveTo(judged, itemId, { to, at }) : judged
}
