import type { PgBoss } from 'pg-boss'
import type { Connection, Statement } from '../store/open.ts'
import { leaveSameJson, overRows } from '../store/table-sql.ts'
import type { Row } from '../store/table-sql.ts'
import { APPEND_ENTRIES, PHASES, TASKS, WRITES } from './aggregate-sql.ts'
import type { DecidedBatch } from './decide-batch.ts'
import { makeJobStatements } from './effect-jobs.ts'
import type { RunInHand } from './run-in-hand.ts'
import { EVENT_FORMAT } from './upgrade-event.ts'

type Rows = Record<keyof typeof WRITES, Row[]>

/**
 * Writes what a batch decided and commits, in one round trip: state, jobs, kept answers, and last the ledger.
 * Once it resolves everything is durable; when it throws nothing is, unless the connection broke at COMMIT.
 */
export const writeBatch = async (client: Connection, batch: DecidedBatch, boss: PgBoss): Promise<void> => {
  const statements = [...makeStateStatements(batch), ...(await makeJobStatements(boss, batch.jobs))]
  if (batch.entries.length > 0) statements.push(makeAppend(batch))
  await Promise.all([
    ...statements.map((statement) => client.query({ ...statement })),
    client.query(statements.length > 0 ? 'COMMIT' : 'ROLLBACK'),
  ])
}

/** The rows of the ledger; `n` is the number of an entry's last event within its workspace, from 1. */
const makeAppend = (batch: DecidedBatch): Statement => {
  const counts = new Map<string, number>()
  const rows = batch.entries.map((entry): Row => {
    const { workspaceId, events } = entry
    const n = (counts.get(workspaceId) ?? 0) + events
    counts.set(workspaceId, n)
    return { workspaceId, of: entry, and: { n } }
  })
  const statement = overRows(APPEND_ENTRIES, rows)
  const totals = [[...counts.keys()], [...counts.values()]]
  return { ...statement, values: [...(statement.values ?? []), ...totals] }
}

const getId = ({ of }: Row): string => String(Reflect.get(of, 'id'))

const byId = (a: Row, b: Row): number => (getId(a) < getId(b) ? -1 : 1)

const toRows = (all: readonly { readonly workspaceId: string }[]): Row[] =>
  all.map((of) => ({ workspaceId: of.workspaceId, of }))

const makeStateStatements = (batch: DecidedBatch): Statement[] => {
  const rows: Rows = {
    insertPlans: batch.plans.map((of) => ({
      workspaceId: of.workspaceId,
      of,
      and: { createdAt: batch.now },
    })),
    updateWorkspaces: batch.workspaces.map((of) => ({ workspaceId: of.id, of })),
    insertRuns: [],
    updateRuns: [],
    insertPhases: [],
    updatePhases: [],
    insertTasks: [],
    updateTasks: [],
    insertAttempts: [],
    insertArtifacts: [],
    insertPacks: [],
    insertDossiers: toRows(batch.dossiers),
    insertQuestions: [],
    updateQuestions: [],
    insertReservations: [],
    updateReservations: [],
    insertWaivers: [],
    updateWaivers: [],
    nameBlobs: toRows(batch.namedDigests.toSorted((a, b) => (a.digest < b.digest ? -1 : 1))),
    // In order, because two processes may keep the same keys at once and wait for each other.
    insertAnswers: toRows(
      batch.answers.toSorted((a, b) => (`${a.route}/${a.key}` < `${b.route}/${b.key}` ? -1 : 1)),
    ),
  }
  for (const run of batch.runs) addRun(rows, run, batch.now)
  // Heartbeats lock several tasks at once too, in this order.
  rows.updateTasks.sort(byId)
  return (Object.keys(rows) as (keyof Rows)[])
    .filter((name) => rows[name].length > 0)
    .map((name) => overRows(WRITES[name], rows[name]))
}

const samePhaseJson = leaveSameJson(PHASES)
const sameTaskJson = leaveSameJson(TASKS)

type Target<T> = {
  readonly added: Row[]
  readonly changed?: Row[]
  /** Columns that the entity does not have, or that need not be written again. */
  readonly onAdd?: (one: T) => Readonly<Record<string, unknown>>
  readonly onChange?: (before: T, after: T) => Readonly<Record<string, unknown>>
}

/** Sorts what differs between stored and decided state into inserts and updates. */
const addRun = (rows: Rows, run: RunInHand, now: string): void => {
  const { workspaceId, stored, state, version, headHash, headAt } = run
  ;(run.isNew ? rows.insertRuns : rows.updateRuns).push({
    workspaceId,
    of: state.run ?? {},
    and: { version, headHash, headAt, eventFormat: EVENT_FORMAT },
  })
  const sort = <T extends object>(
    before: ReadonlyMap<string, T>,
    after: ReadonlyMap<string, T>,
    into: Target<T>,
  ) => {
    for (const [key, of] of after) {
      const old = before.get(key)
      if (old === undefined) into.added.push({ workspaceId, of, and: into.onAdd?.(of) })
      else if (old !== of)
        (into.changed ?? into.added).push({ workspaceId, of, and: into.onChange?.(old, of) })
    }
  }
  sort(stored.phases, state.phases, {
    added: rows.insertPhases,
    changed: rows.updatePhases,
    onChange: samePhaseJson,
  })
  sort(stored.tasks, state.tasks, {
    added: rows.insertTasks,
    changed: rows.updateTasks,
    onChange: sameTaskJson,
  })
  sort(stored.questions, state.questions, { added: rows.insertQuestions, changed: rows.updateQuestions })
  sort(stored.reservations, state.reservations, {
    added: rows.insertReservations,
    changed: rows.updateReservations,
  })
  sort(stored.waivers, state.waivers, { added: rows.insertWaivers, changed: rows.updateWaivers })
  sort(stored.attempts, state.attempts, { added: rows.insertAttempts })
  sort(stored.artifacts, state.artifacts, {
    added: rows.insertArtifacts,
    onAdd: (artifact) => ({ createdAt: artifact.lineage.createdAt }),
  })
  sort(stored.packs, state.packs, {
    added: rows.insertPacks,
    onAdd: (pack) => ({ pack, createdAt: now }),
  })
}
