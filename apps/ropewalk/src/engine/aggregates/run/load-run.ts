import type { RunPlan } from '@ropewalk/core/contract/run-plan'
import type { RunId, WorkspaceId } from '@ropewalk/core/ids'
import { getNeeds } from '@ropewalk/core/run/commands'
import type { Needs, RunCommand } from '@ropewalk/core/run/commands'
import { makeEmptyRunState } from '@ropewalk/core/run/state'
import type { Phase, Question, Reservation, Run, RunState, Task, Waiver } from '@ropewalk/core/run/state'
import type { Load, RootRow } from '../../aggregate.ts'
import type { PlanCache } from '../../plan-cache.ts'
import { makeLock, wanted } from '../../reads.ts'
import type { Ask } from '../../reads.ts'
import type { RunCache } from '../../run-cache.ts'
import { PHASES, QUESTIONS, RESERVATIONS, RUNS, WAIVERS } from '../../writes.ts'

/** The run's row: its entity, and the end of its chain. */
export type RunRow = Run & RootRow

/** What this process remembers of runs between batches. */
export type RunCaches = { readonly plans: PlanCache; readonly runs: RunCache }

export const lockRuns = (skip: boolean): string =>
  `SELECT ${RUNS.select} FROM ropewalk.runs t WHERE t.id = ANY ($1::uuid[]) ORDER BY t.id ${makeLock(skip)}`

export const LIST_RUNS = `SELECT t.workspace_id AS "workspaceId", t.id FROM ropewalk.runs t WHERE t.id = ANY ($1::uuid[])`

const PLANS = `SELECT t.hash, t.plan FROM ropewalk.plans t
     WHERE t.workspace_id = ANY ($1::text[]) AND t.hash = ANY ($2::text[])`
const PHASES_OF_RUNS = `SELECT ${PHASES.select} FROM ropewalk.phases t WHERE t.run_id = ANY ($1::uuid[])`

const CHILDREN = {
  questions: `SELECT ${QUESTIONS.select} FROM ropewalk.questions t
     WHERE ${wanted('ropewalk.questions', 'run_id', `('open')`)} ORDER BY t.id`,
  reservations: `SELECT ${RESERVATIONS.select} FROM ropewalk.reservations t
     WHERE ${wanted('ropewalk.reservations', 'run_id', `('open')`)} ORDER BY t.id`,
  waivers: `SELECT ${WAIVERS.select} FROM ropewalk.waivers t
     WHERE ${wanted('ropewalk.waivers', 'run_id', `('requested', 'active')`)} ORDER BY t.id`,
} as const

type Wanting = { readonly ids: Set<string>; readonly open: Set<string> }

const KINDS = ['tasks', 'questions', 'reservations', 'waivers'] as const

/** What all commands need together: ids by name, and runs whose open children are needed. */
const collectNeeds = (commands: readonly RunCommand[]) => {
  const makeWanting = (): Wanting => ({ ids: new Set(), open: new Set() })
  const wants = {
    tasks: makeWanting(),
    questions: makeWanting(),
    reservations: makeWanting(),
    waivers: makeWanting(),
  }
  for (const command of commands) {
    const needs: Needs = getNeeds(command)
    for (const kind of KINDS) {
      const need = needs[kind]
      if (need === 'open') wants[kind].open.add(command.runId)
      else for (const id of need) wants[kind].ids.add(id)
    }
    // An ended task is no open one, and yet the decider must see it to say that the attempt is stale.
    if ('taskId' in command) wants.tasks.ids.add(command.taskId)
    if ('questionId' in command) wants.questions.ids.add(command.questionId)
  }
  return wants
}

type Wanted = { readonly command: RunCommand; readonly row: RunRow }

/** The tasks of results that need not be read, by command. */
const findKnownTasks = (of: readonly Wanted[], cache: RunCache): ReadonlyMap<RunCommand, Task> => {
  const known = new Map<RunCommand, Task>()
  for (const { command, row } of of) {
    const task = cache.findTask(row.headHash, command)
    if (task !== undefined) known.set(command, task)
  }
  return known
}

