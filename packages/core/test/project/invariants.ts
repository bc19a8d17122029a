import { expect } from 'vitest'
import { ItemStatus } from '../../src/contract/item.ts'
import type { ProjectEventAt } from '../../src/project/events.ts'
import { evolveProject, foldProject } from '../../src/project/evolve.ts'
import { deriveStatus } from '../../src/project/items/put-item.ts'
import {
  isTerminalItem,
  type Item,
  makeEmptyProjectState,
  type ProjectState,
} from '../../src/project/state.ts'
import { mayBecome } from '../../src/project/transitions.ts'
import { isTerminalTask } from '../../src/run/state.ts'

const count = (items: readonly Item[]): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const status of ItemStatus.options) {
    const number = items.filter((item) => item.status === status).length
    if (number > 0) counts[status] = number
  }
  return counts
}

const isLeaf = (item: Item): boolean => Object.keys(item.children).length === 0

const checkItem = (state: ProjectState, item: Item): void => {
  const children = [...state.items.values()].filter((of) => of.parentId === item.id && !of.isDeleted)
  expect(item.children, `children of ${item.title}`).toEqual(count(children))
  if (children.length > 0 && !item.isDeleted)
    expect(item.status).toBe(deriveStatus(item.status, item.children))
  const undone = [...state.dependencies.values()].filter(
    ({ itemId, dependsOnId }) => itemId === item.id && state.items.get(dependsOnId)?.status !== 'done',
  )
  expect(item.waitingOn, `what ${item.title} waits for`).toBe(undone.length)
  const waits = [...state.questions.values()].filter(
    ({ status, itemIds }) => status === 'open' && itemIds.includes(item.id),
  )
  if (!item.isDeleted) expect(item.openQuestions, `questions of ${item.title}`).toBe(waits.length)
  expect(item.failures).toBeLessThanOrEqual(item.maxRounds)
}

/** Work is out only of leaves that may have it, and never of one that is blocked or has ended. */
const checkTasks = (state: ProjectState): void => {
  for (const task of state.tasks.values()) {
    if (isTerminalTask(task.status)) continue
    const item = state.items.get(task.itemId)
    expect(['ready', 'in_progress']).toContain(item?.status)
    expect(item?.runRef).toBeNull()
    expect(item?.isDeleted).toBe(false)
    expect(task.round).toBe(item?.round)
    if (item) expect(isLeaf(item)).toBe(true)
  }
  for (const item of state.items.values()) {
    const open = [...state.tasks.values()].filter((of) => of.itemId === item.id && !isTerminalTask(of.status))
    if (item.batches > 0 && item.status !== 'in_review')
      expect(open.length).toBe(item.batches - item.batchesDone)
    if (item.batches === 0) expect(open).toEqual([])
    if (item.status === 'in_progress' && isLeaf(item)) expect(open.length).toBeGreaterThan(0)
    if (item.status === 'in_review')
      expect(
        [...state.questions.values()].some((of) => of.status === 'open' && of.itemIds.includes(item.id)),
      ).toBe(true)
  }
}

/** What must hold of a whole state after every command. */
export const checkState = (state: ProjectState): void => {
  const { project } = state
  if (!project) return
  const all = [...state.items.values()]
  for (const item of all) checkItem(state, item)
  checkTasks(state)
  expect(project.leaves).toEqual(
    count(all.filter((item) => isLeaf(item) && !item.isDeleted && item.runRef === null)),
  )
  const open = [...state.questions.values()].filter(({ status }) => status === 'open')
  expect(project.openQuestions).toBe(open.length)
  expect(project.openProjectQuestions).toBe(open.filter(({ itemIds }) => itemIds.length === 0).length)
  expect(project.held).toBe(all.filter(({ isHeld, isDeleted }) => isHeld && !isDeleted).length)
  if (project.mode === 'autonomous') expect(open).toEqual([])
  for (const question of state.questions.values())
    if (question.status === 'closed')
      expect(question.decidedKind, 'a question closes by a decision').not.toBeNull()
}

/** Every change of a leaf's status is in the map, and a leaf ends once between one retry and the next. */
export const checkHistory = (history: readonly ProjectEventAt[]): void => {
  let state = makeEmptyProjectState()
  for (const event of history) {
    const next = evolveProject(state, event)
    // What reviews itself takes three steps in one event; each was asserted on its way.
    const steps = event.type === 'WORK.ITEM_REVIEWED' ? 3 : 1
    for (const item of next.items.values()) {
      const before = state.items.get(item.id)
      if (!before || before.status === item.status || !isLeaf(item) || !isLeaf(before)) continue
      expect(isTerminalItem(before.status) && before.status !== 'failed', `${item.title} ended twice`).toBe(
        false,
      )
      if (steps === 1)
        expect(mayBecome(before.status, item.status), `${before.status} -> ${item.status}`).toBe(true)
    }
    state = next
  }
}

/** What of a state is history: leases move without events. */
const withoutLeases = (state: ProjectState): ProjectState => ({
  ...state,
  tasks: new Map(
    [...state.tasks].map(([id, task]) => {
      const { leaseUntil: _l, heartbeatAt: _h, ...rest } = task
      return [id, { ...rest, leaseUntil: null, heartbeatAt: null }]
    }),
  ),
})

/** A claim that nobody has told of is not history either. */
const withoutClaims = (state: ProjectState, history: readonly ProjectEventAt[]): ProjectState => {
  const told = new Set(
    history.flatMap((event) =>
      event.type === 'WORK.ITEM_STARTED' ? [`${event.data.taskId}/${event.data.attempt}`] : [],
    ),
  )
  const free = { claimedBy: null, claimedAt: null }
  const queued = state.project?.status === 'paused' ? 'parked' : 'ready'
  return {
    ...state,
    tasks: new Map(
      [...state.tasks].map(([id, task]) =>
        task.status === 'running' && !told.has(`${id}/${task.attempt}`)
          ? [id, { ...task, ...free, status: queued, attempt: task.attempt - 1 }]
          : [id, task],
      ),
    ),
  }
}

export const checkFold = (history: readonly ProjectEventAt[], state: ProjectState): void => {
  expect(withoutLeases(foldProject(history))).toEqual(withoutLeases(withoutClaims(state, history)))
}
