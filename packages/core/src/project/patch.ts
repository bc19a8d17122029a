import { RopewalkError } from '../errors.ts'
import { withEntry } from '../layered-map.ts'
import type { Item, Project, ProjectQuestion, ProjectState, WorkTask } from './state.ts'

const fail = (what: string): never => {
  throw new RopewalkError(
    'INVARIANT_BROKEN',
    `A project's history names ${what} that its state does not hold.`,
  )
}

/** The project of a state that must have one. Throws INVARIANT_BROKEN. */
export const expectProject = (state: ProjectState): Project => state.project ?? fail('a project')

/** Throws INVARIANT_BROKEN for an item that was not loaded. */
export const expectItem = (state: ProjectState, id: string): Item =>
  state.items.get(id) ?? fail(`the item ${id}`)

/** Throws INVARIANT_BROKEN for a task that was not loaded. */
export const expectWork = (state: ProjectState, id: string): WorkTask =>
  state.tasks.get(id) ?? fail(`the task ${id}`)

/** Throws INVARIANT_BROKEN for a question that was not loaded. */
export const expectProjectQuestion = (state: ProjectState, id: string): ProjectQuestion =>
  state.questions.get(id) ?? fail(`the question ${id}`)

export const patchProject = (state: ProjectState, patch: Partial<Project>): ProjectState => ({
  ...state,
  project: { ...expectProject(state), ...patch },
})

export const patchWork = (state: ProjectState, id: string, patch: Partial<WorkTask>): ProjectState => ({
  ...state,
  tasks: withEntry(state.tasks, id, { ...expectWork(state, id), ...patch }),
})

export const putQuestion = (state: ProjectState, question: ProjectQuestion): ProjectState => ({
  ...state,
  questions: withEntry(state.questions, question.id, question),
})

/** The item's parent, that one's parent and so on, nearest first. Throws INVARIANT_BROKEN where one is not loaded. */
export const getAncestors = (state: ProjectState, { parentId }: Item): readonly Item[] => {
  const ancestors: Item[] = []
  for (let id = parentId; id !== null;) {
    const parent = expectItem(state, id)
    ancestors.push(parent)
    id = parent.parentId
  }
  return ancestors
}

/** Whether an item holds others; its status is then theirs. */
export const isParent = ({ children }: Item): boolean => Object.keys(children).length > 0
