import type { TaskId, WorkspaceId } from '@ropewalk/core/ids'
import { makeCoalescer } from './coalesce.ts'
import { runWrite } from './open.ts'
import type { Store } from './open.ts'
import { makeStaleError } from './stale-attempt.ts'

export type LogLine = {
  readonly seq: number
  readonly at: string
  readonly taskId: TaskId
  readonly attempt: number
  readonly stream: 'out' | 'err' | 'note'
  readonly text: string
}

export type LogToAppend = {
  readonly workspaceId: WorkspaceId
  readonly taskId: TaskId
  readonly attempt: number
  readonly lines: readonly { readonly stream: LogLine['stream']; readonly text: string }[]
}

/** A line beyond it is cut; programs that print without line ends must not fill a page with one. */
const MAX_CHARS = 8_000

// The head row is locked until commit, so lines become readable in the order of their numbers.
const APPEND = `
WITH stamp AS MATERIALIZED (SELECT ropewalk.now() AS now),
given AS MATERIALIZED (
  SELECT * FROM json_to_recordset($1::json) AS g(n int, "workspaceId" text, "taskId" uuid, attempt int,
    stream text, text text)
), held AS MATERIALIZED (
  SELECT t.workspace_id, t.id, t.run_id, t.attempt FROM ropewalk.tasks t
  WHERE t.id = ANY (ARRAY(SELECT g."taskId" FROM given g)) AND t.status IS NOT DISTINCT FROM 'running'
  ORDER BY t.id FOR SHARE OF t
), lines AS MATERIALIZED (
  SELECT h.workspace_id, h.run_id, h.id, h.attempt, g.stream, g.text, g.n,
    row_number() OVER (PARTITION BY h.workspace_id, h.run_id ORDER BY g.n) AS number
  FROM given g JOIN held h ON h.workspace_id = g."workspaceId" AND h.id = g."taskId" AND h.attempt = g.attempt
), heads AS (
  INSERT INTO ropewalk.task_log_heads AS d (workspace_id, run_id, last)
  SELECT l.workspace_id, l.run_id, count(*) FROM lines l GROUP BY 1, 2 ORDER BY 1, 2
  ON CONFLICT (run_id, workspace_id) DO UPDATE SET last = d.last + excluded.last
  RETURNING d.workspace_id, d.run_id, d.last
)
INSERT INTO ropewalk.task_logs (workspace_id, run_id, seq, at, task_id, attempt, stream, text)
SELECT l.workspace_id, l.run_id,
  d.last - count(*) OVER (PARTITION BY l.workspace_id, l.run_id) + l.number,
  stamp.now, l.id, l.attempt, l.stream, l.text
FROM lines l JOIN heads d ON d.workspace_id = l.workspace_id AND d.run_id = l.run_id, stamp
RETURNING workspace_id || '/' || task_id || '/' || attempt AS key`

const getKey = (of: LogToAppend): string => `${of.workspaceId}/${of.taskId}/${of.attempt}`

/** What a program printed, as Postgres can keep it. */
const clean = (text: string): string => text.slice(0, MAX_CHARS).toWellFormed().replaceAll('\0', '\uFFFD')

/**
 * What adds lines to a run's log, numbered per run without a gap. One write for all that arrive together;
 * repeating it adds them again. Throws STALE_ATTEMPT, STORE_UNAVAILABLE.
 */
export const makeAppendLog = (store: Store): ((of: LogToAppend) => Promise<void>) => {
  const run = async (given: readonly LogToAppend[]): Promise<readonly (undefined | Error)[]> => {
    const workspaceIds = [...new Set(given.map((one) => one.workspaceId))]
    const lines = given.flatMap(({ lines: texts, ...of }) =>
      texts.map(({ stream, text }) => ({ ...of, stream, text: clean(text) })),
    )
    const values = [JSON.stringify(lines.map((line, n) => ({ ...line, n })))]
    const [rows = []] = await runWrite(store, workspaceIds, [{ name: 'append_log', text: APPEND, values }])
    const kept = new Set((rows as readonly { key: string }[]).map((row) => row.key))
    return given.map((one) => (kept.has(getKey(one)) ? undefined : makeStaleError(one)))
  }
  const append = makeCoalescer({ run, maxItems: 100 })
  return async (of) => {
    if (of.lines.length > 0) await append(of)
  }
}
