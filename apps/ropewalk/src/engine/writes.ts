import { getChanging, makeInsert, makeRowsSql, makeTableSql, makeUpdate } from '../store/table-sql.ts'
import type { Row } from '../store/table-sql.ts'
import { artifacts, dossiers, evidencePacks } from '../store/tables/evidence.ts'
import { idempotency } from '../store/tables/ledger.ts'
import { questions, reservations } from '../store/tables/questions.ts'
import { phases, plans, runs } from '../store/tables/runs.ts'
import { attempts, tasks } from '../store/tables/tasks.ts'
import { waivers } from '../store/tables/waivers.ts'
import { IDENTITY_WRITES } from './aggregates/identity-sql.ts'
import { PROJECT_WRITES } from './aggregates/project/project-sql.ts'
import { THREAD_WRITES } from './aggregates/thread/thread-sql.ts'

export const RUNS = makeTableSql(runs)
export const PHASES = makeTableSql(phases)
export const TASKS = makeTableSql(tasks)
export const QUESTIONS = makeTableSql(questions)
export const RESERVATIONS = makeTableSql(reservations)
export const WAIVERS = makeTableSql(waivers)

const TASK_IDENTITY = ['runId', 'phase', 'round', 'stage', 'agent', 'kind', 'capability', 'spec', 'taskKey']
const TASK_PROGRESS = ['createdAt', 'timeoutAt', 'overdueAt', 'pct', 'etaMs']
const RUN_IDENTITY = ['title', 'mode', 'planHash', 'playbookHash', 'forkOf', 'createdAt']
const QUESTION_IDENTITY = [
  'runId',
  'kind',
  'phase',
  'taskId',
  'askedBy',
  'text',
  'category',
  'priority',
  'decisionImpact',
  'defaultAnswer',
  'fields',
  'form',
  'defaultValues',
  'risk',
  'policy',
  'createdAt',
]
const RESERVATION_IDENTITY = ['runId', 'taskId', 'phase', 'attempt', 'micros', 'tokens', 'createdAt']

const WAIVER_IDENTITY = [
  'runId',
  'phase',
  'rubric',
  'details',
  'owner',
  'justification',
  'compensatingControl',
  'days',
  'quorum',
  'declared',
  'requestedBy',
  'requestedKind',
  'createdAt',
]

/** One statement per table, owner and kind of write. */
export const WRITES = {
  insertPlans: makeInsert('insert_plans', makeTableSql(plans), 'ON CONFLICT DO NOTHING'),
  updateWorkspaces: makeRowsSql(
    'update_workspaces',
    { id: 'text', grantedMicros: 'bigint', spentMicros: 'bigint', capMicros: 'bigint' },
    (rows) => `UPDATE ropewalk.workspaces AS t
      SET granted_micros = r."grantedMicros", spent_micros = r."spentMicros", cap_micros = r."capMicros"
      FROM ${rows} WHERE t.workspace_id = r.id`,
  ),
  insertRuns: makeInsert('insert_runs', RUNS),
  updateRuns: makeUpdate('update_runs', RUNS, getChanging(RUNS, RUN_IDENTITY)),
  insertPhases: makeInsert('insert_phases', PHASES),
  updatePhases: makeUpdate('update_phases', PHASES, getChanging(PHASES, [])),
  insertTasks: makeInsert('insert_tasks', TASKS),
  updateTasks: makeUpdate('update_tasks', TASKS, getChanging(TASKS, [...TASK_IDENTITY, ...TASK_PROGRESS])),
  insertAttempts: makeInsert('insert_attempts', makeTableSql(attempts)),
  insertArtifacts: makeInsert('insert_artifacts', makeTableSql(artifacts)),
  insertPacks: makeInsert('insert_packs', makeTableSql(evidencePacks)),
  insertDossiers: makeInsert('insert_dossiers', makeTableSql(dossiers), 'ON CONFLICT DO NOTHING'),
  insertQuestions: makeInsert('insert_questions', QUESTIONS),
  updateQuestions: makeUpdate('update_questions', QUESTIONS, getChanging(QUESTIONS, QUESTION_IDENTITY)),
  insertReservations: makeInsert('insert_reservations', RESERVATIONS),
  updateReservations: makeUpdate(
    'update_reservations',
    RESERVATIONS,
    getChanging(RESERVATIONS, RESERVATION_IDENTITY),
  ),
  insertWaivers: makeInsert('insert_waivers', WAIVERS),
  updateWaivers: makeUpdate('update_waivers', WAIVERS, getChanging(WAIVERS, WAIVER_IDENTITY)),
  ...PROJECT_WRITES,
  ...THREAD_WRITES,
  ...IDENTITY_WRITES,
  nameBlobs: makeRowsSql(
    'name_blobs',
    { workspaceId: 'text', digest: 'text' },
    (rows) => `UPDATE ropewalk.blobs AS t SET named = true FROM ${rows}
      WHERE t.workspace_id = r."workspaceId" AND t.digest = r.digest AND t.named IS NOT TRUE`,
  ),
  insertAnswers: makeInsert('insert_answers', makeTableSql(idempotency)),
} as const

/** Rows by the statement that writes them. */
export type Rows = Record<keyof typeof WRITES, Row[]>

/** No rows yet. The order of the statements is theirs in `WRITES`. */
export const makeRows = (): Rows => {
  const names = Object.keys(WRITES) as (keyof Rows)[]
  // Every name of WRITES is there, which fromEntries cannot know.
  return Object.fromEntries(names.map((name) => [name, [] as Row[]])) as Rows
}

/** A blob that the ledger names must outlive the sweep. */
export const nameBlob = (rows: Rows, workspaceId: string, digest: string): void => {
  rows.nameBlobs.push({ workspaceId, of: { digest } })
}

/** What `sortRows` does with entities of one kind. */
export type Target<T> = {
  readonly added: Row[]
  readonly changed?: Row[]
  /** Columns that the entity does not have, or that need not be written again. */
  readonly onAdd?: (one: T) => Readonly<Record<string, unknown>>
  readonly onChange?: (before: T, after: T) => Readonly<Record<string, unknown>>
}

/** Sorts what differs between stored and decided entities into inserts and updates. */
export const sortRows = <T extends object>(
  workspaceId: string,
  before: ReadonlyMap<string, T>,
  after: ReadonlyMap<string, T>,
  into: Target<T>,
): void => {
  for (const [key, of] of after) {
    const old = before.get(key)
    if (old === undefined) into.added.push({ workspaceId, of, and: into.onAdd?.(of) })
    else if (old !== of) (into.changed ?? into.added).push({ workspaceId, of, and: into.onChange?.(old, of) })
  }
}
