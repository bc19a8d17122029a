import { artifacts } from '../../store/tables/evidence.ts'
import { questions } from '../../store/tables/questions.ts'
import { phases, runs } from '../../store/tables/runs.ts'
import { attempts, tasks } from '../../store/tables/tasks.ts'
import { waivers } from '../../store/tables/waivers.ts'
import { makeTableSql } from '../../store/table-sql.ts'

/** The columns that readers see: the entity's fields, without what only the store needs. */
export const SELECT = {
  runs: makeTableSql(runs, ['headAt', 'eventFormat', 'version', 'headHash']).select,
  run: makeTableSql(runs, ['headAt', 'eventFormat']).select,
  phases: makeTableSql(phases, ['workspaceId']).select,
  tasks: makeTableSql(tasks, ['workspaceId', 'timeoutAt', 'overdueAt', 'pct', 'etaMs']).select,
  attempts: makeTableSql(attempts, ['workspaceId']).select,
  artifacts: makeTableSql(artifacts, ['workspaceId', 'createdAt']).select,
  questions: makeTableSql(questions, ['workspaceId']).select,
  waivers: makeTableSql(waivers, ['workspaceId']).select,
} as const
