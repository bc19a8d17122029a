import { clipText } from '../../clip.ts'
import { getActor } from '../../draft.ts'
import { addEvent, type Draft } from '../draft.ts'
import { expectProject, getAncestors, isParent } from '../patch.ts'
import type { Dependency, Item, ProjectState } from '../state.ts'
import { letGo } from '../work/let-go.ts'

const isFree = ({ waitingOn, openQuestions, isHeld }: Item): boolean =>
  waitingOn === 0 && openQuestions === 0 && !isHeld

/** Whether nothing that an item or what holds it waits for is missing. */
export const mayGoOn = (state: ProjectState, item: Item): boolean =>
  [item, ...getAncestors(state, item)].every(isFree)

export type Hindrance = {
  readonly cause: 'question' | 'dependency' | 'parent'
  readonly reason: string
}

type Edges = ProjectState['dependencies']

/** Made once for each set of edges: every item that waits is looked at after every command. */
const awaitedOf = new WeakMap<Edges, ReadonlyMap<string, readonly Dependency[]>>()

const listAwaited = ({ dependencies }: ProjectState, { id }: Item): readonly Dependency[] => {
  const known = awaitedOf.get(dependencies) ?? Map.groupBy(dependencies.values(), ({ itemId }) => itemId)
  awaitedOf.set(dependencies, known)
  return known.get(id) ?? []
}

/** What an item waits for that will not come by itself: it has failed or was cancelled. */
const findBroken = (state: ProjectState, items: readonly Item[]): Item | undefined => {
  for (const item of items)
    for (const { dependsOnId } of listAwaited(state, item)) {
      const awaited = state.items.get(dependsOnId)
      if (awaited?.status === 'failed' || awaited?.status === 'cancelled') return awaited
    }
  return undefined
}

const getQuestionText = (state: ProjectState, items: readonly Item[]): string => {
  const asked = [...state.questions.values()].find(
    ({ status, itemIds }) => status === 'open' && items.some(({ id }) => itemIds.includes(id)),
  )
  return asked ? `Waits for an answer: ${asked.text}` : 'Waits for an answer.'
}

/** What blocks an item; undefined for one that only waits for others to be done, or for nothing. */
export const findHindrance = (state: ProjectState, item: Item): Hindrance | undefined => {
  const line = [item, ...getAncestors(state, item)]
  const broken = findBroken(state, line)
  if (broken)
    return {
      cause: 'dependency',
      reason: `Waits for "${broken.title}" (${broken.id}), which is ${broken.status}: retry it, or remove the dependency.`,
    }
  const held = line.slice(1).find(({ isHeld }) => isHeld)
  if (held) return { cause: 'parent', reason: `"${held.title}" (${held.id}), which holds it, was parked.` }
  // Who waits for others too has no use for the answer yet.
  if (line.every(({ waitingOn }) => waitingOn === 0) && line.some(({ openQuestions }) => openQuestions > 0))
    return { cause: 'question', reason: getQuestionText(state, line) }
  return undefined
}

export const describeWaiting = (state: ProjectState, item: Item): Hindrance => {
  const count = [item, ...getAncestors(state, item)].reduce((sum, { waitingOn }) => sum + waitingOn, 0)
  return {
    cause: 'dependency',
    reason: `Waits for ${count} ${count === 1 ? 'item that is' : 'items that are'} not done.`,
  }
}

/** Blocks a leaf; what it holds is let go. */
export const blockItem = (
  draft: Draft,
  item: Item,
  {
    cause,
    reason,
    joins = null,
  }: {
    readonly cause: Hindrance['cause'] | 'person' | 'approval'
    readonly reason: string
    readonly joins?: string | null
  },
): void => {
  const why = clipText(reason, 400, 800)
  letGo(draft, item, why)
  addEvent(draft, 'BACKLOG.ITEM_BLOCKED', {
    itemId: item.id,
    from: draft.state.items.get(item.id)?.status ?? item.status,
    cause,
    reason: why,
    joins: joins === null ? null : joinsId(draft, joins),
  })
}

const joinsId = (draft: Draft, id: string) => {
  const question = draft.state.questions.get(id)
  return question ? question.id : null
}

const settleItem = (draft: Draft, item: Item, isGoing: boolean): void => {
  if (item.isHeld) {
    // It held others when it was parked, and holds none any more.
    if (item.status === 'created' || item.status === 'ready')
      blockItem(draft, item, { cause: 'person', reason: 'It was parked.' })
    return
  }
  const free = mayGoOn(draft.state, item)
  if (free && isGoing) {
    if (item.status === 'created') addEvent(draft, 'BACKLOG.ITEM_READY', { itemId: item.id, from: 'created' })
    else if (item.status === 'blocked')
      addEvent(draft, 'BACKLOG.ITEM_UNBLOCKED', {
        itemId: item.id,
        to: 'ready',
        questionId: draft.decided,
        by: draft.decided === null ? 'engine' : getActor(draft),
      })
    return
  }
  if (free || (item.status !== 'created' && item.status !== 'ready')) return
  const hindrance = findHindrance(draft.state, item)
  if (hindrance) blockItem(draft, item, hindrance)
  // Who was ready has been sent back to waiting: there is no way from ready to created.
  else if (item.status === 'ready') blockItem(draft, item, describeWaiting(draft.state, item))
}

/**
 * Lets those go on that wait for nothing any more, and blocks those that something has come in the way of; of
 * the items that were loaded. Runs after every command. Items of runs follow their run instead.
 */
export const settleItems = (draft: Draft): void => {
  const { status, openProjectQuestions } = expectProject(draft.state)
  const isGoing = status !== 'paused' && openProjectQuestions === 0
  for (const id of draft.state.items.keys()) {
    const item = draft.state.items.get(id)
    if (item && !item.isDeleted && item.runRef === null && !isParent(item)) settleItem(draft, item, isGoing)
  }
}
