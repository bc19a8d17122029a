import type { Principal } from '@ropewalk/core/decision'
import type { InboxEntry, InboxKind } from '@ropewalk/core/contract/api/inbox'
import type { ReportView } from '@ropewalk/core/contract/api/projects'
import type { WorkerView } from '@ropewalk/core/contract/api/work'
import type { FailureCategory, ItemDraft, ItemKind, ItemStatus } from '@ropewalk/core/contract/item'
import type { ProjectQuestionDraft } from '@ropewalk/core/contract/project-question'
import type { RecordRow } from '@ropewalk/core/contract/records'
import type { DeliverableBody, WorkEvidence, WorkOrder } from '@ropewalk/core/contract/work-order'
import type { DeliverableId, ItemId, ProjectId, QuestionId, TaskId, WorkspaceId } from '@ropewalk/core/ids'
import type { Deliverable, Item, Project, ProjectQuestion, WorkTask } from '@ropewalk/core/project/state'
import type { Question } from '@ropewalk/core/run/state'
import type { Answer, EventView, Page, PageRequest, SubmitOptions } from '../contract.ts'

/** What a worker says of the attempt that it ends, and with what it worked. */
export type WorkDoer = {
  readonly workspaceId: WorkspaceId
  readonly taskId: TaskId
  readonly attempt: number
  readonly worker: string
  readonly tool: string
  readonly toolVersion: string
}

export type CompleteWorkRequest = WorkDoer & {
  readonly deliverables: readonly {
    readonly name: string
    readonly type: string
    readonly body: DeliverableBody
  }[]
  readonly evidence: readonly WorkEvidence[]
}

export type FailWorkRequest = WorkDoer & {
  readonly category: FailureCategory
  readonly message: string
  readonly retryable: boolean
}

/** Without `questions` one is made of `missingFields`. */
export type ClarifyRequest = WorkDoer & {
  readonly reason: string
  readonly missingFields: readonly string[]
  readonly questions: readonly ProjectQuestionDraft[]
}

/** By default the worker itself speaks, without a key. */
export type WorkOptions = Partial<SubmitOptions>

export type AddItemsRequest = {
  readonly workspaceId: WorkspaceId
  readonly projectId: ProjectId
  readonly items: readonly ItemDraft[]
  readonly source: 'person' | 'import' | 'agent' | 'schedule' | 'template'
  readonly of?: string | null
}

/** Rows of an order, by their place in it. `total` counts those of the order, not of the file. */
export type WorkRows = { readonly total: number; readonly rows: readonly RecordRow[] }

/** A task of the queue with what its worker reads. */
export type WorkInHand = {
  readonly task: WorkTask
  readonly order: WorkOrder
}

/** The status of the run or task that an item stands for. */
export type RunRefState = { readonly runStatus: string; readonly taskStatus: string | null }

export type ItemRow = Item & { readonly ref: RunRefState | null }
export type ItemTreeRow = ItemRow & { readonly depth: number }

export type ItemFilter = {
  readonly status?: ItemStatus | undefined
  readonly kind?: ItemKind | undefined
  readonly capability?: string | undefined
  readonly label?: string | undefined
  readonly text?: string | undefined
  /** `none`: items without a parent. */
  readonly parent?: ItemId | 'none' | undefined
}

export type ProjectView = {
  readonly project: Project & { readonly version: number; readonly headHash: string }
  readonly openQuestions: readonly ProjectQuestion[]
}

export type ItemEdge = { readonly id: ItemId; readonly title: string; readonly status: ItemStatus }

export type ItemWhole = {
  readonly item: ItemRow
  /** The nearest first. */
  readonly ancestors: readonly ItemEdge[]
  readonly dependsOn: readonly ItemEdge[]
  readonly dependents: readonly ItemEdge[]
  readonly work: readonly WorkTask[]
  readonly deliverables: readonly Deliverable[]
  readonly questions: readonly ProjectQuestion[]
  readonly history: readonly EventView[]
}

/** A question with whose it is. */
export type AnyQuestion =
  | { readonly owner: 'run'; readonly question: Question }
  | { readonly owner: 'project'; readonly question: ProjectQuestion }

