import type { ItemId, ProjectId } from '@ropewalk/core/ids'
import type { ProjectCommand } from '@ropewalk/core/project/commands'
import { getDependencyKey, makeEmptyProjectState } from '@ropewalk/core/project/state'
import type {
  Deliverable,
  Dependency,
  Item,
  Project,
  ProjectQuestion,
  ProjectState,
  WorkTask,
} from '@ropewalk/core/project/state'
import type { Load, RootRow } from '../../aggregate.ts'
import { makeLock } from '../../reads.ts'
import type { Ask } from '../../reads.ts'
import { collectProjectNeeds } from './collect-needs.ts'
import type { ProjectWants } from './collect-needs.ts'
import { DELIVERABLES, ITEMS, PROJECTS, PROJECT_QUESTIONS } from './project-sql.ts'

/** The project's row: its entity, and the end of its chain. */
export type ProjectRow = Project & RootRow

export const lockProjects = (skip: boolean): string =>
  `SELECT ${PROJECTS.select} FROM ropewalk.projects t WHERE t.id = ANY ($1::uuid[]) ORDER BY t.id ${makeLock(skip)}`

export const LIST_PROJECTS = `SELECT t.workspace_id AS "workspaceId", t.id FROM ropewalk.projects t WHERE t.id = ANY ($1::uuid[])`

/** Items by id ($a), by their tasks ($b) and by the questions that block them ($c). */
const pickItems = (a: string, b: string, c: string): string =>
  `SELECT unnest(${a}::uuid[]) AS id
   UNION SELECT k.item_id FROM ropewalk.tasks k WHERE k.id = ANY (${b}::uuid[])
   UNION SELECT b.id::uuid FROM ropewalk.questions q, json_array_elements_text(q.item_ids) AS b(id)
     WHERE q.id = ANY (${c}::uuid[])`

/** `picked` and everything above it, as the table `name (id, parent_id)`. */
const withAncestors = (name: string, picked: string): string =>
  `${name} AS (
   SELECT i.id, i.parent_id FROM ropewalk.items i WHERE i.id = ANY (ARRAY(${picked}))
   UNION SELECT p.id, p.parent_id FROM ${name} u JOIN ropewalk.items p ON p.id = u.parent_id)`

/** `picked` and everything below it, as the table `name (id)`. */
const withDescendants = (name: string, picked: string): string =>
  `${name} AS (
   SELECT s.id FROM (${picked}) s
   UNION SELECT c.id FROM ${name} d JOIN ropewalk.items c ON c.parent_id = d.id)`

const EDGES = `(SELECT json_agg(d.depends_on_id ORDER BY d.depends_on_id) FROM ropewalk.item_dependencies d
   WHERE d.item_id = t.id) AS "dependsOn"`

const WHOLE = `SELECT ${ITEMS.select}, ${EDGES} FROM ropewalk.items t
   WHERE t.project_id = ANY ($1::uuid[]) AND t.is_deleted IS NOT TRUE ORDER BY t.ordinal`

// What waits for an item may wait for it by way of a parent on either side: so the way leads up from the
// item, over the edge, and down again.
const PART = `WITH RECURSIVE
 ${withAncestors('finished', pickItems('$5', '$6', '$7'))},
 ${withAncestors('asking', pickItems('$8', '$9', '$10'))},
 ${withDescendants(
   'reached',
   `SELECT e.item_id AS id FROM finished f JOIN ropewalk.item_dependencies e ON e.depends_on_id = f.id
    UNION SELECT e.depends_on_id FROM asking a JOIN ropewalk.item_dependencies e ON e.item_id = a.id`,
 )},
 ${withAncestors(
   'loaded',
   `${pickItems('$1', '$2', '$3')}
   UNION SELECT b.id::uuid FROM ropewalk.questions q, json_array_elements_text(q.item_ids) AS b(id)
     WHERE q.project_id = ANY ($4::uuid[]) AND q.status = 'open'
   UNION SELECT f.id FROM finished f UNION SELECT a.id FROM asking a UNION SELECT r.id FROM reached r`,
 )}
 SELECT ${ITEMS.select}, ${EDGES} FROM ropewalk.items t WHERE t.id = ANY (ARRAY(SELECT l.id FROM loaded l))
 ORDER BY t.ordinal`

const HANDED_IN = `WITH RECURSIVE
 own AS (${pickItems('$1', '$2', '$3')}),
 ${withAncestors('asking', 'SELECT o.id FROM own o')},
 ${withDescendants(
   'reached',
   'SELECT e.depends_on_id AS id FROM asking a JOIN ropewalk.item_dependencies e ON e.item_id = a.id',
 )}
 SELECT ${DELIVERABLES.select} FROM ropewalk.deliverables t
 WHERE t.item_id = ANY (ARRAY(SELECT o.id FROM own o UNION SELECT r.id FROM reached r))
   AND (t.status = 'current' OR t.status = 'partial' AND t.item_id = ANY (ARRAY(SELECT o.id FROM own o)))
 ORDER BY t.created_at, t.id`

const OPEN_HANDED_IN = `SELECT ${DELIVERABLES.select} FROM ropewalk.deliverables t
 JOIN ropewalk.items i ON i.id = t.item_id AND i.workspace_id IS NOT DISTINCT FROM t.workspace_id
 WHERE t.project_id = ANY ($1::uuid[]) AND t.status <> 'superseded' AND i.status <> 'done'
 ORDER BY t.created_at, t.id`

