import { getProjectNeeds } from '@ropewalk/core/project/commands'
import type { ProjectCommand } from '@ropewalk/core/project/commands'

/** What many commands need together, by the ways in which it is found. */
export type ProjectWants = {
  /** Projects of which all items and edges are needed, open questions, open tasks. */
  readonly whole: Set<string>
  readonly openQuestions: Set<string>
  readonly openTasks: Set<string>
  readonly items: Set<string>
  readonly tasks: Set<string>
  readonly questions: Set<string>
  readonly openTasksOf: Set<string>
  /** Tasks whose items' open tasks are needed. */
  readonly openBeside: Set<string>
  readonly dependentsOf: Targets
  readonly deliverablesOf: Targets
  /** Projects of which what is handed in for items that are not done is needed. */
  readonly openDeliverables: Set<string>
}

/** Items by id, by their tasks, and by the questions that block them. */
export type Targets = {
  readonly items: Set<string>
  readonly tasks: Set<string>
  readonly questions: Set<string>
}

const makeTargets = (): Targets => ({ items: new Set(), tasks: new Set(), questions: new Set() })

const makeWants = (): ProjectWants => ({
  whole: new Set(),
  openQuestions: new Set(),
  openTasks: new Set(),
  items: new Set(),
  tasks: new Set(),
  questions: new Set(),
  openTasksOf: new Set(),
  openBeside: new Set(),
  dependentsOf: makeTargets(),
  deliverablesOf: makeTargets(),
  openDeliverables: new Set(),
})

const addAll = (to: Set<string>, values: Iterable<string>): void => {
  for (const value of values) to.add(value)
}

const addCommand = (wants: ProjectWants, command: ProjectCommand): void => {
  const { projectId } = command
  const needs = getProjectNeeds(command)
  if (needs.items === 'all') wants.whole.add(projectId)
  else addAll(wants.items, needs.items)
  addAll(wants.tasks, needs.tasks)
  if (needs.questions === 'open' || needs.openQuestionsToo) wants.openQuestions.add(projectId)
  if (needs.questions !== 'open') addAll(wants.questions, needs.questions)
  if (needs.openTasksOf === 'all') wants.openTasks.add(projectId)
  else if (needs.openTasksOf === 'of-tasks') addAll(wants.openBeside, needs.tasks)
  else addAll(wants.openTasksOf, needs.openTasksOf)
  if (needs.dependentsOf === 'of-tasks') addAll(wants.dependentsOf.tasks, needs.tasks)
  else addAll(wants.dependentsOf.items, needs.dependentsOf)
  if (needs.deliverablesOf === 'of-tasks') addAll(wants.deliverablesOf.tasks, needs.tasks)
  else if (needs.deliverablesOf === 'of-questions') {
    addAll(wants.deliverablesOf.questions, needs.questions === 'open' ? [] : needs.questions)
  } else addAll(wants.deliverablesOf.items, needs.deliverablesOf)
  if (needs.openDeliverables) wants.openDeliverables.add(projectId)
}

/** What all commands of a batch need. */
export const collectProjectNeeds = (commands: readonly ProjectCommand[]): ProjectWants => {
  const wants = makeWants()
  for (const command of commands) addCommand(wants, command)
  return wants
}
