import type { DeliverableId, ItemId, ProjectId, QuestionId, TaskId, WorkspaceId } from '../ids.ts'
import type {
  ChildCounts,
  FailureCategory,
  ItemKind,
  ItemStatus,
  Parameters,
  Provenance,
  RunRef,
  Upload,
} from '../contract/item.ts'
import type { QuestionForm, QuestionPolicy, Risk } from '../contract/project-question.ts'
import type { ClarificationMode } from '../contract/run-plan.ts'
import type { WorkOrder } from '../contract/work-order.ts'
import type { Attempt, QuestionStatus, TaskStatus } from '../run/state.ts'

/** `awaiting_input`: a person is asked and nothing else can go on. */
export type ProjectStatus =
  'created' | 'in_progress' | 'awaiting_input' | 'paused' | 'completed' | 'failed' | 'cancelled'

/** The root of the aggregate: one backlog and what is known for all of it. */
export type Project = {
  readonly id: ProjectId
  readonly workspaceId: WorkspaceId
  readonly name: string
  readonly request: string
  readonly status: ProjectStatus
  readonly mode: ClarificationMode
  /** `manual`: items are given out only when somebody says so, item by item. */
  readonly dispatch: 'auto' | 'manual'
  readonly template: string | null
  readonly templateHash: string | null
  readonly parameters: Parameters
  readonly uploads: readonly Upload[]
  /** Leaves (items that hold no others) by status; deleted ones and those of runs are not counted. */
  readonly leaves: ChildCounts
  readonly openQuestions: number
  /** Open questions that are about no item: while there is one, nothing is given out. */
  readonly openProjectQuestions: number
  /** Items that a person has parked and nobody took up again. */
  readonly held: number
  readonly assumptions: number
  /** How many items were ever made: the next one's `ordinal`. */
  readonly itemsMade: number
  /** How long questions wait before their policy acts. */
  readonly questionDeadlineMs: number
  readonly reportDigest: string | null
  readonly failureMessage: string | null
  readonly createdAt: string
  readonly startedAt: string | null
  readonly endedAt: string | null
}

export type Item = {
  readonly id: ItemId
  readonly projectId: ProjectId
  readonly kind: ItemKind
  readonly title: string
  readonly description: string
  readonly status: ItemStatus
  readonly priority: number
  /** Order of making within the project: breaks ties of priority. */
  readonly ordinal: number
  readonly parentId: ItemId | null
  /** Its children by status, deleted ones left out; empty for a leaf. */
  readonly children: ChildCounts
  /** Items it depends on that are not done. What its ancestors wait for, it waits for too; that is not counted here. */
  readonly waitingOn: number
  readonly openQuestions: number
  readonly capability: string | null
  readonly needs: readonly string[]
  readonly definitionOfDone: readonly string[]
  readonly approvals: number
  readonly batchRows: number | null
  readonly labels: readonly string[]
  readonly runRef: RunRef | null
  readonly provenance: Provenance
  /** Times it was given out, from 1; 0 before the first. */
  readonly round: number
  /** Tasks of the round that is out, and how many of them have handed in; both 0 where none is out. */
  readonly batches: number
  readonly batchesDone: number
  /** Rounds that ended badly; at `maxRounds` the item fails. */
  readonly failures: number
  readonly maxRounds: number
  readonly blockedReason: string | null
  /** Whether a person parked it: then only a person takes it up again. */
  readonly isHeld: boolean
  /** Why the last round was not good enough, for the next. */
  readonly reasons: readonly string[]
  readonly failureCategory: FailureCategory | null
  readonly failureMessage: string | null
  /** Raised by each change, for callers that change what they read. */
  readonly version: number
  readonly isDeleted: boolean
  readonly createdAt: string
  readonly readyAt: string | null
  readonly startedAt: string | null
  readonly endedAt: string | null
}

/** `itemId` waits for `dependsOnId`. */
export type Dependency = { readonly itemId: ItemId; readonly dependsOnId: ItemId }

