import { NO_USAGE } from '@ropewalk/core/contract/budget'
import { addMs } from '@ropewalk/core/decision'
import type { ProjectCommand } from '@ropewalk/core/project/commands'
import type { ProjectEvent } from '@ropewalk/core/project/events'
import type { ProjectState, WorkTask } from '@ropewalk/core/project/state'
import { leaveSameJson } from '../../../store/table-sql.ts'
import type { Change, Decided } from '../../aggregate.ts'
import { EVENT_FORMAT } from '../../upgrade-event.ts'
import { nameBlob, sortRows } from '../../writes.ts'
import type { Rows, Target } from '../../writes.ts'
import { ITEMS, PROJECTS, PROJECT_QUESTIONS, WORK_TASKS } from './project-sql.ts'

const sameProjectJson = leaveSameJson(PROJECTS)
const sameItemJson = leaveSameJson(ITEMS)
const sameQuestionJson = leaveSameJson(PROJECT_QUESTIONS)
const sameTaskJson = leaveSameJson(WORK_TASKS)

/** The rows of a changed project and its children. */
export const addProjectRows = (rows: Rows, change: Change<ProjectState>): void => {
  const { workspaceId, id: projectId, stored, state, version, headHash, headAt } = change
  const project = state.project ?? {}
  const and = { version, headHash, headAt, eventFormat: EVENT_FORMAT }
  if (change.isNew) rows.insertProjects.push({ workspaceId, of: project, and })
  else {
    const same = sameProjectJson(stored.project ?? {}, project)
    rows.updateProjects.push({ workspaceId, of: project, and: { ...same, ...and } })
  }
  const sort = <T extends object>(
    before: ReadonlyMap<string, T>,
    after: ReadonlyMap<string, T>,
    into: Target<T>,
  ) => sortRows(workspaceId, before, after, into)
  sort(stored.items, state.items, {
    added: rows.insertItems,
    changed: rows.updateItems,
    onChange: sameItemJson,
  })
  for (const [key, of] of state.dependencies) {
    if (!stored.dependencies.has(key)) rows.insertDependencies.push({ workspaceId, of, and: { projectId } })
  }
  for (const [key, of] of stored.dependencies) {
    if (!state.dependencies.has(key)) rows.deleteDependencies.push({ workspaceId, of })
  }
  sort(stored.tasks, state.tasks, {
    added: rows.insertWorkTasks,
    changed: rows.updateWorkTasks,
    onAdd: getQueueColumns,
    onChange: (before, after) => ({ ...sameTaskJson(before, after), ...getClaimClocks(before, after) }),
  })
  sort(stored.attempts, state.attempts, { added: rows.insertAttempts })
  sort(stored.deliverables, state.deliverables, {
    added: rows.insertDeliverables,
    changed: rows.updateDeliverables,
  })
  sort(stored.questions, state.questions, {
    added: rows.insertProjectQuestions,
    changed: rows.updateProjectQuestions,
    // Columns that a run's question fills; lists over both kinds of owner read them.
    onAdd: ({ risk }) => ({ category: 'clarification', priority: risk }),
    onChange: sameQuestionJson,
  })
}

/** Columns of the queue that mean something to runs alone. */
const getQueueColumns = ({ itemId, capability, round, batch }: WorkTask) => ({
  phase: 'backlog',
  agent: capability,
  kind: 'item',
  taskKey: `${itemId}/${round}/${batch}`,
  modelCalls: 0,
  usage: NO_USAGE,
})

/** When a claim that came as a command runs out; null, which leaves them, where no claim was made. */
const getClaimClocks = (before: WorkTask, after: WorkTask) => {
  const { attempt, claimedAt, leaseUntil, spec } = after
  if (after.status !== 'running' || before.attempt === attempt || claimedAt === null || leaseUntil === null)
    return { timeoutAt: null, overdueAt: null }
  const timeoutAt = addMs(claimedAt, spec.budget.ms)
  return { timeoutAt, overdueAt: leaseUntil < timeoutAt ? leaseUntil : timeoutAt }
}

/** The blobs that the ledger names from now on. */
export const addProjectSideRows = (rows: Rows, decided: Decided<ProjectCommand, ProjectEvent>): void => {
  for (const digest of listDigests(decided.command)) nameBlob(rows, decided.workspaceId, digest)
}

const listDigests = (command: ProjectCommand): readonly string[] => {
  switch (command.type) {
    case 'StartProject':
      return command.uploads.flatMap(({ digest, recordsDigest }) => [digest, recordsDigest])
    case 'CompleteWork':
      return [
        ...[...command.deliverables, ...command.merged].map(({ digest }) => digest),
        ...command.evidence.flatMap(({ digest }) => (digest === null ? [] : [digest])),
      ]
    case 'PublishReport':
      return [command.digest]
    default:
      return []
  }
}
