import { refuse } from '@ropewalk/core/decision'
import type { Decision } from '@ropewalk/core/decision'
import type { ProjectCommand } from '@ropewalk/core/project/commands'
import { decideProject } from '@ropewalk/core/project/decide'
import { ProjectEvent } from '@ropewalk/core/project/events'
import { makeEmptyProjectState } from '@ropewalk/core/project/state'
import type { ProjectState } from '@ropewalk/core/project/state'
import type { Aggregate, Change, DecideContext, ReadyHint } from '../../aggregate.ts'
import { LIST_PROJECTS, lockProjects, prepareProjects } from './load-project.ts'
import type { ProjectRow } from './load-project.ts'
import { addProjectRows, addProjectSideRows } from './project-rows.ts'

/** Projects, as the writer knows them. Nothing of them is remembered between batches. */
export const PROJECT_AGGREGATE: Aggregate<ProjectCommand, ProjectState, ProjectEvent, ProjectRow> = {
  kind: 'project',
  idField: 'projectId',
  isFor: (command): command is ProjectCommand => 'projectId' in command,
  getId: (command) => command.projectId,
  locksWorkspace: () => false,
  lock: lockProjects,
  list: LIST_PROJECTS,
  prepareLoad: prepareProjects,
  makeEmpty: makeEmptyProjectState,
  decide: (state, command, context) => decideWork(state, command, context),
  // What follows in a backlog is given out by capability and urgency, not to whoever is at hand.
  handOver: () => undefined,
  evolveWorkspace: (workspace) => workspace,
  contract: ProjectEvent,
  addSideRows: addProjectSideRows,
  addRows: addProjectRows,
  getHint: (change) => getProjectHint(change),
  remember: () => undefined,
}

const decideWork = (
  state: ProjectState,
  command: ProjectCommand,
  { stamp, now, onlyIfOverdue }: DecideContext,
): Decision<ProjectEvent, ProjectState> => {
  if (onlyIfOverdue && command.type === 'LoseWork' && command.outcome === 'lost') {
    // A heartbeat may have come between the look at the leases and the lock on the task.
    const leaseUntil = state.tasks.get(command.taskId)?.leaseUntil ?? null
    if (leaseUntil !== null && leaseUntil > now)
      return refuse('CONFLICT', 'The lease was renewed in the meantime.', { leaseUntil })
  }
  return decideProject(state, command, stamp)
}

const getProjectHint = ({ stored, state }: Change<ProjectState>): ReadyHint => ({
  tasksReady: state.tasks
    .values()
    .some((task) => task.status === 'ready' && stored.tasks.get(task.id) !== task),
  itemsReady:
    // A project that goes on lets all its items be given out, whichever of them were loaded.
    state.project?.status !== stored.project?.status ||
    state.items
      .values()
      .some((item) => item.status === 'ready' && item.batches === 0 && stored.items.get(item.id) !== item),
})
