import { getProjectNeeds, type ProjectCommand } from '../../src/project/commands.ts'
import type { Item, ProjectState } from '../../src/project/state.ts'
import { isTerminalTask } from '../../src/run/state.ts'

const filter = <V>(
  all: ReadonlyMap<string, V>,
  keeps: (of: V, id: string) => boolean,
): ReadonlyMap<string, V> => new Map([...all].filter(([id, of]) => keeps(of, id)))

const getLine = (state: ProjectState, id: string): readonly Item[] => {
  const item = state.items.get(id)
  return item ? [item, ...(item.parentId === null ? [] : getLine(state, item.parentId))] : []
}

const isUnder = (state: ProjectState, id: string, roots: ReadonlySet<string>): boolean =>
  getLine(state, id).some((of) => roots.has(of.id))

/** The state as the engine loads it for a command: what `getProjectNeeds` names, and nothing else. */
export const loadFor = (state: ProjectState, command: ProjectCommand): ProjectState => {
  const needs = getProjectNeeds(command)
  const named = new Set<string>(
    needs.items === 'all' ? [...filter(state.items, (of) => !of.isDeleted).keys()] : needs.items,
  )
  const tasks = needs.tasks.flatMap((id) => state.tasks.get(id) ?? [])
  const ofTasks = tasks.map(({ itemId }) => itemId)
  for (const id of ofTasks) named.add(id)
  const questions = filter(state.questions, (of) =>
    (needs.questions === 'open' || needs.openQuestionsToo) && of.status === 'open'
      ? true
      : needs.questions !== 'open' && needs.questions.includes(of.id),
  )
  for (const { itemIds } of questions.values())
    for (const id of itemIds) if (!state.items.get(id)?.isDeleted) named.add(id)
  const line = (ids: Iterable<string>) =>
    new Set([...ids].flatMap((id) => getLine(state, id).map((of) => of.id as string)))
  const edges = [...state.dependencies.values()]
  const rooted = line(needs.dependentsOf === 'of-tasks' ? ofTasks : needs.dependentsOf)
  const dependents = new Set<string>(
    edges.filter(({ dependsOnId }) => rooted.has(dependsOnId)).map(({ itemId }) => itemId),
  )
  for (const id of state.items.keys()) if (isUnder(state, id, dependents)) named.add(id)
  const makers =
    needs.deliverablesOf === 'of-tasks'
      ? ofTasks
      : needs.deliverablesOf === 'of-questions'
        ? [...questions.values()]
            .filter(({ id }) => needs.questions.includes(id))
            .flatMap(({ itemIds }) => itemIds)
        : needs.deliverablesOf
  const makerLine = line(makers)
  const awaited = new Set<string>(
    edges.filter(({ itemId }) => makerLine.has(itemId)).map(({ dependsOnId }) => dependsOnId),
  )
  const inputs = [...state.items.keys()].filter((id) => makers.length > 0 && isUnder(state, id, awaited))
  for (const id of inputs) named.add(id)
  const loaded = line(named)
  const open = needs.openTasksOf === 'of-tasks' ? ofTasks : needs.openTasksOf
  return {
    project: state.project,
    items: filter(state.items, (_, id) => loaded.has(id)),
    dependencies: filter(state.dependencies, ({ itemId }) => loaded.has(itemId)),
    tasks: filter(
      state.tasks,
      (of, id) =>
        needs.tasks.some((task) => task === id) ||
        (!isTerminalTask(of.status) && (open === 'all' || open.includes(of.itemId))),
    ),
    attempts: new Map(),
    deliverables: filter(
      state.deliverables,
      (of) =>
        (makers.some((id) => id === of.itemId) && of.status !== 'superseded') ||
        (inputs.includes(of.itemId) && of.status === 'current') ||
        (needs.openDeliverables &&
          of.status !== 'superseded' &&
          state.items.get(of.itemId)?.status !== 'done'),
    ),
    questions,
  }
}
