import { artifacts, dossiers, evidencePacks } from '../store/tables/evidence.ts'
import { idempotency } from '../store/tables/ledger.ts'
import { questions, reservations } from '../store/tables/questions.ts'
import { phases, plans, runs } from '../store/tables/runs.ts'
import { waivers } from '../store/tables/waivers.ts'
import { attempts, tasks } from '../store/tables/tasks.ts'
import { makeInsert, makeRowsSql, makeTableSql, makeUpdate } from '../store/table-sql.ts'
import type { TableSql } from '../store/table-sql.ts'

export const RUNS = makeTableSql(runs)
export const PHASES = makeTableSql(phases)
export const TASKS = makeTableSql(tasks)
export const QUESTIONS = makeTableSql(questions)
export const RESERVATIONS = makeTableSql(reservations)
export const WAIVERS = makeTableSql(waivers)

/** Columns of a table that `evolve` may change after the row was made; the others are written once. */
const changing = (table: TableSql, fixed: readonly string[]): readonly string[] => {
  const keys = table.keys.map((key) => key.key)
  return table.columns
    .map((column) => column.key)
    .filter((key) => !keys.includes(key) && !fixed.includes(key))
}

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

/** One statement per table and kind of write. */
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
  updateRuns: makeUpdate('update_runs', RUNS, changing(RUNS, RUN_IDENTITY)),
  insertPhases: makeInsert('insert_phases', PHASES),
  updatePhases: makeUpdate('update_phases', PHASES, changing(PHASES, [])),
  insertTasks: makeInsert('insert_tasks', TASKS),
  updateTasks: makeUpdate('update_tasks', TASKS, changing(TASKS, [...TASK_IDENTITY, ...TASK_PROGRESS])),
  insertAttempts: makeInsert('insert_attempts', makeTableSql(attempts)),
  insertArtifacts: makeInsert('insert_artifacts', makeTableSql(artifacts)),
  insertPacks: makeInsert('insert_packs', makeTableSql(evidencePacks)),
  insertDossiers: makeInsert('insert_dossiers', makeTableSql(dossiers), 'ON CONFLICT DO NOTHING'),
  insertQuestions: makeInsert('insert_questions', QUESTIONS),
  updateQuestions: makeUpdate('update_questions', QUESTIONS, changing(QUESTIONS, QUESTION_IDENTITY)),
  insertReservations: makeInsert('insert_reservations', RESERVATIONS),
  updateReservations: makeUpdate(
    'update_reservations',
    RESERVATIONS,
    changing(RESERVATIONS, RESERVATION_IDENTITY),
  ),
  insertWaivers: makeInsert('insert_waivers', WAIVERS),
  updateWaivers: makeUpdate('update_waivers', WAIVERS, changing(WAIVERS, WAIVER_IDENTITY)),
  nameBlobs: makeRowsSql(
    'name_blobs',
    { workspaceId: 'text', digest: 'text' },
    (rows) => `UPDATE ropewalk.blobs AS t SET named = true FROM ${rows}
      WHERE t.workspace_id = r."workspaceId" AND t.digest = r.digest AND t.named IS NOT TRUE`,
  ),
  insertAnswers: makeInsert('insert_answers', makeTableSql(idempotency)),
} as const

/**
 * The counters are locked in order and moved on; the batch's events take the numbers in between. Nothing
 * may follow but COMMIT, so that numbers appear in the order in which they were drawn. A workspace without
 * a counter leaves position null, which fails the batch. `n` counts from 1 in each workspace; after the
 * columns of the rows come the workspaces and how many rows each has.
 */
