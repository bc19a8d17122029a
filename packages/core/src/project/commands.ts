import { z } from 'zod'
import { ItemChanges, ItemDraft, Parameters, Upload } from '../contract/item.ts'
import { AmbiguityHit, ProjectQuestionDraft } from '../contract/project-question.ts'
import { ClarificationMode } from '../contract/run-plan.ts'
import { DeliverableDraft, DoneCheck, RowRange, WorkEvidence, WorkFailure } from '../contract/work-order.ts'
import { DeliverableId, ItemId, ProjectId, QuestionId, TaskId, WorkspaceId } from '../ids.ts'
import { Count, Digest, Instant, Name, text } from '../text.ts'

const onProject = { workspaceId: WorkspaceId, projectId: ProjectId }
const onItem = { ...onProject, itemId: ItemId }
const onWork = { ...onProject, taskId: TaskId, attempt: z.int().min(1) }
const command = <T extends string, D extends z.ZodRawShape>(type: T, data: D) =>
  z.strictObject({ type: z.literal(type), ...data })

/** What the worker says of itself. */
const worker = {
  worker: text(120, 1),
  claimedAt: Instant.nullable(),
  tool: text(120, 1),
  toolVersion: text(120, 1),
}

/** Everything that can be asked of a project. */
export const ProjectCommand = z.discriminatedUnion('type', [
  /** `items` come from the planner; `hits` and `questions` from the rules about unclear requests. */
  command('StartProject', {
    ...onProject,
    name: text(160, 1),
    request: text(4000, 1),
    mode: ClarificationMode,
    dispatch: z.enum(['auto', 'manual']).default('auto'),
    template: Name.nullable(),
    templateHash: Digest.nullable(),
    parameters: Parameters,
    uploads: z.array(Upload).max(20),
    items: z.array(ItemDraft).max(500),
    hits: z.array(AmbiguityHit).max(50),
    /** `items` are keys of the drafts that wait for the answer; none: the whole project. */
    questions: z.array(ProjectQuestionDraft.extend({ items: z.array(Name).max(50) })).max(20),
    questionDeadlineMs: z.int().min(1000).max(31_536_000_000),
  }),
  command('AddItems', {
    ...onProject,
    items: z.array(ItemDraft).min(1).max(500),
    source: z.enum(['person', 'import', 'agent', 'schedule', 'template']),
    of: text(200, 1).nullable(),
  }),
  /** `version` is the one the caller has read; another is a VERSION_CONFLICT. */
  command('UpdateItem', { ...onItem, version: z.int().min(1).nullable(), changes: ItemChanges }),
  command('MoveItem', { ...onItem, parentId: ItemId.nullable() }),
  command('AddDependency', { ...onItem, dependsOnId: ItemId }),
  command('RemoveDependency', { ...onItem, dependsOnId: ItemId }),
  /** The item becomes the parent of its pieces; what it waited for, they wait for. */
  command('SplitItem', { ...onItem, into: z.array(ItemDraft).min(2).max(50) }),
  command('CancelItem', { ...onItem, reason: text(400, 1) }),
  /** A tombstone: it is gone from lists, its history stays. Takes its children along. */
  command('DeleteItem', { ...onItem, reason: text(400, 1) }),
  command('RetryItem', { ...onItem }),
  /** A person parks an item, or takes it up again. */
  command('BlockItem', { ...onItem, reason: text(400, 1) }),
  command('UnblockItem', { ...onItem }),
  command('SetParameters', { ...onProject, parameters: Parameters }),
  /** By the dispatcher: who does what is decided there, since it knows who is alive. An item twice in a row is one. */
  command('DispatchItems', {
    ...onProject,
    items: z
      .array(
        z.strictObject({
          itemId: ItemId,
          capability: Name,
          /** The rows of each task; one task without records where null. */
          batches: z.array(RowRange).min(1).max(1000).nullable(),
        }),
      )
      .min(1)
      .max(200),
  }),
  /** By the dispatcher: takes back what was given out and nobody has begun, because nobody is there for it any more. */
  command('RecallItems', { ...onProject, items: z.array(ItemId).min(1).max(200), reason: text(400, 1) }),
  /** After a claim. Where the claim came over the bus it is made here: `leaseMs` is how long it holds. */
  command('StartWork', {
    ...onWork,
    worker: text(120, 1),
    leaseMs: z.int().min(1000).max(3_600_000).nullable(),
  }),
  /** The lease ran out, or the time of the task. */
  command('LoseWork', {
    ...onWork,
    outcome: z.enum(['lost', 'timed_out']),
    worker: text(120, 1),
    claimedAt: Instant.nullable(),
    message: text(1000, 1),
  }),
  /** `checks` are the engine's; they are those of the whole item, so only the last batch brings any. */
  command('CompleteWork', {
    ...onWork,
    ...worker,
    deliverables: z.array(DeliverableDraft).min(1).max(20),
    /** What all batches come to, where this is the last of several. */
    merged: z.array(DeliverableDraft).max(20).default([]),
    evidence: z.array(WorkEvidence).max(20),
    checks: z.array(DoneCheck).max(40),
  }),
  command('FailWork', { ...onWork, ...worker, ...WorkFailure.shape }),
  /** The worker cannot go on without being told something. */
  command('NeedClarification', {
    ...onWork,
    ...worker,
    reason: text(1000, 1),
    missingFields: z.array(text(200, 1)).max(20),
    questions: z.array(ProjectQuestionDraft).min(1).max(10),
  }),
  /** A person's or a reviewer's word on what is in review, or on what was done already. */
  command('ReviewItem', {
    ...onItem,
    result: z.enum(['approved', 'rejected', 'needs_changes']),
    notes: text(2000),
  }),
  /** Asks persons for leave before the item goes on. */
  command('RequestApproval', { ...onItem, reason: text(2000, 1), quorum: z.int().min(1).max(10).default(1) }),
  command('SubmitApproval', {
    ...onProject,
    questionId: QuestionId,
    approved: z.boolean(),
    notes: text(2000),
  }),
  /** `values` fill the question's form and become parameters; `change` replaces a decided answer. */
  command('AnswerProjectQuestion', {
    ...onProject,
    questionId: QuestionId,
    answer: text(2000, 1),
    values: Parameters.nullable(),
    change: z.boolean().optional(),
  }),
  command('DecideProjectQuestionByPolicy', { ...onProject, questionId: QuestionId, version: z.int().min(1) }),
  command('SignalProject', { ...onProject, signal: z.enum(['pause', 'resume', 'cancel']) }),
  command('PublishReport', {
    ...onProject,
    deliverableId: DeliverableId,
    digest: Digest,
    bytes: Count,
    /** The figures people ask for first, by name. */
    totals: z.record(Name, z.number()),
  }),
])
export type ProjectCommand = z.infer<typeof ProjectCommand>
export type ProjectCommandType = ProjectCommand['type']
export type ProjectCommandOf<T extends ProjectCommandType> = Extract<ProjectCommand, { type: T }>