/** The work of an item on the task queue; claim columns as in a run's task. */
export type WorkTask = {
  readonly id: TaskId
  readonly projectId: ProjectId
  readonly itemId: ItemId
  readonly capability: string
  readonly status: TaskStatus
  readonly spec: WorkOrder
  readonly round: number
  readonly batch: number
  readonly failures: Readonly<Partial<Record<'failed' | 'lost' | 'timed_out', number>>>
  readonly dueAt: string
  readonly failureMessage: string | null
  readonly createdAt: string
  readonly endedAt: string | null
  readonly attempt: number
  readonly claimedBy: string | null
  readonly claimedAt: string | null
  readonly leaseUntil: string | null
  readonly heartbeatAt: string | null
}

export type Deliverable = {
  readonly id: DeliverableId
  readonly projectId: ProjectId
  readonly itemId: ItemId
  readonly taskId: TaskId | null
  readonly round: number
  readonly batch: number
  readonly name: string
  readonly type: string
  readonly digest: string
  readonly mediaType: string
  readonly bytes: number
  readonly confidence: number
  readonly agent: string
  readonly simulated: boolean
  /** `partial`: one batch of several; `current`: what counts; `superseded`: a later round's stands in its place. */
  readonly status: 'partial' | 'current' | 'superseded'
  readonly createdAt: string
}

export type ProjectQuestion = {
  readonly id: QuestionId
  readonly projectId: ProjectId
  /** Items that are blocked until it is decided; none: the whole project waits. */
  readonly itemIds: readonly ItemId[]
  readonly kind: 'question' | 'approval'
  readonly askedBy: string
  readonly text: string
  readonly fields: readonly string[]
  readonly form: QuestionForm | null
  readonly defaultAnswer: string
  readonly defaultValues: Parameters
  readonly impact: string
  readonly risk: Risk
  readonly policy: QuestionPolicy
  readonly status: QuestionStatus
  readonly version: number
  readonly deadlineAt: string | null
  readonly escalatedAt: string | null
  readonly answer: string | null
  readonly values: Parameters | null
  readonly decidedBy: string | null
  readonly decidedKind: 'person' | 'agent' | 'policy' | null
  /** For an approval: how many persons it takes, and who has said what so far. */
  readonly quorum: number
  readonly votes: readonly {
    readonly by: string
    readonly approved: boolean
    readonly notes: string
    readonly at: string
  }[]
  readonly createdAt: string
  readonly decidedAt: string | null
}

/**
 * The part of a project that one command needs (see `getProjectNeeds`). Items that are not loaded are not in
 * the map, so a decider may say that an item is missing only where its id was asked for.
 */
export type ProjectState = {
  readonly project: Project | undefined
  readonly items: ReadonlyMap<string, Item>
  /** By `itemId/dependsOnId`. */
  readonly dependencies: ReadonlyMap<string, Dependency>
  readonly tasks: ReadonlyMap<string, WorkTask>
  readonly attempts: ReadonlyMap<string, Attempt>
  readonly deliverables: ReadonlyMap<string, Deliverable>
  readonly questions: ReadonlyMap<string, ProjectQuestion>
}

export const makeEmptyProjectState = (): ProjectState => ({
  project: undefined,
  items: new Map(),
  dependencies: new Map(),
  tasks: new Map(),
  attempts: new Map(),
  deliverables: new Map(),
  questions: new Map(),
})

/** Key of a dependency in `ProjectState.dependencies`. */
export const getDependencyKey = ({ itemId, dependsOnId }: Dependency): string => `${itemId}/${dependsOnId}`

export const isTerminalItem = (status: ItemStatus): boolean =>
  status === 'done' || status === 'failed' || status === 'cancelled'

export const isTerminalProject = (status: ProjectStatus): boolean =>
  status === 'completed' || status === 'failed' || status === 'cancelled'
