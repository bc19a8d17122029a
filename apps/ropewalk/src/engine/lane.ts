import type { Effect, Refused } from '@ropewalk/core/decision'
import { RopewalkError } from '@ropewalk/core/errors'
import type { WorkspaceId } from '@ropewalk/core/ids'
import { GENESIS } from '@ropewalk/core/ledger/entry'
import type { Workspace } from '@ropewalk/core/workspace/workspace'
import type {
  Aggregate,
  Change,
  Command,
  DecideContext,
  EventContract,
  LedgerEvent,
  ReadyHint,
  RootRow,
  TaskRows,
  Wants,
} from './aggregate.ts'
import type { ClaimedTask, NextClaim } from './contract.ts'
import type { Pending } from './pending.ts'
import type { Ask } from './reads.ts'
import { EVENT_FORMAT } from './upgrade-event.ts'
import type { Rows } from './writes.ts'

/** An accepted command. Nothing is changed until `take` is called. */
export type Accepted = {
  readonly type: 'accepted'
  readonly events: readonly LedgerEvent[]
  readonly effects: readonly Effect[]
  readonly answer: Readonly<Record<string, unknown>>
  readonly workspace: Workspace | undefined
  readonly claimed: ClaimedTask | undefined
  /** Makes the decision count: the next command sees the new state, under this head. */
  readonly take: (head: Pick<InHand, 'version' | 'headHash' | 'headAt'>, rows: Rows) => void
}

/** A locked aggregate while its commands are decided, whatever its kind. */
export type InHand = {
  readonly key: string
  readonly idField: string
  readonly workspaceId: WorkspaceId
  readonly id: string
  readonly eventFormat: number
  readonly contract: EventContract
  version: number
  headHash: string
  headAt: string
  readonly decide: (
    command: Command,
    context: DecideContext,
    next: NextClaim | undefined,
  ) => Accepted | Refused
  readonly isChanged: () => boolean
  readonly addRows: (rows: Rows) => void
  readonly getHint: () => ReadyHint
  readonly remember: () => void
}

/** What a lane sends in the second round trip of a batch. */
export type LaneLoad = {
  readonly tasks: Wants
  readonly send: (ask: Ask, tasks: TaskRows) => Promise<readonly InHand[]>
}

/** The commands of one batch that are for one kind of aggregate. */
export type Lane = {
  /** Sends the statements that lock and list the roots, at once. */
  readonly lock: (ask: Ask, skip: boolean) => Promise<void>
  /** Whether somebody else holds the root of a command. */
  readonly isHeld: (pending: Pending) => boolean
  readonly prepare: (ready: readonly Pending[]) => LaneLoad
}

/** A kind of aggregate with its types hidden, so that the writer can treat all kinds alike. */
export type AnyAggregate = Pick<Aggregate<Command, unknown, LedgerEvent, RootRow>, 'kind'> & {
  readonly isFor: (command: Command) => boolean
  readonly getId: (command: Command) => string
  readonly locksWorkspace: (command: Command) => boolean
  readonly openLane: (pending: readonly Pending[]) => Lane
}

/** Hides the types of an aggregate; a command of another kind is INVARIANT_BROKEN. */
export const toAnyAggregate = <C extends Command, S, E extends LedgerEvent, R extends RootRow>(
  aggregate: Aggregate<C, S, E, R>,
): AnyAggregate => {
  const { kind, isFor } = aggregate
  const expectOwn = (command: Command): C => {
    if (isFor(command)) return command
    throw new RopewalkError('INVARIANT_BROKEN', `A ${command.type} came to the aggregate ${kind}.`)
  }
  return {
    kind,
    isFor,
    getId: (command) => aggregate.getId(expectOwn(command)),
    locksWorkspace: (command) => aggregate.locksWorkspace(expectOwn(command)),
    openLane: (pending) => openLane(aggregate, expectOwn, pending),
  }
}

