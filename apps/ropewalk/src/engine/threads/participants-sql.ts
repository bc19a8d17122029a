import { JOIN_CURSOR, SELECT_PARTICIPANT } from './thread-sql.ts'

const PRESENT = `SELECT p.agent_id, p.role, p.gone_at, c.last_read_seq FROM ropewalk.thread_participants p
  ${JOIN_CURSOR} WHERE p.thread_id = $2 AND p.workspace_id IS NOT DISTINCT FROM $1 AND p.gone_at IS NULL`

/** The newest that are looked at: who is further behind is told of these alone, but told. */
const MOST = 100_000

/** What anybody may not have read yet; what ran out is not waited for any more. */
const MESSAGES = `SELECT m.seq, m.sender, m.is_for_all, (m.addressed_to ->> 'role') COLLATE "C" AS role,
    CASE WHEN NOT m.is_for_all THEN m.addressed_to -> 'agents' END AS agents
  FROM ropewalk.messages m
  WHERE m.thread_id = $2 AND m.workspace_id IS NOT DISTINCT FROM $1
    AND m.seq > (SELECT min(last_read_seq) FROM present)
    AND (m.expires_at IS NULL OR m.expires_at > (SELECT ropewalk.now()))
  ORDER BY m.seq DESC LIMIT ${MOST}`

// Each message stands under those it is for, and to be taken off under who wrote it; names have no spaces. Each
// reader looks at the sums under its own headings from where it has read to.
const MARKS = `SELECT '*' AS heading, seq, 1 AS weight, NULL::text AS reader FROM unread WHERE is_for_all
  UNION ALL SELECT 'by ' || sender, seq, -1, NULL FROM unread WHERE is_for_all
  UNION ALL SELECT 'role ' || role, seq, 1, NULL FROM unread WHERE num_nulls(role) = 0
  UNION ALL SELECT 'by ' || sender || ' role ' || role, seq, -1, NULL FROM unread WHERE num_nulls(role) = 0
  UNION ALL SELECT 'to ' || a.name, m.seq, 1, NULL
    FROM unread m, LATERAL json_array_elements_text(m.agents) a(name) WHERE a.name <> m.sender
  UNION ALL SELECT h.heading, p.last_read_seq, 0, p.agent_id
    FROM present p, LATERAL (VALUES ('*'), ('by ' || p.agent_id), ('to ' || p.agent_id), ('role ' || p.role),
      ('by ' || p.agent_id || ' role ' || p.role)) h(heading) WHERE num_nulls(h.heading) = 0`

const SUMS = `SELECT reader, sum(weight) OVER (PARTITION BY heading ORDER BY seq DESC, num_nulls(reader)) AS weight
  FROM marks`

/**
 * All who take or took part in the thread `$2` of the workspace `$1`, with where each stands and how much it has not
 * read. Messages are gone through once for all of them: looked up for each, a long thread of many would take longer
 * than a statement may.
 */
export const READ_PARTICIPANTS = `WITH present AS MATERIALIZED (${PRESENT}), unread AS MATERIALIZED (${MESSAGES}),
    marks AS (${MARKS}), sums AS (${SUMS}),
    counts AS MATERIALIZED (
      SELECT reader, sum(weight)::int AS unread FROM sums WHERE num_nulls(reader) = 0 GROUP BY reader)
  SELECT ${SELECT_PARTICIPANT.replaceAll('t.', 'p.')}, c.last_read_seq AS "lastReadSeq",
    c.delivered_seq AS "deliveredSeq", c.updated_at AS "updatedAt", coalesce(n.unread, 0) AS unread
  FROM ropewalk.thread_participants p ${JOIN_CURSOR} LEFT JOIN counts n ON n.reader = p.agent_id
  WHERE p.thread_id = $2 AND p.workspace_id IS NOT DISTINCT FROM $1 ORDER BY p.joined_at, p.agent_id`
