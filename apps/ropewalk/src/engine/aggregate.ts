import type { Decision, Stamp } from '@ropewalk/core/decision'
import type { WorkspaceId } from '@ropewalk/core/ids'
import type { PolicyCommand, PolicyEvent } from '@ropewalk/core/policy/policy'
import type { ProjectCommand } from '@ropewalk/core/project/commands'
import type { ProjectEvent } from '@ropewalk/core/project/events'
import type { RunCommand } from '@ropewalk/core/run/commands'
import type { RunEvent } from '@ropewalk/core/run/events'
import type { SessionCommand, SessionEvent } from '@ropewalk/core/session/session'
import type { ThreadCommand } from '@ropewalk/core/thread/commands'
import type { ThreadEvent } from '@ropewalk/core/thread/events'
import type { TokenCommand, TokenEvent } from '@ropewalk/core/token/token'
import type { Workspace } from '@ropewalk/core/workspace/workspace'
import type { ClaimedTask, NextClaim } from './contract.ts'
import type { Ask } from './reads.ts'
import type { Rows } from './writes.ts'

/** Every command of the writer, whatever it is about. */
export type Command =
  RunCommand | ProjectCommand | ThreadCommand | SessionCommand | TokenCommand | PolicyCommand

/** Every event that the writer puts into the ledger. */
export type LedgerEvent = RunEvent | ProjectEvent | ThreadEvent | SessionEvent | TokenEvent | PolicyEvent

/** The kinds of aggregate, in the order in which their rows are locked; the workspace comes before them. */
export type AggregateKind = 'run' | 'project' | 'thread' | 'session' | 'grant' | 'policy'

/** What the root's row of any aggregate has: its entity, and the end of its chain. */
export type RootRow = {
  readonly workspaceId: WorkspaceId
  readonly id: string
  readonly version: number
  readonly headHash: string
  readonly headAt: string
  readonly eventFormat: number
}

/** Tasks to load: some by id, and of whole aggregates those that are open. */
export type Wants = {
  readonly ids: ReadonlySet<string>
  readonly open: ReadonlySet<string>
  /** Open tasks of these items, and of the items that these tasks belong to. */
  readonly openOfItems?: ReadonlySet<string>
  readonly openBeside?: ReadonlySet<string>
}

/** Rows of the tasks that were wanted, as the aggregate that asked for them knows them. */
export type TaskRows = <T extends { readonly id: string; readonly runId: string }>() => Promise<readonly T[]>

/** What commands need beside the roots. Tasks are read, and locked, for all aggregates in one statement. */
export type Load<R, S> = {
  readonly tasks: Wants
  /** Sends what else is to be read, at once; gives what makes the state of one root. */
  readonly send: (ask: Ask, tasks: TaskRows) => Promise<(row: R) => S>
}

export type DecideContext = {
  readonly stamp: Stamp
  /** The database's time after the locks; the stamp's may be later, never earlier. */
  readonly now: string
  /** Only for commands that lock it. */
  readonly workspace: Workspace | undefined
  /** A lost lease counts only while it is still run out now that its task is locked. */
  readonly onlyIfOverdue: boolean
}

/** The state with one of its tasks claimed, and that task. */
export type Handed<S> = { readonly state: S; readonly claimed: ClaimedTask }

/** A decided command: what the rows beside the aggregate's own are made of. */
export type Decided<C, E> = {
  readonly workspaceId: WorkspaceId
  readonly id: string
  readonly at: string
  readonly command: C
  readonly events: readonly E[]
}

/** One aggregate before and after a batch. */
export type Change<S> = {
  readonly workspaceId: WorkspaceId
  readonly id: string
  readonly isNew: boolean
  readonly stored: S
  readonly state: S
  /** The head of the history when the root was locked. */
  readonly firstHead: string
  readonly version: number
  readonly headHash: string
  readonly headAt: string
}

/** What a commit means to those who wait: for tasks to do, for items to give out, and for messages. */
export type ReadyHint = {
  readonly tasksReady: boolean
  readonly itemsReady: boolean
  readonly hasMessages?: boolean
}

/**
 * One kind of aggregate, as the one writer needs it: a root whose row is locked, children loaded by need, a
 * pure decider, the contract of its events and the rows it leaves. `C` its commands, `S` its state, `E` its
 * events, `R` its root's row. All kinds share the queue, the batch, its transaction and the ledger.
 */
export type Aggregate<C extends Command, S, E extends LedgerEvent, R extends RootRow> = {
  readonly kind: AggregateKind
  /** The name under which jobs carry the id of the root. */
  readonly idField: string
  readonly isFor: (command: Command) => command is C
  readonly getId: (command: C) => string
  readonly locksWorkspace: (command: C) => boolean
  /** Statements over ids ($1): roots, locked in the order of their ids, and which of them there are. */
  readonly lock: (skip: boolean) => string
  readonly list: string
  readonly prepareLoad: (of: readonly { readonly command: C; readonly row: R }[]) => Load<R, S>
  readonly makeEmpty: () => S
  readonly decide: (state: S, command: C, context: DecideContext) => Decision<E, S>
  /** Claims one task that the command has made and that can be done at once, or does nothing. */
  readonly handOver: (before: S, after: S, to: NextClaim, now: string) => Handed<S> | undefined
  /** The workspace after an event; only for events of commands that lock it. */
  readonly evolveWorkspace: (workspace: Workspace, event: E) => Workspace
  readonly contract: EventContract
  /** Rows that are no part of the state, such as plans and names of blobs. */
  readonly addSideRows: (rows: Rows, decided: Decided<C, E>) => void
  readonly addRows: (rows: Rows, change: Change<S>) => void
  readonly getHint: (change: Change<S>) => ReadyHint
  /** Called once the change is durable. */
  readonly remember: (change: Change<S>) => void
}

/** The contract of an aggregate's events; a zod type fits. */
export type EventContract = {
  readonly safeParse: (
    event: unknown,
  ) =>
    | { readonly success: true }
    | { readonly success: false; readonly error: { readonly issues: readonly object[] } }
}
