import type { RunPlan } from '@ropewalk/core/contract/run-plan'
import type { RunId, WorkspaceId } from '@ropewalk/core/ids'
import { getNeeds } from '@ropewalk/core/run/commands'
import type { Needs, RunCommand } from '@ropewalk/core/run/commands'
import { makeEmptyRunState } from '@ropewalk/core/run/state'
import type { Phase, Question, Reservation, RunState, Task, Waiver } from '@ropewalk/core/run/state'
import type { Workspace } from '@ropewalk/core/workspace/workspace'
import { makeBegin } from '../store/open.ts'
import type { Connection, Statement } from '../store/open.ts'
import { READS } from './aggregate-sql.ts'
import { locksWorkspace } from './pending.ts'
import type { Pending } from './pending.ts'
import type { PlanCache } from './plan-cache.ts'
import type { RunCache } from './run-cache.ts'
import { makeLoadedRun, makeNewRun } from './run-in-hand.ts'
import type { RunInHand, RunRow } from './run-in-hand.ts'
import type { StoredAnswer } from './stored-answer.ts'

/** What this process remembers between batches. */
export type Caches = { readonly plans: PlanCache; readonly runs: RunCache }

/** Everything a batch may read: locked rows, what they need beside them, and the time after the locks. */
export type LoadedBatch = {
  readonly now: string
  readonly runs: ReadonlyMap<string, RunInHand>
  readonly workspaces: Map<string, Workspace>
  readonly missingWorkspaces: ReadonlySet<string>
  readonly answers: Map<string, StoredAnswer>
  readonly ready: readonly Pending[]
  /** Commands whose rows somebody else held. */
  readonly skipped: readonly Pending[]
}

const query = async <T>(client: Connection, statement: Statement): Promise<readonly T[]> => {
  const result = await client.query({ ...statement })
  return result.rows as readonly T[]
}

const makeRunKey = (workspaceId: string, runId: string): string => `${workspaceId}/${runId}`

/** The key of a command's run in `LoadedBatch.runs`; a run of another workspace is not found by it. */
export const getRunKey = (command: RunCommand): string => makeRunKey(command.workspaceId, command.runId)

const unique = <T>(values: Iterable<T>): T[] => [...new Set(values)]

/**
 * Begins the transaction, takes the locks of `pending` and loads what they need, in two round trips.
 * With `skip` rows held elsewhere are passed over; without, they are waited for (LOCK_TIMEOUT after 2 s).
 */
export const loadBatch = async (
  client: Connection,
  pending: readonly Pending[],
  options: { readonly skip: boolean; readonly caches: Caches },
): Promise<LoadedBatch> => {
  const locked = await takeLocks(client, pending, options.skip)
  const isHeld = ({ command }: Pending): boolean => {
    const { workspaceId } = command
    const key = getRunKey(command)
    if (locked.existing.has(key) && !locked.rows.has(key)) return true
    if (!locksWorkspace(command) || locked.workspaces.has(workspaceId)) return false
    return !locked.missingWorkspaces.has(workspaceId)
  }
  const skipped = pending.filter(isHeld)
  const ready = skipped.length === 0 ? pending : pending.filter((one) => !skipped.includes(one))
  const runs = await loadRuns(client, ready, locked.rows, options.caches)
  return {
    now: locked.now,
    runs,
    workspaces: locked.workspaces,
    missingWorkspaces: locked.missingWorkspaces,
    answers: locked.answers,
    ready,
    skipped,
  }
}

type Locked = {
  readonly now: string
  readonly rows: ReadonlyMap<string, RunRow>
  readonly existing: ReadonlySet<string>
  readonly workspaces: Map<string, Workspace>
  readonly missingWorkspaces: ReadonlySet<string>
  readonly answers: Map<string, StoredAnswer>
}

