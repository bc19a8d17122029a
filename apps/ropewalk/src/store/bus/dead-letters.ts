import type {
  DeadLetter,
  DeadLetterStatus,
  DeadLetterSummary,
} from '@ropewalk/core/contract/api/dead-letters'
import type { DeadLetterId, WorkspaceId } from '@ropewalk/core/ids'
import { makeCoalescer } from '../coalesce.ts'
import { runRead, runWrite } from '../open.ts'
import type { Store } from '../open.ts'
import { makeRowsSql, makeTableSql, overRows } from '../table-sql.ts'
import { deadLetters } from '../tables/relay.ts'

const TABLE = makeTableSql(deadLetters, ['workspaceId'])
const SUMMARY = makeTableSql(deadLetters, ['workspaceId', 'trace', 'event', 'original'])

/** What is known of a message when it comes to rest; times of the database are not. */
export type NewDeadLetter = Omit<
  DeadLetter,
  'recordedAt' | 'lastSeenAt' | 'status' | 'resolvedAt' | 'resolvedBy' | 'note'
>

// What was sent again and came back is open again, with its tries added up; it may be back before its being sent
// was noted. Anything else that comes a second time is the same failure told twice, after a crash or by another group.
const CAME_BACK = `(excluded.redrives = d.redrives + 1 AND d.status = 'open'
  OR excluded.redrives = d.redrives AND d.status = 'redriven')`
const RENEWED = ['event_id', 'event_type', 'reason', 'schema_id', 'problems', 'topic', 'consumer_group']
  .concat(['error_class', 'error_message', 'trace', 'event', 'original'])
  .map((name) => `${name} = CASE WHEN ${CAME_BACK} THEN excluded.${name} ELSE d.${name} END`)
  .join(', ')

const RECORD = makeRowsSql(
  'record_dead_letters',
  {
    workspaceId: 'text',
    id: 'uuid',
    eventId: 'text',
    eventType: 'text',
    reason: 'text',
    schemaId: 'text',
    problems: 'json',
    topic: 'text',
    consumerGroup: 'text',
    attempts: 'integer',
    firstSeenAt: 'timestamp(3) with time zone',
    errorClass: 'text',
    errorMessage: 'text',
    trace: 'text',
    event: 'json',
    original: 'json',
    redrives: 'integer',
  },
  (rows) => `
INSERT INTO ropewalk.dead_letters AS d (workspace_id, id, recorded_at, event_id, event_type, reason, schema_id,
  problems, topic, consumer_group, attempts, first_seen_at, last_seen_at, error_class, error_message, trace,
  event, original, status, redrives)
SELECT r."workspaceId", r.id, stamp.now, r."eventId", r."eventType", r.reason, r."schemaId",
  r.problems, r.topic, r."consumerGroup", r.attempts, r."firstSeenAt", stamp.now, r."errorClass",
  r."errorMessage", r.trace, r.event, r.original, 'open', r.redrives
FROM ${rows}, (SELECT ropewalk.now() AS now) stamp
ON CONFLICT (id, workspace_id) DO UPDATE SET ${RENEWED},
  attempts = CASE WHEN ${CAME_BACK} THEN d.attempts + excluded.attempts
    ELSE greatest(d.attempts, excluded.attempts) END,
  last_seen_at = excluded.last_seen_at,
  status = CASE WHEN ${CAME_BACK} THEN 'open' ELSE d.status END,
  redrives = CASE WHEN ${CAME_BACK} THEN excluded.redrives ELSE d.redrives END
RETURNING d.id`,
)

// Columns of the row, which no index serves beside the key.
const READ = `
SELECT ${TABLE.select} FROM ropewalk.dead_letters t
WHERE t.id = ANY ($2::uuid[]) AND t.workspace_id IS NOT DISTINCT FROM $1`

/** What writes dead letters of a workspace and gives them as they stand then; several share one write. */
export type RecordDeadLetter = (letter: NewDeadLetter) => Promise<DeadLetter>

const MAX_AT_ONCE = 100

/**
 * What notes messages that came to nothing. One that is noted again only counts: unless it was sent again since,
 * then its row is open once more. Durable when it resolves; safe to repeat. Throws STORE_UNAVAILABLE.
 */
