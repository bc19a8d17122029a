import type { ChildCounts, ItemStatus } from '../../contract/item.ts'
import { addEffect } from '../../draft.ts'
import { addEvent, type Draft } from '../draft.ts'
import { settleItems } from '../items/settle-items.ts'
import { expectProject } from '../patch.ts'
import { isTerminalProject, type Project } from '../state.ts'

const count = (leaves: ChildCounts, ...statuses: readonly ItemStatus[]): number =>
  statuses.reduce((sum, status) => sum + (leaves[status] ?? 0), 0)

const countEnded = ({ leaves }: Project): number => count(leaves, 'done', 'failed', 'cancelled')

const countAll = ({ leaves }: Project): number => Object.values(leaves).reduce((sum, of) => sum + of, 0)

/** Leaves that go on by themselves: a worker has them or will have them. */
const countGoing = ({ leaves, openProjectQuestions }: Project): number =>
  count(leaves, 'in_progress') + (openProjectQuestions > 0 ? 0 : count(leaves, 'ready'))

/** Whether nothing goes on and no answer would change that: what is left waits for what has failed. */
const isStuck = (project: Project): boolean =>
  countGoing(project) === 0 &&
  project.openQuestions === 0 &&
  project.held === 0 &&
  count(project.leaves, 'blocked') > 0

/**
 * Whether the report may be made: every leaf has ended. In an autonomous project nobody is asked, so what waits
 * for something that has failed counts as ended too.
 */
export const isOver = (project: Project): boolean => {
  const all = countAll(project)
  return all > 0 && (countEnded(project) === all || (project.mode === 'autonomous' && isStuck(project)))
}

const settleStatus = (draft: Draft): void => {
  const project = expectProject(draft.state)
  const { status, openQuestions, held } = project
  if (status === 'paused' || countAll(project) === 0) return
  const waits =
    countGoing(project) === 0 && !isOver(project) && (openQuestions > 0 || held > 0 || isStuck(project))
  const to = waits ? 'awaiting_input' : 'in_progress'
  if (to === status) return
  const reason = waits ? 'Nothing goes on before a person has spoken.' : ''
  addEvent(draft, 'PROJECT.STATUS_CHANGED', { from: status, to, reason })
}

const tellProgress = (draft: Draft): void => {
  const project = expectProject(draft.state)
  const before = draft.before.project
  const ended = countEnded(project)
  if (ended === (before ? countEnded(before) : 0)) return
  const total = countAll(project)
  addEvent(draft, 'REPORT.PROJECT_SNAPSHOT_PUBLISHED', {
    state: project.status,
    total,
    done: count(project.leaves, 'done'),
    failed: count(project.leaves, 'failed'),
    blocked: count(project.leaves, 'blocked'),
    completion: total === 0 ? 0 : ended / total,
  })
}

/**
 * What follows from a command for the whole: items that may go on, the project's status, progress when a leaf
 * has ended, and the report when all have.
 */
export const settleProject = (draft: Draft): void => {
  if (isTerminalProject(expectProject(draft.state).status)) {
    tellProgress(draft)
    return
  }
  settleItems(draft)
  settleStatus(draft)
  tellProgress(draft)
  const project = expectProject(draft.state)
  const { before } = draft
  const wasOver =
    before.project !== undefined && !isTerminalProject(before.project.status) && isOver(before.project)
  if (isOver(project) && (!wasOver || before.project?.leaves !== project.leaves))
    addEffect(draft, { kind: 'publish-report', ref: { projectId: project.id } })
}