const takeLocks = async (client: Connection, pending: readonly Pending[], skip: boolean): Promise<Locked> => {
  const workspaceIds = unique(pending.map(({ command }) => command.workspaceId))
  const paying = unique(
    pending
      .map(({ command }) => command)
      .filter(locksWorkspace)
      .map((c) => c.workspaceId),
  )
  const runIds = unique(pending.map(({ command }) => command.runId))
  const mode = skip ? 'skip' : 'wait'
  const none = Promise.resolve([])
  const [, lockedWorkspaces, foundWorkspaces, lockedRuns, foundRuns, times, answers] = await Promise.all([
    client.query(makeBegin(workspaceIds)),
    paying.length === 0
      ? none
      : query<Workspace>(client, {
          name: `lock_workspaces_${mode}`,
          text: READS.lockWorkspaces(skip),
          values: [paying],
        }),
    paying.length === 0
      ? none
      : query<{ id: string }>(client, {
          name: 'list_workspaces',
          text: READS.listWorkspaces,
          values: [paying],
        }),
    query<RunRow>(client, {
      name: `lock_runs_${mode}`,
      text: READS.lockRuns(skip),
      values: [runIds],
    }),
    query<{ workspaceId: string; id: string }>(client, {
      name: 'list_runs',
      text: READS.listRuns,
      values: [runIds],
    }),
    query<{ now: string }>(client, { name: 'now', text: READS.now }),
    readAnswers(client, pending),
  ])
  const found = new Set(foundWorkspaces.map((row) => row.id))
  return {
    now: times[0]?.now ?? '',
    rows: new Map(lockedRuns.map((row) => [makeRunKey(row.workspaceId, row.id), row])),
    existing: new Set(foundRuns.map((row) => makeRunKey(row.workspaceId, row.id))),
    workspaces: new Map(lockedWorkspaces.map((row) => [row.id, row])),
    missingWorkspaces: new Set(paying.filter((id) => !found.has(id))),
    answers,
  }
}

type AnswerRow = { readonly workspaceId: string; readonly route: string; readonly key: string } & StoredAnswer

const readAnswers = async (
  client: Connection,
  pending: readonly Pending[],
): Promise<Map<string, StoredAnswer>> => {
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
  const rows = await query<AnswerRow>(client, {
    name: 'answers',
    text: READS.answers,
    values: [JSON.stringify(keys)],
  })
  return new Map(rows.map((row) => [JSON.stringify([row.workspaceId, row.route, row.key]), row]))
}

const merge = (
  ids: Set<string>,
  open: Set<string>,
  runId: string,
  need: readonly string[] | 'open',
): void => {
  if (need === 'open') open.add(runId)
  else for (const id of need) ids.add(id)
}

/** What all commands need together: ids by name, and runs whose open children are needed. */
const collectNeeds = (pending: readonly Pending[]) => {
  const wants = {
    tasks: { ids: new Set<string>(), open: new Set<string>() },
    questions: { ids: new Set<string>(), open: new Set<string>() },
    reservations: { ids: new Set<string>(), open: new Set<string>() },
    waivers: { ids: new Set<string>(), open: new Set<string>() },
  }
  for (const { command } of pending) {
    const needs: Needs = getNeeds(command)
    for (const kind of ['tasks', 'questions', 'reservations', 'waivers'] as const) {
      merge(wants[kind].ids, wants[kind].open, command.runId, needs[kind])
    }
    // An ended task is no open one, and yet the decider must see it to say that the attempt is stale.
    if ('taskId' in command) wants.tasks.ids.add(command.taskId)
    if ('questionId' in command) wants.questions.ids.add(command.questionId)
  }
  return wants
}

const loadRuns = async (
  client: Connection,
  pending: readonly Pending[],
  rows: ReadonlyMap<string, RunRow>,
  caches: Caches,
): Promise<ReadonlyMap<string, RunInHand>> => {
  const runs = new Map<string, RunInHand>()
  const present = pending.filter(({ command }) => rows.has(getRunKey(command)))
  if (present.length > 0) {
    const children = await loadChildren(client, present, rows, caches)
    for (const { command } of present) {
      const key = getRunKey(command)
      const row = rows.get(key)
      if (row !== undefined && !runs.has(key)) runs.set(key, makeLoadedRun(row, children(row)))
    }
  }
  for (const { command } of pending) {
    const key = getRunKey(command)
    if (!runs.has(key)) runs.set(key, makeNewRun(command.workspaceId, command.runId))
  }
  return runs
}