/**
 * What must be loaded, under the project's lock, before `decideProject` can speak. Of every item that is
 * loaded its ancestors are loaded too, and the edges from it and from them to what they depend on. `all` loads
 * the items (but deleted ones) and edges of the whole project.
 */
export type ProjectNeeds = {
  readonly items: readonly ItemId[] | 'all'
  /** Tasks by id, and with them their items; `open` of the items named loads those that have not ended. */
  readonly tasks: readonly TaskId[]
  readonly openTasksOf: readonly ItemId[] | 'of-tasks' | 'all'
  /**
   * Items that wait for these or for an ancestor of these, with everything below such items and all their
   * edges: what is done lets them go on, what has failed holds them.
   */
  readonly dependentsOf: readonly ItemId[] | 'of-tasks'
  /** Questions by id, and with them the items they block; `open` loads all that are open. */
  readonly questions: readonly QuestionId[] | 'open'
  /** All that are open as well as those named. */
  readonly openQuestionsToo: boolean
  /**
   * What the items named handed in and was not superseded, with what is `current` of the items that they and
   * their ancestors depend on, and of everything below those (with the items themselves).
   */
  readonly deliverablesOf: readonly ItemId[] | 'of-tasks' | 'of-questions'
  /** What was handed in for any item that is not done, and was not superseded. */
  readonly openDeliverables: boolean
}

const NOTHING: ProjectNeeds = {
  items: [],
  tasks: [],
  openTasksOf: [],
  dependentsOf: [],
  questions: [],
  openQuestionsToo: false,
  deliverablesOf: [],
  openDeliverables: false,
}

const WHOLE: ProjectNeeds = {
  ...NOTHING,
  items: 'all',
  openTasksOf: 'all',
  questions: 'open',
  openDeliverables: true,
}

export const getProjectNeeds = (command: ProjectCommand): ProjectNeeds => {
  switch (command.type) {
    case 'StartProject':
    case 'PublishReport':
      return NOTHING
    case 'AddItems':
    case 'MoveItem':
    case 'AddDependency':
    case 'RemoveDependency':
    case 'SplitItem':
    case 'CancelItem':
    case 'DeleteItem':
    case 'BlockItem':
    case 'UnblockItem':
    case 'SetParameters':
    case 'SignalProject':
      return WHOLE
    case 'UpdateItem':
      return { ...NOTHING, items: command.changes.kind === undefined ? [command.itemId] : 'all' }
    case 'RetryItem':
      return { ...NOTHING, items: [command.itemId], questions: 'open', deliverablesOf: [command.itemId] }
    case 'RequestApproval':
      return { ...NOTHING, items: [command.itemId], openTasksOf: [command.itemId], questions: 'open' }
    case 'ReviewItem':
      return {
        ...NOTHING,
        items: [command.itemId],
        dependentsOf: [command.itemId],
        deliverablesOf: [command.itemId],
        questions: 'open',
      }
    case 'DispatchItems': {
      const ids = command.items.map(({ itemId }) => itemId)
      return { ...NOTHING, items: ids, openTasksOf: ids, deliverablesOf: ids }
    }
    case 'RecallItems':
      return { ...NOTHING, items: command.items, openTasksOf: command.items }
    case 'StartWork':
      return { ...NOTHING, tasks: [command.taskId] }
    case 'LoseWork':
    case 'FailWork':
      return {
        ...NOTHING,
        tasks: [command.taskId],
        openTasksOf: 'of-tasks',
        dependentsOf: 'of-tasks',
        deliverablesOf: 'of-tasks',
      }
    case 'CompleteWork':
      return {
        ...NOTHING,
        tasks: [command.taskId],
        openTasksOf: 'of-tasks',
        dependentsOf: 'of-tasks',
        deliverablesOf: 'of-tasks',
        questions: 'open',
      }
    case 'NeedClarification':
      return {
        ...NOTHING,
        tasks: [command.taskId],
        openTasksOf: 'of-tasks',
        dependentsOf: 'of-tasks',
        deliverablesOf: 'of-tasks',
        questions: 'open',
      }
    case 'SubmitApproval':
    case 'AnswerProjectQuestion':
    case 'DecideProjectQuestionByPolicy':
      return {
        ...WHOLE,
        questions: [command.questionId],
        openQuestionsToo: true,
        deliverablesOf: 'of-questions',
      }
  }
}
