import type { WorkInput, WorkOrder } from '../../contract/work-order.ts'
import type { ProjectEventOf } from '../events.ts'
import { expectItem, expectProject, getAncestors } from '../patch.ts'
import type { Item, ProjectState } from '../state.ts'

/** What a task may take in all before its worker is given up. Too short kills honest work, too long hides a hung worker. */
const WORK_MS = 900_000

const MAX_INPUTS = 200

/** The items that an item waits for, itself or by one that holds it. */
const listAwaited = (state: ProjectState, item: Item): ReadonlySet<string> => {
  const waiting = new Set<string>([item, ...getAncestors(state, item)].map(({ id }) => id))
  return new Set(
    [...state.dependencies.values()]
      .filter(({ itemId }) => waiting.has(itemId))
      .map(({ dependsOnId }) => dependsOnId),
  )
}

/** What the items that an item waits for, and all below them, have handed in and still counts; oldest first. */
export const listInputs = (state: ProjectState, item: Item): readonly WorkInput[] => {
  const awaited = listAwaited(state, item)
  const belongs = (id: string): boolean => {
    const maker = state.items.get(id)
    return maker !== undefined && [maker, ...getAncestors(state, maker)].some((of) => awaited.has(of.id))
  }
  return [...state.deliverables.values()]
    .filter(({ status, itemId }) => status === 'current' && belongs(itemId))
    .sort((a, b) =>
      a.createdAt === b.createdAt ? (a.id < b.id ? -1 : 1) : a.createdAt < b.createdAt ? -1 : 1,
    )
    .slice(0, MAX_INPUTS)
    .map(({ id, itemId, name, type, digest }) => ({
      itemId,
      capability: state.items.get(itemId)?.capability ?? null,
      deliverableId: id,
      name,
      type,
      digest,
    }))
}

/** The order of a task that is given out: the item as it stands, with what the event says of this task. */
export const makeOrder = (
  state: ProjectState,
  {
    itemId,
    taskId,
    agentTarget,
    round,
    batch,
    batches,
    workContext,
  }: ProjectEventOf<'WORK.ITEM_DISPATCHED'>['data'],
): WorkOrder => {
  const item = expectItem(state, itemId)
  const { id: projectId, parameters } = expectProject(state)
  return {
    id: taskId,
    projectId,
    itemId,
    kind: item.kind,
    title: item.title,
    description: item.description,
    capability: agentTarget,
    round,
    batch,
    batches,
    records: workContext.records,
    parameters,
    inputs: [...listInputs(state, item)],
    definitionOfDone: [...item.definitionOfDone],
    reasons: [...item.reasons],
    budget: { ms: WORK_MS },
  }
}