/** The tasks of results that need not be read, by command. */
const findKnownTasks = (
  pending: readonly Pending[],
  rows: ReadonlyMap<string, RunRow>,
  cache: RunCache,
): ReadonlyMap<Pending, Task> => {
  const known = new Map<Pending, Task>()
  for (const one of pending) {
    const row = rows.get(getRunKey(one.command))
    const task = row === undefined ? undefined : cache.findTask(row.headHash, one.command)
    if (task !== undefined) known.set(one, task)
  }
  return known
}

/** Loads the children of all runs at once and gives what picks those of one. */
const loadChildren = async (
  client: Connection,
  pending: readonly Pending[],
  rows: ReadonlyMap<string, RunRow>,
  { plans, runs: cache }: Caches,
): Promise<(row: RunRow) => Omit<RunState, 'run'>> => {
  const workspaceIds = unique(pending.map(({ command }) => command.workspaceId))
  const unknown = [...rows.values()].filter(({ headHash }) => cache.findPhases(headHash) === undefined)
  const known = findKnownTasks(pending, rows, cache)
  const wants = collectNeeds(pending.filter((one) => !known.has(one)))
  const load = <T>(name: 'tasks' | 'questions' | 'reservations' | 'waivers'): Promise<readonly T[]> => {
    const { ids, open } = wants[name]
    if (ids.size === 0 && open.size === 0) return Promise.resolve([])
    const values = [[...ids], [...open]]
    return query<T>(client, { name: `load_${name}`, text: READS[name], values })
  }
  const [phases, tasks, questions, reservations, waivers] = await Promise.all([
    unknown.length === 0
      ? Promise.resolve([])
      : query<Phase>(client, {
          name: 'load_phases',
          text: READS.phases,
          values: [unknown.map(({ id }) => id)],
        }),
    load<Task>('tasks'),
    load<Question>('questions'),
    load<Reservation>('reservations'),
    load<Waiver>('waivers'),
    loadPlans(client, workspaceIds, [...rows.values()], plans),
  ])
  const byRun = <T extends { readonly runId: RunId }>(children: readonly T[]) =>
    Map.groupBy(children, (child) => child.runId)
  const of = {
    phases: byRun(phases),
    // What was read anew counts more than what was known.
    tasks: byRun([...known.values(), ...tasks]),
    questions: byRun(questions),
    reservations: byRun(reservations),
    waivers: byRun(waivers),
  }
  const byId = <T extends { readonly id: string }>(children: readonly T[] = []) =>
    new Map<string, T>(children.map((child) => [child.id, child]))
  return ({ id, planHash, headHash }) => {
    const plan = plans.find(planHash)
    return {
      ...makeEmptyRunState(plan),
      phases: cache.findPhases(headHash) ?? inPlanOrder(of.phases.get(id) ?? [], plan),
      tasks: byId(of.tasks.get(id)),
      questions: byId(of.questions.get(id)),
      reservations: byId(of.reservations.get(id)),
      waivers: byId(of.waivers.get(id)),
    }
  }
}

/** Phases come in the order of the plan, whatever the order of the rows: deciders walk through them. */
const inPlanOrder = (phases: readonly Phase[], plan: RunPlan | undefined): ReadonlyMap<string, Phase> => {
  const byName = new Map(phases.map((phase) => [phase.phase, phase]))
  const ordered = (plan?.phases ?? []).flatMap(({ phase }) => {
    const found = byName.get(phase)
    return found === undefined ? [] : [[phase, found] as const]
  })
  return ordered.length === byName.size ? new Map(ordered) : byName
}

const loadPlans = async (
  client: Connection,
  workspaceIds: readonly WorkspaceId[],
  rows: readonly RunRow[],
  plans: PlanCache,
): Promise<void> => {
  const missing = unique(rows.map((row) => row.planHash)).filter((hash) => plans.find(hash) === undefined)
  if (missing.length === 0) return
  const found = await query<{ hash: string; plan: RunPlan }>(client, {
    name: 'load_plans',
    text: READS.plans,
    values: [workspaceIds, missing],
  })
  for (const { hash, plan } of found) plans.keep(hash, plan)
}
