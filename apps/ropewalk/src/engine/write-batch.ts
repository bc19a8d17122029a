import type { PgBoss } from 'pg-boss'
import type { Connection, Statement } from '../store/open.ts'
import { overRows } from '../store/table-sql.ts'
import type { Row } from '../store/table-sql.ts'
import { APPEND_ENTRIES } from './append-entries.ts'
import type { DecidedBatch } from './decide-batch.ts'
import { makeJobStatements } from './effect-jobs.ts'
import { WRITES } from './writes.ts'
import type { Rows } from './writes.ts'

/**
 * Writes what a batch decided and commits, in one round trip: state, jobs, kept answers, and last the ledger.
 * Once it resolves everything is durable; when it throws nothing is, unless the connection broke at COMMIT.
 */
export const writeBatch = async (client: Connection, batch: DecidedBatch, boss: PgBoss): Promise<void> => {
  const statements = [...makeStateStatements(batch.rows), ...(await makeJobStatements(boss, batch.jobs))]
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

const byField = (...fields: readonly string[]) => {
  const getKey = ({ of }: Row): string => fields.map((field) => String(Reflect.get(of, field))).join('/')
  return (a: Row, b: Row): number => (getKey(a) < getKey(b) ? -1 : 1)
}

const byId = byField('id')
const byDigest = byField('digest')
const byAnswer = byField('route', 'key')

const onceEach = (rows: readonly Row[]): Row[] => [
  ...new Map(
    rows.map((row) => [`${row.workspaceId}/${String(Reflect.get(row.of, 'digest'))}`, row]),
  ).values(),
]

const makeStateStatements = (rows: Rows): Statement[] => {
  // Heartbeats lock several tasks at once too, in this order.
  rows.updateTasks.sort(byId)
  rows.nameBlobs = onceEach(rows.nameBlobs).sort(byDigest)
  // In order, because two processes may keep the same keys at once and wait for each other.
  rows.insertAnswers.sort(byAnswer)
  return (Object.keys(rows) as (keyof Rows)[])
    .filter((name) => rows[name].length > 0)
    .map((name) => overRows(WRITES[name], rows[name]))
}