const openLane = <C extends Command, S, E extends LedgerEvent, R extends RootRow>(
  aggregate: Aggregate<C, S, E, R>,
  expectOwn: (command: Command) => C,
  pending: readonly Pending[],
): Lane => {
  const { kind } = aggregate
  const rows = new Map<string, R>()
  const existing = new Set<string>()
  const makeKey = ({ workspaceId, id }: { readonly workspaceId: string; readonly id: string }) =>
    makeRootKey(kind, workspaceId, id)
  return {
    lock: async (ask, skip) => {
      const values = [[...new Set(pending.map(({ rootId }) => rootId))]]
      const [locked, found] = await Promise.all([
        ask<R>({
          name: `lock_${kind}s_${skip ? 'skip' : 'wait'}`,
          text: aggregate.lock(skip),
          values,
        }),
        ask<{ workspaceId: string; id: string }>({
          name: `list_${kind}s`,
          text: aggregate.list,
          values,
        }),
      ])
      for (const row of locked) rows.set(makeKey(row), row)
      for (const row of found) existing.add(makeKey(row))
    },
    isHeld: ({ rootKey }) => existing.has(rootKey) && !rows.has(rootKey),
    prepare: (ready) => {
      const present = ready.flatMap(({ rootKey, command }) => {
        const row = rows.get(rootKey)
        return row === undefined ? [] : [{ row, command: expectOwn(command) }]
      })
      const load = present.length === 0 ? undefined : aggregate.prepareLoad(present)
      return {
        tasks: load?.tasks ?? NOTHING,
        send: async (ask, tasks) => {
          const makeState = await load?.send(ask, tasks)
          const hands = new Map<string, InHand>()
          for (const one of ready) {
            const { rootKey: key, rootId: id } = one
            if (hands.has(key)) continue
            const row = rows.get(key)
            const root = { key, id, workspaceId: one.command.workspaceId }
            const stored = row === undefined ? undefined : makeState?.(row)
            hands.set(key, makeInHand(aggregate, expectOwn, root, row, stored ?? aggregate.makeEmpty()))
          }
          return [...hands.values()]
        },
      }
    },
  }
}

const NOTHING: Wants = { ids: new Set(), open: new Set() }

/** The key of a root among those of all kinds; a root of another workspace is not found by it. */
export const makeRootKey = (kind: string, workspaceId: string, id: string): string =>
  `${kind}/${workspaceId}/${id}`

type Root = { readonly key: string; readonly id: string; readonly workspaceId: WorkspaceId }

// Five parameters: the aggregate's own pair, and what the row and its children say of one root.
const makeInHand = <C extends Command, S, E extends LedgerEvent, R extends RootRow>(
  aggregate: Aggregate<C, S, E, R>,
  expectOwn: (command: Command) => C,
  { key, id, workspaceId }: Root,
  row: R | undefined,
  stored: S,
): InHand => {
  const { idField, contract } = aggregate
  const firstHead = row?.headHash ?? GENESIS
  let state = stored
  const getChange = (): Change<S> => {
    const { version, headHash, headAt } = hand
    return { workspaceId, id, isNew: row === undefined, stored, state, firstHead, version, headHash, headAt }
  }
  const hand: InHand = {
    key,
    idField,
    workspaceId,
    id,
    contract,
    eventFormat: row?.eventFormat ?? EVENT_FORMAT,
    version: row?.version ?? 0,
    headHash: firstHead,
    headAt: row?.headAt ?? '',
    decide: (of, context, next) => {
      const command = expectOwn(of)
      const decision = aggregate.decide(state, command, context)
      if (decision.type === 'refused') return decision
      const { type, events, effects, answer } = decision
      let { workspace } = context
      for (const event of events) {
        if (workspace !== undefined) workspace = aggregate.evolveWorkspace(workspace, event)
      }
      const handed = next && aggregate.handOver(state, decision.state, next, context.now)
      return {
        type,
        events,
        effects,
        answer,
        workspace,
        claimed: handed?.claimed,
        take: (head, rows) => {
          // Without events nothing may differ, and rows must not be written for nothing.
          if (events.length > 0) state = handed?.state ?? decision.state
          Object.assign(hand, head)
          aggregate.addSideRows(rows, { workspaceId, id, at: head.headAt, command, events })
        },
      }
    },
    // Some events tell readers something and change no field; the head of the history moves all the same.
    isChanged: () => state !== stored || hand.headHash !== firstHead,
    addRows: (rows) => aggregate.addRows(rows, getChange()),
    getHint: () => aggregate.getHint(getChange()),
    remember: () => aggregate.remember(getChange()),
  }
  return hand
}
