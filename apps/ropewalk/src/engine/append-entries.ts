import { makeRowsSql } from '../store/table-sql.ts'

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
