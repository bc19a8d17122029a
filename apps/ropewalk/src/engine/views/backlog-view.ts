import type { ItemDetail, ItemView, WorkView } from '@ropewalk/core/contract/api/items'
import type { DeliverableView, ProjectDetail, ProjectSummary } from '@ropewalk/core/contract/api/projects'
import type { AnyQuestionView, ProjectQuestionView } from '@ropewalk/core/contract/api/questions'
import type { ItemStatus } from '@ropewalk/core/contract/item'
import type { WorkspaceId } from '@ropewalk/core/ids'
import { isTerminalProject } from '@ropewalk/core/project/state'
import type { Deliverable, Project, ProjectQuestion, WorkTask } from '@ropewalk/core/project/state'
import type { AnyQuestion, ItemRow, ItemWhole, ProjectView } from '../backlog/contract.ts'
import { makeCloudEvent } from './cloud-event.ts'
import { makeQuestionView } from './run-view.ts'

const countOf = ({ leaves }: Project, ...statuses: readonly ItemStatus[]): number =>
  statuses.reduce((sum, status) => sum + (leaves[status] ?? 0), 0)

/** Items that count towards the end, those done among them, and the share of it from 0 to 100. */
export const getProgress = (project: Project) => {
  const totalItems = Object.values(project.leaves).reduce((sum, count) => sum + count, 0)
  const wanted = totalItems - countOf(project, 'cancelled')
  const doneItems = countOf(project, 'done')
  const share = wanted === 0 ? (project.status === 'completed' ? 1 : 0) : doneItems / wanted
  return { totalItems, doneItems, completionPercent: Math.round(share * 1000) / 10 }
}

export const makeProjectSummary = (project: Project): ProjectSummary => ({
  id: project.id,
  name: project.name,
  status: project.status,
  mode: project.mode,
  dispatch: project.dispatch,
  template: project.template,
  leaves: project.leaves,
  ...getProgress(project),
  failedItems: countOf(project, 'failed'),
  blockedItems: countOf(project, 'blocked'),
  openQuestions: project.openQuestions,
  assumptions: project.assumptions,
  failureMessage: project.failureMessage,
  createdAt: project.createdAt,
  startedAt: project.startedAt,
  endedAt: project.endedAt,
})

export const makeProjectQuestionView = (question: ProjectQuestion): ProjectQuestionView => ({
  owner: 'project',
  id: question.id,
  projectId: question.projectId,
  itemIds: [...question.itemIds],
  kind: question.kind,
  askedBy: question.askedBy,
  text: question.text,
  fields: [...question.fields],
  form: question.form,
  defaultAnswer: question.defaultAnswer,
  defaultValues: question.defaultValues,
  impact: question.impact,
  risk: question.risk,
  policy: question.policy,
  escalatedAt: question.escalatedAt,
  values: question.values,
  quorum: question.quorum,
  votes: question.votes.map(({ by, approved, notes, at }) => ({ by, approved, notes, at })),
  status: question.status,
  version: question.version,
  deadlineAt: question.deadlineAt,
  answer: question.answer,
  decidedBy: question.decidedBy,
  decidedKind: question.decidedKind,
  createdAt: question.createdAt,
  decidedAt: question.decidedAt,
})

export const makeAnyQuestionView = (any: AnyQuestion): AnyQuestionView =>
  any.owner === 'run' ? makeQuestionView(any.question) : makeProjectQuestionView(any.question)

const getSignals = ({ status }: Project): ProjectDetail['allowedSignals'] => {
  if (isTerminalProject(status)) return []
  return status === 'paused' ? ['resume', 'cancel'] : ['pause', 'cancel']
}

export const makeProjectDetail = ({ project, openQuestions }: ProjectView): ProjectDetail => ({
  ...makeProjectSummary(project),
  version: project.version,
  headHash: project.headHash,
  request: project.request,
  templateHash: project.templateHash,
  parameters: project.parameters,
  uploads: [...project.uploads],
  questionDeadlineMs: project.questionDeadlineMs,
  reportDigest: project.reportDigest,
  questions: openQuestions.map(makeProjectQuestionView),
  allowedSignals: getSignals(project),
})

export const makeItemView = ({ ref, runRef, ...item }: ItemRow): ItemView => ({
  id: item.id,
  projectId: item.projectId,
  kind: item.kind,
  title: item.title,
  description: item.description,
  status: item.status,
  priority: item.priority,
  ordinal: item.ordinal,
  parentId: item.parentId,
  children: item.children,
  waitingOn: item.waitingOn,
  openQuestions: item.openQuestions,
  capability: item.capability,
  needs: [...item.needs],
  definitionOfDone: [...item.definitionOfDone],
  approvals: item.approvals,
  batchRows: item.batchRows,
  labels: [...item.labels],
  runRef: runRef === null ? null : { ...runRef, status: ref?.taskStatus ?? ref?.runStatus ?? 'unknown' },
  provenance: item.provenance,
  round: item.round,
  batches: item.batches,
  batchesDone: item.batchesDone,
  failures: item.failures,
  maxRounds: item.maxRounds,
  isHeld: item.isHeld,
  blockedReason: item.blockedReason,
  reasons: [...item.reasons],
  failureCategory: item.failureCategory,
  failureMessage: item.failureMessage,
  version: item.version,
  createdAt: item.createdAt,
  readyAt: item.readyAt,
  startedAt: item.startedAt,
  endedAt: item.endedAt,
})

export const makeDeliverableView = (of: Deliverable): DeliverableView => ({
  id: of.id,
  projectId: of.projectId,
  itemId: of.itemId,
  taskId: of.taskId,
  round: of.round,
  batch: of.batch,
  name: of.name,
  type: of.type,
  digest: of.digest,
  mediaType: of.mediaType,
  bytes: of.bytes,
  confidence: of.confidence,
  agent: of.agent,
  simulated: of.simulated,
  status: of.status,
  createdAt: of.createdAt,
})

const makeWorkView = (task: WorkTask): WorkView => ({
  taskId: task.id,
  capability: task.capability,
  status: task.status,
  round: task.round,
  batch: task.batch,
  attempt: task.attempt,
  claimedBy: task.claimedBy,
  claimedAt: task.claimedAt,
  leaseUntil: task.leaseUntil,
  heartbeatAt: task.heartbeatAt,
  failureMessage: task.failureMessage,
  createdAt: task.createdAt,
  endedAt: task.endedAt,
})

export const makeItemDetail = (workspaceId: WorkspaceId, whole: ItemWhole): ItemDetail => {
  const toEdge = ({ id, title, status }: ItemWhole['ancestors'][number]) => ({ itemId: id, title, status })
  return {
    ...makeItemView(whole.item),
    isDeleted: whole.item.isDeleted,
    ancestors: whole.ancestors.map(toEdge),
    dependsOn: whole.dependsOn.map(toEdge),
    dependents: whole.dependents.map(toEdge),
    work: whole.work.map(makeWorkView),
    deliverables: whole.deliverables.map(makeDeliverableView),
    questions: whole.questions.map(makeProjectQuestionView),
    history: whole.history.map((event) => makeCloudEvent(workspaceId, event)),
  }
}
