import { getChanging, makeInsert, makeRowsSql, makeTableSql, makeUpdate } from '../../../store/table-sql.ts'
import {
  deliverables,
  itemDependencies,
  items,
  projectQuestions,
  projects,
  workTasks,
} from '../../../store/tables/backlog.ts'

export const PROJECTS = makeTableSql(projects)
export const ITEMS = makeTableSql(items)
export const DELIVERABLES = makeTableSql(deliverables)
export const PROJECT_QUESTIONS = makeTableSql(projectQuestions, ['category', 'priority'])
export const WORK_TASKS = makeTableSql(workTasks)

const PROJECT_IDENTITY = ['mode', 'template', 'templateHash', 'createdAt']
const ITEM_IDENTITY = ['projectId', 'ordinal', 'provenance', 'createdAt']
const QUESTION_IDENTITY = [
  'projectId',
  'kind',
  'askedBy',
  'text',
  'fields',
  'form',
  'category',
  'priority',
  'impact',
  'defaultAnswer',
  'defaultValues',
  'quorum',
  'createdAt',
]
const TASK_IDENTITY = [
  'projectId',
  'itemId',
  'phase',
  'round',
  'batch',
  'agent',
  'kind',
  'taskKey',
  'modelCalls',
  'usage',
  'createdAt',
]
/** Set by claims and heartbeats; here only by a claim that came as a command. */
const CLAIM_CLOCKS = ['timeoutAt', 'overdueAt']

/** The statements that write projects; part of `WRITES`. */
export const PROJECT_WRITES = {
  insertProjects: makeInsert('insert_projects', PROJECTS),
  updateProjects: makeUpdate('update_projects', PROJECTS, getChanging(PROJECTS, PROJECT_IDENTITY)),
  insertItems: makeInsert('insert_items', ITEMS),
  updateItems: makeUpdate('update_items', ITEMS, getChanging(ITEMS, ITEM_IDENTITY)),
  insertDependencies: makeInsert('insert_dependencies', makeTableSql(itemDependencies)),
  deleteDependencies: makeRowsSql(
    'delete_dependencies',
    { workspaceId: 'text', itemId: 'uuid', dependsOnId: 'uuid' },
    (rows) => `DELETE FROM ropewalk.item_dependencies AS t USING ${rows} WHERE t.item_id = r."itemId"
      AND t.depends_on_id = r."dependsOnId" AND t.workspace_id IS NOT DISTINCT FROM r."workspaceId"`,
  ),
  insertDeliverables: makeInsert('insert_deliverables', DELIVERABLES),
  updateDeliverables: makeUpdate('update_deliverables', DELIVERABLES, ['status']),
  insertProjectQuestions: makeInsert('insert_project_questions', PROJECT_QUESTIONS),
  updateProjectQuestions: makeUpdate(
    'update_project_questions',
    PROJECT_QUESTIONS,
    getChanging(PROJECT_QUESTIONS, QUESTION_IDENTITY),
  ),
  insertWorkTasks: makeInsert('insert_work_tasks', WORK_TASKS),
  updateWorkTasks: makeUpdate(
    'update_work_tasks',
    WORK_TASKS,
    getChanging(WORK_TASKS, TASK_IDENTITY),
    CLAIM_CLOCKS,
  ),
} as const
