import type { InboxKind } from '@ropewalk/core/contract/api/inbox'

/**
 * What holds up most comes first: a run without money stands still, a question may stand before one item or
 * before all, what has failed or was parked waits for nobody but the person who looks after it.
 */
const RISK_RANK = `CASE coalesce(q.risk, CASE q.priority WHEN 'high' THEN 'high' WHEN 'low' THEN 'low' ELSE 'medium' END)
  WHEN 'high' THEN 2 WHEN 'medium' THEN 3 ELSE 4 END`

const QUESTION = (kind: 'approval' | 'question'): string => `
  SELECT '${kind}'::text AS kind, ${kind === 'approval' ? '2' : RISK_RANK} AS rank, q.id, q.project_id, q.run_id,
    NULL::uuid AS item_id, q.item_ids::text AS item_ids, coalesce(p.name, r.title) AS of, q.text AS title,
    q.decision_impact AS detail,
    coalesce(q.risk, CASE q.priority WHEN 'high' THEN 'high' WHEN 'low' THEN 'low' ELSE 'medium' END) AS risk,
    q.created_at AS since, q.deadline_at, q.policy, q.default_answer, q.form::text AS form, q.quorum
  FROM ropewalk.questions q
  LEFT JOIN ropewalk.projects p ON p.id = q.project_id AND p.workspace_id IS NOT DISTINCT FROM q.workspace_id
  LEFT JOIN ropewalk.runs r ON r.id = q.run_id AND r.workspace_id IS NOT DISTINCT FROM q.workspace_id
  WHERE q.workspace_id = $1 AND q.status = 'open' AND q.kind = '${kind}'`

const NOTHING = `NULL::timestamptz AS deadline_at, NULL::text AS policy, NULL::text AS default_answer,
  NULL::text AS form, NULL::integer AS quorum`

/** Projects that still go on, and those that failed lately; what is left of the others is history. */
const IS_GOING = `(p.status IN ('created', 'in_progress', 'awaiting_input', 'paused')
  OR (p.status = 'failed' AND p.ended_at > ropewalk.now() - interval '7 days'))`

/**
 * The rows of each kind of entry, all with the same columns; `$1` is the workspace. Items that wait for others
 * are not among them: what they wait for is, where it needs a person.
 */
export const INBOX_SOURCES: Readonly<Record<InboxKind, string>> = {
  budget: `
  SELECT 'budget' AS kind, 1 AS rank, r.id, NULL::uuid AS project_id, r.id AS run_id, NULL::uuid AS item_id,
    NULL::text AS item_ids, r.title AS of, 'The run has used up its money.' AS title,
    'It stands still until it is given more, or is cancelled.' AS detail, 'high' AS risk, r.head_at AS since, ${NOTHING}
  FROM ropewalk.runs r WHERE r.workspace_id = $1 AND r.status = 'paused' AND r.pause_reason = 'budget'`,
  approval: QUESTION('approval'),
  question: QUESTION('question'),
  waiver: `
  SELECT 'waiver' AS kind, 4 AS rank, w.id, NULL::uuid AS project_id, w.run_id, NULL::uuid AS item_id,
    NULL::text AS item_ids, r.title AS of, 'Waive ' || w.rubric || ' of the phase ' || w.phase || '?' AS title,
    w.justification AS detail, 'medium' AS risk, w.created_at AS since, NULL::timestamptz AS deadline_at,
    NULL::text AS policy, NULL::text AS default_answer, NULL::text AS form, w.quorum
  FROM ropewalk.waivers w
  JOIN ropewalk.runs r ON r.id = w.run_id AND r.workspace_id IS NOT DISTINCT FROM w.workspace_id
  WHERE w.workspace_id = $1 AND w.status = 'requested'`,
  'failed-item': `
  SELECT 'failed-item' AS kind, 5 AS rank, t.id, t.project_id, NULL::uuid AS run_id, t.id AS item_id,
    NULL::text AS item_ids, p.name AS of, t.title AS title, coalesce(t.failure_message, 'It failed.') AS detail,
    'medium' AS risk, coalesce(t.ended_at, t.created_at) AS since, ${NOTHING}
  FROM ropewalk.items t
  JOIN ropewalk.projects p ON p.id = t.project_id AND p.workspace_id IS NOT DISTINCT FROM t.workspace_id
  WHERE t.workspace_id = $1 AND t.status = 'failed' AND NOT t.is_deleted AND t.children::text = '{}' AND ${IS_GOING}`,
  // Work that no capability is for: people do it, and nobody is told otherwise.
  'persons-item': `
  SELECT 'persons-item' AS kind, 5 AS rank, t.id, t.project_id, NULL::uuid AS run_id, t.id AS item_id,
    NULL::text AS item_ids, p.name AS of, t.title AS title, 'It is for people to do.' AS detail,
    'low' AS risk, coalesce(t.ready_at, t.created_at) AS since, ${NOTHING}
  FROM ropewalk.items t
  JOIN ropewalk.projects p ON p.id = t.project_id AND p.workspace_id IS NOT DISTINCT FROM t.workspace_id
  WHERE t.workspace_id = $1 AND t.status = 'ready' AND t.capability IS NULL AND t.run_ref IS NULL
    AND NOT t.is_deleted AND t.children::text = '{}' AND p.dispatch = 'auto'
    AND p.status IN ('created', 'in_progress', 'awaiting_input')`,
  'blocked-item': `
  SELECT 'blocked-item' AS kind, 6 AS rank, t.id, t.project_id, NULL::uuid AS run_id, t.id AS item_id,
    NULL::text AS item_ids, p.name AS of, t.title AS title, coalesce(t.blocked_reason, 'It is blocked.') AS detail,
    'low' AS risk, coalesce(t.ready_at, t.created_at) AS since, ${NOTHING}
  FROM ropewalk.items t
  JOIN ropewalk.projects p ON p.id = t.project_id AND p.workspace_id IS NOT DISTINCT FROM t.workspace_id
  WHERE t.workspace_id = $1 AND t.status = 'blocked' AND t.is_held AND NOT t.is_deleted AND t.open_questions = 0
    AND ${IS_GOING}`,
  // One entry for all of them, and none where there are none.
  'dead-letters': `
  SELECT 'dead-letters' AS kind, 5 AS rank, '00000000-0000-0000-0000-000000000000'::uuid AS id,
    NULL::uuid AS project_id, NULL::uuid AS run_id, NULL::uuid AS item_id, NULL::text AS item_ids,
    'the event bus' AS of,
    CASE count(*) WHEN 1 THEN 'One message rests as a dead letter'
      ELSE count(*) || ' messages rest as dead letters' END AS title,
    'Nobody acts on them until they are sent again or dropped.' AS detail, 'medium' AS risk, min(d.recorded_at) AS since,
    ${NOTHING}
  FROM ropewalk.dead_letters d WHERE d.workspace_id = $1 AND d.status = 'open' HAVING count(*) > 0`,
}