export const makeRecordDeadLetter = (store: Store, workspaceId: WorkspaceId): RecordDeadLetter => {
  const run = async (letters: readonly NewDeadLetter[]) => {
    // One statement may meet a row once; later ones of the same message say nothing new.
    const unique = [...new Map(letters.map((letter) => [letter.id, letter])).values()]
    const sorted = unique.toSorted((a, b) => (a.id < b.id ? -1 : 1))
    const [, found = []] = await runWrite(
      store,
      [workspaceId],
      [
        overRows(
          RECORD,
          sorted.map((of) => ({ workspaceId, of })),
        ),
        { name: 'read_dead_letters', text: READ, values: [workspaceId, sorted.map(({ id }) => id)] },
      ],
    )
    const byId = new Map((found as readonly DeadLetter[]).map((letter) => [letter.id, letter]))
    return letters.map(({ id }) => byId.get(id) ?? new Error(`Dead letter ${id} was not written.`))
  }
  return makeCoalescer({ run, maxItems: MAX_AT_ONCE })
}

/** One whole dead letter, or undefined. Throws STORE_UNAVAILABLE. */
export const findDeadLetter = async (
  store: Store,
  workspaceId: WorkspaceId,
  id: DeadLetterId,
): Promise<DeadLetter | undefined> => {
  const [rows = []] = await runRead(store, workspaceId, [
    { name: 'find_dead_letter', text: READ, values: [workspaceId, [id]] },
  ])
  return (rows as readonly DeadLetter[])[0]
}

export type DeadLetterPage = {
  readonly status: DeadLetterStatus | undefined
  /** Of the row before the first. */
  readonly after: readonly [recordedAt: string, id: string] | undefined
  readonly limit: number
}

/** Dead letters without their content, the newest first, at most `limit`. Throws STORE_UNAVAILABLE. */
export const listDeadLetterRows = async (
  store: Store,
  workspaceId: WorkspaceId,
  { status, after, limit }: DeadLetterPage,
): Promise<readonly DeadLetterSummary[]> => {
  const only = status === undefined ? '' : 'AND t.status = $5'
  const [rows = []] = await runRead(store, workspaceId, [
    {
      name: `list_dead_letters${status === undefined ? '' : '_by_status'}`,
      text: `SELECT ${SUMMARY.select} FROM ropewalk.dead_letters t
        WHERE t.workspace_id = $1 ${only} AND t.recorded_at <= coalesce($2::timestamptz, 'infinity')
          AND ($2::timestamptz IS NULL OR (t.recorded_at, t.id) < ($2::timestamptz, $3::uuid))
        ORDER BY t.recorded_at DESC, t.id DESC LIMIT $4`,
      values: [
        workspaceId,
        after?.[0] ?? null,
        after?.[1] ?? null,
        limit,
        ...(status === undefined ? [] : [status]),
      ],
    },
  ])
  return rows as readonly DeadLetterSummary[]
}

// Only as the caller has seen it: an open row, sent again as often as it says.
const RESOLVE = `
UPDATE ropewalk.dead_letters d SET status = $3, resolved_at = ropewalk.now(), resolved_by = $4, note = $5,
  redrives = $6
WHERE d.id = $2 AND d.workspace_id IS NOT DISTINCT FROM $1 AND d.status IS NOT DISTINCT FROM 'open'
  AND d.redrives = $7
RETURNING 1`

export type Resolution = {
  readonly status: Exclude<DeadLetterStatus, 'open'>
  readonly by: string
  readonly note: string | null
  /** How often it was sent again before, and with this. */
  readonly redrivesBefore: number
  readonly redrives: number
}

/**
 * Closes an open dead letter and says by whom; false when it is open no more, or was sent again meanwhile.
 * Its own transaction. Throws STORE_UNAVAILABLE.
 */
export const resolveDeadLetter = async (
  store: Store,
  of: { readonly workspaceId: WorkspaceId; readonly id: DeadLetterId },
  { status, by, note, redrivesBefore, redrives }: Resolution,
): Promise<boolean> => {
  const values = [of.workspaceId, of.id, status, by, note, redrives, redrivesBefore]
  const [rows = []] = await runWrite(
    store,
    [of.workspaceId],
    [{ name: 'resolve_dead_letter', text: RESOLVE, values }],
  )
  return rows.length > 0
}