const QUESTIONS = `SELECT ${PROJECT_QUESTIONS.select} FROM ropewalk.questions t
 WHERE t.id = ANY (ARRAY(SELECT unnest($1::uuid[]) UNION
   SELECT o.id FROM ropewalk.questions o WHERE o.project_id = ANY ($2::uuid[]) AND o.status = 'open'))
 ORDER BY t.created_at, t.id`

type ItemRow = Item & { readonly dependsOn: readonly ItemId[] | null }

/** A task as the statement for all aggregates gives it. */
type TaskRow = Omit<WorkTask, 'projectId' | 'batch'> & {
  readonly runId: ProjectId
  readonly stage: number
}

type Wanted = { readonly command: ProjectCommand; readonly row: ProjectRow }

/** What projects need beside their rows. */
export const prepareProjects = (of: readonly Wanted[]): Load<ProjectRow, ProjectState> => {
  const wants = collectProjectNeeds(of.map(({ command }) => command))
  const { tasks, openTasks, openTasksOf, openBeside } = wants
  return {
    tasks: { ids: tasks, open: openTasks, openOfItems: openTasksOf, openBeside },
    send: async (ask, readTasks) => {
      const [whole, part, handedIn, questions, taskRows] = await Promise.all([
        loadWhole(ask, wants),
        loadPart(ask, wants),
        loadDeliverables(ask, wants),
        loadQuestions(ask, wants),
        readTasks<TaskRow>(),
      ])
      const items = new Map([...whole, ...part].map((item) => [item.id, item]))
      return makePicker({
        items: Map.groupBy(items.values(), (item) => item.projectId),
        tasks: Map.groupBy(taskRows.map(toWorkTask), (task) => task.projectId),
        deliverables: Map.groupBy(handedIn, (one) => one.projectId),
        questions: Map.groupBy(questions, (question) => question.projectId),
      })
    },
  }
}

const NONE = Promise.resolve([])

const loadWhole = (ask: Ask, { whole }: ProjectWants): Promise<readonly ItemRow[]> =>
  whole.size === 0 ? NONE : ask({ name: 'load_whole_projects', text: WHOLE, values: [[...whole]] })

const loadPart = (ask: Ask, wants: ProjectWants): Promise<readonly ItemRow[]> => {
  const { dependentsOf, deliverablesOf } = wants
  const ofTargets = [dependentsOf, deliverablesOf].flatMap((of) => [of.items, of.tasks, of.questions])
  const sets = [wants.items, wants.tasks, wants.questions, wants.openQuestions, ...ofTargets]
  if (sets.every((set) => set.size === 0)) return NONE
  return ask({ name: 'load_items', text: PART, values: sets.map((set) => [...set]) })
}

const loadDeliverables = async (ask: Ask, wants: ProjectWants): Promise<readonly Deliverable[]> => {
  const { items, tasks, questions } = wants.deliverablesOf
  const values = [[...items], [...tasks], [...questions]]
  const of = [...wants.openDeliverables]
  const parts = await Promise.all([
    values.every((ids) => ids.length === 0)
      ? NONE
      : ask<Deliverable>({ name: 'load_deliverables', text: HANDED_IN, values }),
    of.length === 0
      ? NONE
      : ask<Deliverable>({ name: 'load_open_deliverables', text: OPEN_HANDED_IN, values: [of] }),
  ])
  return parts.flat()
}

const loadQuestions = (ask: Ask, wants: ProjectWants): Promise<readonly ProjectQuestion[]> => {
  const { questions, openQuestions } = wants
  if (questions.size === 0 && openQuestions.size === 0) return NONE
  const values = [[...questions], [...openQuestions]]
  return ask({ name: 'load_project_questions', text: QUESTIONS, values })
}

const toWorkTask = ({ runId: projectId, stage: batch, ...task }: TaskRow): WorkTask => ({
  ...task,
  projectId,
  batch,
})

type Children = {
  readonly items: ReadonlyMap<string, ItemRow[]>
  readonly tasks: ReadonlyMap<string, WorkTask[]>
  readonly deliverables: ReadonlyMap<string, Deliverable[]>
  readonly questions: ReadonlyMap<string, ProjectQuestion[]>
}

const byId = <T extends { readonly id: string }>(children: readonly T[] = []) =>
  new Map<string, T>(children.map((child) => [child.id, child]))

/** What makes the state of one project out of the children of all. */
const makePicker =
  (of: Children) =>
  (row: ProjectRow): ProjectState => {
    const items = of.items.get(row.id) ?? []
    const edges = items.flatMap(({ id: itemId, dependsOn }) =>
      (dependsOn ?? []).map((dependsOnId): Dependency => ({ itemId, dependsOnId })),
    )
    return {
      ...makeEmptyProjectState(),
      project: row,
      items: byId(items),
      dependencies: new Map(edges.map((edge) => [getDependencyKey(edge), edge])),
      tasks: byId(of.tasks.get(row.id)),
      deliverables: byId(of.deliverables.get(row.id)),
      questions: byId(of.questions.get(row.id)),
    }
  }
