import type { RunCommand } from '@ropewalk/core/run/commands'
import { isTerminalTask } from '@ropewalk/core/run/state'
import type { Phase, RunState, Task } from '@ropewalk/core/run/state'
import type { ClaimedTask } from '../store/claim-tasks.ts'

/**
 * What this process last wrote of runs, so that the next command on one need not read it again. Phases
 * change only under the lock of their run and never without an event, so the head of the history names
 * them: a head that another process moved on finds nothing here. Tasks change by claims as well, so only a
 * task whose running attempt was claimed through this process, or was running when it was last seen, is known.
 */
export type RunCache = {
  readonly findPhases: (headHash: string) => ReadonlyMap<string, Phase> | undefined
  /** The task that a result is for, where all of it is known: nobody else can have changed it. */
  readonly findTask: (headHash: string, command: RunCommand) => Task | undefined
  /** What a commit left under a new head, and the head before it, which nothing can ask for again. */
  readonly replace: (oldHead: string, newHead: string, state: RunState) => void
  readonly noteClaims: (claimed: readonly ClaimedTask[], worker: string) => void
}

type Known = { readonly phases: ReadonlyMap<string, Phase>; readonly tasks: ReadonlyMap<string, Task> }
type Claim = Pick<Task, 'attempt' | 'claimedBy' | 'claimedAt' | 'leaseUntil' | 'heartbeatAt'>

/** About 20 KB each at the most; the runs that commands come for at any one time are far fewer. */
const MAX_RUNS = 5000
const MAX_CLAIMS = 20_000

const dropOldest = (map: Map<string, unknown>, max: number): void => {
  const oldest = map.size > max ? map.keys().next().value : undefined
  if (oldest !== undefined) map.delete(oldest)
}

const NO_TASKS: ReadonlyMap<string, Task> = new Map()

/** Open tasks as they were known before, and as the command left them. */
const mergeTasks = (
  before: ReadonlyMap<string, Task>,
  now: ReadonlyMap<string, Task>,
): ReadonlyMap<string, Task> => {
  const open = new Map(before)
  for (const [id, task] of now) {
    if (isTerminalTask(task.status)) open.delete(id)
    else open.set(id, task)
  }
  return open
}

export const makeRunCache = (): RunCache => {
  const byHead = new Map<string, Known>()
  const claims = new Map<string, Claim>()
  return {
    findPhases: (headHash) => byHead.get(headHash)?.phases,
    findTask: (headHash, command) => {
      // Other commands write back columns that heartbeats change meanwhile, or look at other tasks too.
      if (command.type !== 'CompleteTask' || command.reports.length > 0) return undefined
      const task = byHead.get(headHash)?.tasks.get(command.taskId)
      // Nothing ends an attempt without an event, and what heartbeats changed is of no use to a result.
      if (task?.status === 'running' && task.attempt === command.attempt) return task
      const claim = claims.get(command.taskId)
      if (task?.status !== 'ready' || claim?.attempt !== command.attempt) return undefined
      if (task.attempt + 1 !== claim.attempt) return undefined
      return { ...task, ...claim, status: 'running' }
    },
    replace: (oldHead, newHead, state) => {
      const before = byHead.get(oldHead)?.tasks ?? NO_TASKS
      byHead.delete(oldHead)
      byHead.set(newHead, { phases: state.phases, tasks: mergeTasks(before, state.tasks) })
      dropOldest(byHead, MAX_RUNS)
      for (const { id, status } of state.tasks.values()) if (isTerminalTask(status)) claims.delete(id)
    },
    noteClaims: (claimed, claimedBy) => {
      for (const { taskId, attempt, claimedAt, leaseUntil } of claimed) {
        claims.set(taskId, { attempt, claimedBy, claimedAt, leaseUntil, heartbeatAt: claimedAt })
        dropOldest(claims, MAX_CLAIMS)
      }
    },
  }
}
