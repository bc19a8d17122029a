import type { Workspace } from '@ropewalk/core/workspace/workspace'
import { makeBegin } from '../store/open.ts'
import type { Connection } from '../store/open.ts'
import type { TaskRows, Wants } from './aggregate.ts'
import type { AnyAggregate, InHand, Lane } from './lane.ts'
import type { Pending } from './pending.ts'
import { READS, makeAsk } from './reads.ts'
import type { Ask } from './reads.ts'
import type { StoredAnswer } from './stored-answer.ts'

/** Everything a batch may read: locked roots, what they need beside them, and the time after the locks. */
export type LoadedBatch = {
  readonly now: string
  readonly hands: ReadonlyMap<string, InHand>
  readonly workspaces: Map<string, Workspace>
  readonly answers: Map<string, StoredAnswer>
  readonly ready: readonly Pending[]
  /** Commands whose rows somebody else held. */
  readonly skipped: readonly Pending[]
}

const unique = <T>(values: Iterable<T>): T[] => [...new Set(values)]

/**
 * Begins the transaction, takes the locks of `pending` and loads what they need, in two round trips.
 * With `skip` rows held elsewhere are passed over; without, they are waited for (LOCK_TIMEOUT after 2 s).
 * Only kinds of aggregate that have commands are asked for anything.
 */
export const loadBatch = async (
  client: Connection,
  pending: readonly Pending[],
  options: { readonly skip: boolean; readonly aggregates: readonly AnyAggregate[] },
): Promise<LoadedBatch> => {
  const lanes = new Map<string, Lane>()
  // In the order of `aggregates`, because that is the order of the locks.
  for (const aggregate of options.aggregates) {
    const own = pending.filter(({ kind }) => kind === aggregate.kind)
    if (own.length > 0) lanes.set(aggregate.kind, aggregate.openLane(own))
  }
  const ask = makeAsk(client)
  const begun = client.query(makeBegin(unique(pending.map(({ command }) => command.workspaceId))))
  const [locked] = await Promise.all([takeLocks(ask, pending, [...lanes.values()], options.skip), begun])
  const isHeld = (one: Pending): boolean => {
    const { workspaceId } = one.command
    if (lanes.get(one.kind)?.isHeld(one) === true) return true
    if (!one.locksWorkspace || locked.workspaces.has(workspaceId)) return false
    return !locked.missingWorkspaces.has(workspaceId)
  }
  const skipped = pending.filter(isHeld)
  const ready = skipped.length === 0 ? pending : pending.filter((one) => !skipped.includes(one))
  const { now, workspaces, answers } = locked
  return { now, workspaces, answers, ready, skipped, hands: await loadHands(ask, lanes, ready) }
}

type Locked = {
  readonly now: string
  readonly workspaces: Map<string, Workspace>
  readonly missingWorkspaces: ReadonlySet<string>
  readonly answers: Map<string, StoredAnswer>
}

const takeLocks = async (
  ask: Ask,
  pending: readonly Pending[],
  lanes: readonly Lane[],
  skip: boolean,
): Promise<Locked> => {
  const paying = unique(
    pending.filter(({ locksWorkspace }) => locksWorkspace).map(({ command }) => command.workspaceId),
  )
  const none = Promise.resolve([])
  // Sent in this order, workspaces first; every process locks in the same one.
  const [lockedWorkspaces, foundWorkspaces, , times, answers] = await Promise.all([
    paying.length === 0
      ? none
      : ask<Workspace>({
          name: `lock_workspaces_${skip ? 'skip' : 'wait'}`,
          text: READS.lockWorkspaces(skip),
          values: [paying],
        }),
    paying.length === 0
      ? none
      : ask<{ id: string }>({
          name: 'list_workspaces',
          text: READS.listWorkspaces,
          values: [paying],
        }),
    Promise.all(lanes.map((lane) => lane.lock(ask, skip))),
    ask<{ now: string }>({ name: 'now', text: READS.now }),
    readAnswers(ask, pending),
  ])
  const found = new Set(foundWorkspaces.map((row) => row.id))
  return {
    now: times[0]?.now ?? '',
    workspaces: new Map(lockedWorkspaces.map((row) => [row.id, row])),
    missingWorkspaces: new Set(paying.filter((id) => !found.has(id))),
    answers,
  }
}

type AnswerRow = { readonly workspaceId: string; readonly route: string; readonly key: string } & StoredAnswer

const readAnswers = async (ask: Ask, pending: readonly Pending[]): Promise<Map<string, StoredAnswer>> => {
  const keys = pending.flatMap(({ command, options }) =>
    options.idempotency === undefined
      ? []
      : [
          {
            workspaceId: command.workspaceId,
            route: options.idempotency.route,
            key: options.idempotency.key,
          },
        ],
  )
  if (keys.length === 0) return new Map()
  const rows = await ask<AnswerRow>({
    name: 'answers',
    text: READS.answers,
    values: [JSON.stringify(keys)],
  })
  return new Map(rows.map((row) => [JSON.stringify([row.workspaceId, row.route, row.key]), row]))
}

/** Loads what the commands of all lanes need, at once, and gives the aggregates by the keys of their roots. */
const loadHands = async (
  ask: Ask,
  lanes: ReadonlyMap<string, Lane>,
  ready: readonly Pending[],
): Promise<ReadonlyMap<string, InHand>> => {
  const loads = [...lanes].map(([kind, lane]) => lane.prepare(ready.filter((one) => one.kind === kind)))
  const collect = (pick: (tasks: Wants) => ReadonlySet<string> | undefined): string[] =>
    unique(loads.flatMap(({ tasks }) => [...(pick(tasks) ?? [])]))
  const wants = [
    collect(({ ids }) => ids),
    collect(({ open }) => open),
    collect(({ openOfItems }) => openOfItems),
    collect(({ openBeside }) => openBeside),
  ] as const
  const rows = readTasks(ask, wants)
  // Each aggregate picks its own rows, and knows what is in them.
  const tasks: TaskRows = async <T>() => (await rows) as readonly T[]
  const hands = (await Promise.all(loads.map(({ send }) => send(ask, tasks)))).flat()
  return new Map(hands.map((hand) => [hand.key, hand]))
}

type TaskWants = readonly [ids: string[], open: string[], openOfItems: string[], openBeside: string[]]

const readTasks = (ask: Ask, wants: TaskWants): Promise<readonly object[]> => {
  const [ids, open, openOfItems, openBeside] = wants
  if (wants.every((of) => of.length === 0)) return Promise.resolve([])
  // Most batches name no items, and pay for none.
  return openOfItems.length === 0 && openBeside.length === 0
    ? ask({ name: 'load_tasks', text: READS.tasks, values: [ids, open] })
    : ask({ name: 'load_tasks_of_items', text: READS.tasksOfItems, values: [...wants] })
}