/** What runs need beside their rows: children by need, phases and plans that are not known yet. */
export const prepareRuns = (of: readonly Wanted[], caches: RunCaches): Load<RunRow, RunState> => {
  const { plans, runs: cache } = caches
  const known = findKnownTasks(of, cache)
  const wants = collectNeeds(of.map(({ command }) => command).filter((command) => !known.has(command)))
  const rows = [...new Set(of.map(({ row }) => row))]
  return {
    tasks: wants.tasks,
    send: async (ask, readTasks) => {
      const load = <T>(name: keyof typeof CHILDREN): Promise<readonly T[]> => {
        const { ids, open } = wants[name]
        if (ids.size === 0 && open.size === 0) return Promise.resolve([])
        return ask<T>({
          name: `load_${name}`,
          text: CHILDREN[name],
          values: [[...ids], [...open]],
        })
      }
      const [phases, tasks, questions, reservations, waivers] = await Promise.all([
        loadPhases(ask, rows, cache),
        readTasks<Task>(),
        load<Question>('questions'),
        load<Reservation>('reservations'),
        load<Waiver>('waivers'),
        loadPlans(ask, rows, plans),
      ])
      return makePicker(caches, {
        phases: byRun(phases),
        // What was read anew counts more than what was known.
        tasks: byRun([...known.values(), ...tasks]),
        questions: byRun(questions),
        reservations: byRun(reservations),
        waivers: byRun(waivers),
      })
    },
  }
}

const byRun = <T extends { readonly runId: RunId }>(children: readonly T[]): ReadonlyMap<string, T[]> =>
  Map.groupBy(children, (child) => child.runId)

type Children = {
  readonly phases: ReadonlyMap<string, Phase[]>
  readonly tasks: ReadonlyMap<string, Task[]>
  readonly questions: ReadonlyMap<string, Question[]>
  readonly reservations: ReadonlyMap<string, Reservation[]>
  readonly waivers: ReadonlyMap<string, Waiver[]>
}

const byId = <T extends { readonly id: string }>(children: readonly T[] = []) =>
  new Map<string, T>(children.map((child) => [child.id, child]))

/** What makes the state of one run out of the children of all. */
const makePicker =
  ({ plans, runs: cache }: RunCaches, of: Children) =>
  (row: RunRow): RunState => {
    const { id, planHash, headHash } = row
    const plan = plans.find(planHash)
    return {
      ...makeEmptyRunState(plan),
      run: row,
      phases: cache.findPhases(headHash) ?? inPlanOrder(of.phases.get(id) ?? [], plan),
      tasks: byId(of.tasks.get(id)),
      questions: byId(of.questions.get(id)),
      reservations: byId(of.reservations.get(id)),
      waivers: byId(of.waivers.get(id)),
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

const loadPhases = (ask: Ask, rows: readonly RunRow[], cache: RunCache): Promise<readonly Phase[]> => {
  const unknown = rows.filter(({ headHash }) => cache.findPhases(headHash) === undefined)
  if (unknown.length === 0) return Promise.resolve([])
  const values = [unknown.map(({ id }) => id)]
  return ask<Phase>({ name: 'load_phases', text: PHASES_OF_RUNS, values })
}

const loadPlans = async (ask: Ask, rows: readonly RunRow[], plans: PlanCache): Promise<void> => {
  const without = rows.filter(({ planHash }) => plans.find(planHash) === undefined)
  if (without.length === 0) return
  const workspaceIds: readonly WorkspaceId[] = [...new Set(without.map(({ workspaceId }) => workspaceId))]
  const found = await ask<{ hash: string; plan: RunPlan }>({
    name: 'load_plans',
    text: PLANS,
    values: [workspaceIds, [...new Set(without.map(({ planHash }) => planHash))]],
  })
  for (const { hash, plan } of found) plans.keep(hash, plan)
}
