import { withEntry } from '../../layered-map.ts'
import { type Evolvers, unchanged } from '../evolver.ts'
import {
  expectItem,
  expectProject,
  expectProjectQuestion,
  isParent,
  patchProject,
  putQuestion,
} from '../patch.ts'
import { getDependencyKey, type Item, type ProjectState } from '../state.ts'
import { moveTo, patchItem, putItem } from './put-item.ts'

/** What an item is before anything has happened to it. */
const FRESH = {
  status: 'created',
  children: {},
  waitingOn: 0,
  openQuestions: 0,
  round: 0,
  batches: 0,
  batchesDone: 0,
  failures: 0,
  maxRounds: 3,
  blockedReason: null,
  isHeld: false,
  reasons: [],
  failureCategory: null,
  failureMessage: null,
  version: 1,
  isDeleted: false,
  readyAt: null,
  startedAt: null,
  endedAt: null,
} as const satisfies Partial<Item>

/** Moves how many things an item waits for by the edge that was drawn or taken away. */
const countEdge = (
  state: ProjectState,
  edge: { readonly itemId: string; readonly dependsOnId: string; readonly by: number; readonly at: string },
): ProjectState => {
  if (expectItem(state, edge.dependsOnId).status === 'done') return state
  const { waitingOn } = expectItem(state, edge.itemId)
  return patchItem(state, edge.itemId, { waitingOn: waitingOn + edge.by }, edge.at)
}

/** Has an item wait for a question that was asked for others. */
const joinQuestion = (state: ProjectState, itemId: string, questionId: string, at: string): ProjectState => {
  const question = expectProjectQuestion(state, questionId)
  const item = expectItem(state, itemId)
  if (question.itemIds.includes(item.id)) return state
  const joined = putQuestion(state, { ...question, itemIds: [...question.itemIds, item.id] })
  return patchItem(joined, itemId, { openQuestions: item.openQuestions + 1 }, at)
}

/** The backlog: items, where they hang, what they wait for. */
export const itemEvolvers: Evolvers<
  | 'BACKLOG.ITEM_CREATED'
  | 'BACKLOG.ITEM_UPDATED'
  | 'BACKLOG.ITEM_MOVED'
  | 'BACKLOG.ITEM_SPLIT'
  | 'BACKLOG.DEPENDENCY_ADDED'
  | 'BACKLOG.DEPENDENCY_REMOVED'
  | 'BACKLOG.ITEM_READY'
  | 'BACKLOG.ITEM_BLOCKED'
  | 'BACKLOG.ITEM_UNBLOCKED'
  | 'BACKLOG.ITEM_CANCELLED'
  | 'BACKLOG.ITEM_DELETED'
> = {
  'BACKLOG.ITEM_CREATED': (state, { itemId, ...made }, at) => {
    const project = expectProject(state)
    const item: Item = { ...FRESH, ...made, id: itemId, projectId: project.id, createdAt: at }
    const counted = patchProject(state, { itemsMade: Math.max(project.itemsMade, made.ordinal + 1) })
    return putItem(counted, item, at)
  },
  'BACKLOG.ITEM_UPDATED': (state, { itemId, changes }, at) => {
    const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))
    return patchItem(state, itemId, given, at)
  },
  'BACKLOG.ITEM_MOVED': (state, { itemId, parentId }, at) => patchItem(state, itemId, { parentId }, at),
  'BACKLOG.ITEM_SPLIT': unchanged,
  'BACKLOG.DEPENDENCY_ADDED': (state, edge, at) => {
    const drawn = { ...state, dependencies: withEntry(state.dependencies, getDependencyKey(edge), edge) }
    return countEdge(drawn, { ...edge, by: 1, at })
  },
  'BACKLOG.DEPENDENCY_REMOVED': (state, edge, at) => {
    const dependencies = new Map(state.dependencies)
    dependencies.delete(getDependencyKey(edge))
    return countEdge({ ...state, dependencies }, { ...edge, by: -1, at })
  },
  'BACKLOG.ITEM_READY': (state, { itemId }, at) => moveTo(state, itemId, { to: 'ready', at }),
  'BACKLOG.ITEM_BLOCKED': (state, { itemId, from, cause, reason, joins }, at) => {
    const joined = joins === null ? state : joinQuestion(state, itemId, joins, at)
    const held = cause === 'person' ? { isHeld: true } : {}
    if (isParent(expectItem(joined, itemId))) return patchItem(joined, itemId, held, at)
    const patch = { ...held, blockedReason: reason }
    return from === 'blocked'
      ? patchItem(joined, itemId, patch, at)
      : moveTo(joined, itemId, { to: 'blocked', at, ...patch })
  },
  'BACKLOG.ITEM_UNBLOCKED': (state, { itemId, to, questionId }, at) => {
    // An answer takes nothing up that a person has parked.
    const held = questionId === null ? { isHeld: false } : {}
    return to === 'blocked' || isParent(expectItem(state, itemId))
      ? patchItem(state, itemId, held, at)
      : moveTo(state, itemId, { to, at, ...held })
  },
  'BACKLOG.ITEM_CANCELLED': (state, { itemId }, at) => moveTo(state, itemId, { to: 'cancelled', at }),
  'BACKLOG.ITEM_DELETED': (state, { itemId }, at) => patchItem(state, itemId, { isDeleted: true }, at),
}