export const APPEND_ENTRIES = makeRowsSql(
  'append_entries',
  {
    n: 'bigint',
    streamId: 'text',
    seq: 'bigint',
    workspaceId: 'text',
    events: 'integer',
    types: 'text',
    at: 'timestamp(3) with time zone',
    body: 'text',
    hash: 'text',
  },
  (rows) => `WITH locked AS MATERIALIZED (
      SELECT p.workspace_id FROM ropewalk.workspace_positions p
      WHERE p.workspace_id = ANY ($10::text[]) ORDER BY p.workspace_id FOR NO KEY UPDATE
    ), moved AS (
      UPDATE ropewalk.workspace_positions p SET last = p.last + c.count
      FROM locked l JOIN unnest($10::text[], $11::bigint[]) AS c(id, count) ON c.id = l.workspace_id
      WHERE p.workspace_id = l.workspace_id
      RETURNING p.workspace_id, p.last - c.count AS before
    )
    INSERT INTO ropewalk.ledger (stream_id, seq, workspace_id, position, events, types, at, body, hash)
    SELECT r."streamId", r.seq, r."workspaceId", m.before + r.n, r.events, r.types, r.at, r.body, r.hash
    FROM ${rows} LEFT JOIN moved m ON m.workspace_id = r."workspaceId"`,
)

const OPEN_TASKS = `('pending', 'ready', 'running', 'parked')`

/** Ids given, and of the runs given those that are open. */
const wanted = (table: string, open: string): string =>
  `t.id = ANY (ARRAY(SELECT unnest($1::uuid[]) UNION
     SELECT o.id FROM ${table} o WHERE o.run_id = ANY ($2::uuid[]) AND o.status IN ${open}))`

const lock = (skip: boolean): string => `FOR NO KEY UPDATE OF t${skip ? ' SKIP LOCKED' : ''}`

/**
 * Statements that read, and lock what must be locked, in the order of their rows' keys. That rows are of
 * the batch's workspaces is row security's part; that they are of the command's own is the loader's.
 */
export const READS = {
  lockWorkspaces: (skip: boolean) =>
    `SELECT t.id, t.cap_micros AS "capMicros", t.granted_micros AS "grantedMicros", t.spent_micros AS "spentMicros"
     FROM ropewalk.workspaces t WHERE t.workspace_id = ANY ($1::text[]) ORDER BY t.workspace_id ${lock(skip)}`,
  listWorkspaces: 'SELECT t.id FROM ropewalk.workspaces t WHERE t.workspace_id = ANY ($1::text[])',
  lockRuns: (skip: boolean) =>
    `SELECT ${RUNS.select} FROM ropewalk.runs t WHERE t.id = ANY ($1::uuid[]) ORDER BY t.id ${lock(skip)}`,
  listRuns: `SELECT t.workspace_id AS "workspaceId", t.id FROM ropewalk.runs t WHERE t.id = ANY ($1::uuid[])`,
  now: 'SELECT ropewalk.now() AS now',
  answers: `SELECT t.workspace_id AS "workspaceId", t.route, t.key, t.body_digest AS "bodyDigest", t.answer
     FROM json_to_recordset($1::json) AS r("workspaceId" text, route text, key text)
     JOIN ropewalk.idempotency t ON t.workspace_id = r."workspaceId" AND t.route = r.route AND t.key = r.key`,
  plans: `SELECT t.hash, t.plan FROM ropewalk.plans t
     WHERE t.workspace_id = ANY ($1::text[]) AND t.hash = ANY ($2::text[])`,
  phases: `SELECT ${PHASES.select} FROM ropewalk.phases t WHERE t.run_id = ANY ($1::uuid[])`,
  // Claims and heartbeats write tasks without the run's lock, so tasks are locked themselves.
  tasks: `SELECT ${TASKS.select} FROM ropewalk.tasks t WHERE ${wanted('ropewalk.tasks', OPEN_TASKS)}
     ORDER BY t.id FOR NO KEY UPDATE OF t`,
  questions: `SELECT ${QUESTIONS.select} FROM ropewalk.questions t
     WHERE ${wanted('ropewalk.questions', `('open')`)} ORDER BY t.id`,
  reservations: `SELECT ${RESERVATIONS.select} FROM ropewalk.reservations t
     WHERE ${wanted('ropewalk.reservations', `('open')`)} ORDER BY t.id`,
  waivers: `SELECT ${WAIVERS.select} FROM ropewalk.waivers t
     WHERE ${wanted('ropewalk.waivers', `('requested', 'active')`)} ORDER BY t.id`,
} as const
