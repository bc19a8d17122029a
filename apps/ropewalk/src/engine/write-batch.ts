import type { RunEvent } from '@ropewalk/core/run/events'
import type { PoolClient } from 'pg'
import type { PgBoss } from 'pg-boss'
import type { Statement } from '../store/open.ts'
import { overRows } from '../store/table-sql.ts'
import { WRITES } from './aggregate-sql.ts'
import type { DecidedBatch } from './decide-batch.ts'
import { makeJobStatements } from './effect-jobs.ts'
import type { RunInHand } from './run-in-hand.ts'
import { EVENT_FORMAT } from './upgrade-event.ts'

type Rows = Record<Exclude<keyof typeof WRITES, 'appendEvents'>, unknown[]>

/**
 * Writes what a batch decided and commits, in one round trip: state, jobs, kept answers, and last the events.
 * Once it resolves everything is durable; when it throws nothing is, unless the connection broke at COMMIT.
 */
export const writeBatch = async (client: PoolClient, batch: DecidedBatch, boss: PgBoss): Promise<void> => {
  const statements = [...makeStateStatements(batch), ...(await makeJobStatements(boss, batch.jobs))]
  if (batch.events.length > 0) statements.push(makeAppend(batch))
  await Promise.all([
    ...statements.map((statement) => client.query({ ...statement })),
    client.query(statements.length > 0 ? 'COMMIT' : 'ROLLBACK'),
  ])
}

/** The rows of the events, numbered within each workspace from 1. */
const makeAppend = (batch: DecidedBatch): Statement => {
  const counts = new Map<string, number>()
  const rows = batch.events.map((event) => {
    const n = (counts.get(event.workspaceId) ?? 0) + 1
    counts.set(event.workspaceId, n)
    return { ...event, n }
  })
  return overRows('append_events', WRITES.appendEvents, rows)
}

const makeStateStatements = (batch: DecidedBatch): Statement[] => {
  const rows: Rows = {
    insertPlans: batch.plans.map((row) => ({ ...row, createdAt: batch.now })),
    updateWorkspaces: [...batch.workspaces],
    insertRuns: [],
    updateRuns: [],
    insertPhases: [],
    updatePhases: [],
    insertTasks: [],
    updateTasks: [],
    insertAttempts: [],
    insertArtifacts: [],
    insertPacks: [],
    insertDossiers: batch.events.flatMap(makeDossierRow),
    insertQuestions: [],
    updateQuestions: [],
    insertReservations: [],
    updateReservations: [],
    nameBlobs: batch.namedDigests.toSorted((a, b) => (a.digest < b.digest ? -1 : 1)),
    // In order, because two processes may keep the same keys at once and wait for each other.
    insertAnswers: batch.answers.toSorted((a, b) => (`${a.route}/${a.key}` < `${b.route}/${b.key}` ? -1 : 1)),
  }
  for (const run of batch.runs) addRun(rows, run, batch.now)
  return (Object.keys(rows) as (keyof Rows)[])
    .filter((name) => rows[name].length > 0)
    .map((name) => overRows(name, WRITES[name], rows[name]))
}

const makeDossierRow = (event: DecidedBatch['events'][number]): unknown[] => {
  if (event.type !== 'dossier.published') return []
  const { data } = JSON.parse(event.body) as Extract<RunEvent, { type: 'dossier.published' }>
  return [{ ...data, workspaceId: event.workspaceId, runId: event.runId, createdAt: event.at }]
}

/** Sorts what differs between stored and decided state into inserts and updates. */
const addRun = (rows: Rows, run: RunInHand, now: string): void => {
  const { workspaceId, stored, state } = run
  const root = {
    ...state.run,
    workspaceId,
    version: run.version,
    headHash: run.headHash,
    headAt: run.headAt,
    eventFormat: EVENT_FORMAT,
  }
  ;(run.isNew ? rows.insertRuns : rows.updateRuns).push(root)
  const sort = <T extends object>(
    before: ReadonlyMap<string, T>,
    after: ReadonlyMap<string, T>,
    into: { readonly added: unknown[]; readonly changed?: unknown[]; readonly extra?: (one: T) => object },
  ) => {
    for (const [key, one] of after) {
      const old = before.get(key)
      if (old === one) continue
      const row = { ...one, ...into.extra?.(one), workspaceId }
      ;(old === undefined ? into.added : (into.changed ?? into.added)).push(row)
    }
  }
  sort(stored.phases, state.phases, { added: rows.insertPhases, changed: rows.updatePhases })
  sort(stored.tasks, state.tasks, { added: rows.insertTasks, changed: rows.updateTasks })
  sort(stored.questions, state.questions, { added: rows.insertQuestions, changed: rows.updateQuestions })
  sort(stored.reservations, state.reservations, {
    added: rows.insertReservations,
    changed: rows.updateReservations,
  })
  sort(stored.attempts, state.attempts, { added: rows.insertAttempts })
  sort(stored.artifacts, state.artifacts, {
    added: rows.insertArtifacts,
    extra: (artifact) => ({ createdAt: artifact.lineage.createdAt }),
  })
  sort(stored.packs, state.packs, {
    added: rows.insertPacks,
    extra: (pack) => ({ pack, createdAt: now }),
  })
}