/** What is read of backlogs: nothing here changes anything. */
export type BacklogViews = {
  listProjects(
    workspaceId: WorkspaceId,
    page: PageRequest & { status?: string | undefined; order?: 'newest' | 'oldest' | undefined },
  ): Promise<Page<Project>>
  readProject(workspaceId: WorkspaceId, projectId: ProjectId): Promise<ProjectView>
  /** In the order in which they were made; of all projects by their age. */
  listItems(
    workspaceId: WorkspaceId,
    page: PageRequest & ItemFilter & { projectId?: ProjectId | undefined },
  ): Promise<Page<ItemRow>>
  /** All items of a project, parents before their children. */
  listItemTree(workspaceId: WorkspaceId, projectId: ProjectId, page: PageRequest): Promise<Page<ItemTreeRow>>
  readItem(workspaceId: WorkspaceId, itemId: ItemId): Promise<ItemRow>
  readItemWhole(workspaceId: WorkspaceId, itemId: ItemId): Promise<ItemWhole>
  /** Events that name the item, oldest first. */
  listItemEvents(
    workspaceId: WorkspaceId,
    itemId: ItemId,
    request: { after: number; limit: number },
  ): Promise<readonly EventView[]>
  listDeliverables(
    workspaceId: WorkspaceId,
    page: PageRequest & { projectId: ProjectId; status?: string | undefined },
  ): Promise<Page<Deliverable>>
  /** What batches of a round handed in so far, all of them. */
  listPartialDeliverables(
    workspaceId: WorkspaceId,
    itemId: ItemId,
    round: number,
  ): Promise<readonly Deliverable[]>
  readDeliverable(workspaceId: WorkspaceId, deliverableId: DeliverableId): Promise<Deliverable>
  /** Questions of runs and of projects in one list, oldest first. */
  listAllQuestions(
    workspaceId: WorkspaceId,
    page: PageRequest & {
      runId?: string | undefined
      projectId?: ProjectId | undefined
      status?: string | undefined
    },
  ): Promise<Page<AnyQuestion>>
  readQuestion(workspaceId: WorkspaceId, questionId: QuestionId): Promise<AnyQuestion>
  listInbox(
    workspaceId: WorkspaceId,
    page: PageRequest & { kind?: InboxKind | undefined },
  ): Promise<Page<InboxEntry>>
  /** Workers that were heard of, with what they hold at present; the latest first. */
  listWorkerViews(workspaceId: WorkspaceId): Promise<readonly WorkerView[]>
  /** Who has, or last had, the newest task of each item. */
  listHolders(workspaceId: WorkspaceId, itemIds: readonly ItemId[]): Promise<ReadonlyMap<ItemId, string>>
  /** A task of the queue and its order. Throws NOT_FOUND for a task of a run. */
  readWork(workspaceId: WorkspaceId, taskId: TaskId): Promise<WorkInHand>
  /** Rows of an order after the first `after` of them. */
  readWorkRows(
    workspaceId: WorkspaceId,
    order: WorkOrder,
    page: { after: number; limit: number },
  ): Promise<WorkRows>
  readReport(workspaceId: WorkspaceId, projectId: ProjectId): Promise<ReportView>
}

/** What is done with backlogs by more than one command, or with blobs beside it. */
export type BacklogUse = {
  addItems(request: AddItemsRequest, options: SubmitOptions): Promise<Answer>
  /** Keeps what was handed in, checks it by the Definition of Done and tells the project. */
  completeWork(request: CompleteWorkRequest, options?: WorkOptions): Promise<Answer>
  failWork(request: FailWorkRequest, options?: WorkOptions): Promise<Answer>
  needClarification(request: ClarifyRequest, options?: WorkOptions): Promise<Answer>
  /** Makes and publishes the final report; for the effect `publish-report`, safe to repeat. */
  publishReport(workspaceId: WorkspaceId, projectId: ProjectId): Promise<void>
}

export type BacklogEngine = BacklogViews & BacklogUse

/** Who speaks where nobody else is named. */
export const byWorker = (worker: string): Principal => ({ kind: 'agent', id: worker })
