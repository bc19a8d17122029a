import { STALE_AFTER_MS } from '@ropewalk/core/contract/session'
import { RopewalkError } from '@ropewalk/core/errors'
import type { AgentId, SessionId, WorkspaceId } from '@ropewalk/core/ids'
import { makeSessionKey } from '@ropewalk/core/session/session'
import type { Session, SessionFacts } from '@ropewalk/core/session/session'
import { makeCoalescer } from './coalesce.ts'
import { runRead, runWrite } from './open.ts'
import type { Store } from './open.ts'
import { makeTableSql } from './table-sql.ts'
import { sessions } from './tables/identity.ts'

/** A session as readers see it, with what is no history of it. */
export type FoundSession = Session & {
  readonly lastHeartbeatAt: string
  readonly isStale: boolean
  readonly writer: string | null
  readonly writerUntil: string | null
}

export type SessionBeat = {
  readonly workspaceId: WorkspaceId
  readonly agentId: AgentId
  readonly facts: SessionFacts
}

export type BeatAnswer = { readonly isKnown: boolean; readonly at: string }

const BEATS = `json_to_recordset($1::json) AS b("workspaceId" text, id uuid, "sessionId" text, runtime text,
  "managementMode" text, resumable boolean, status text)`

// Only what the ledger tells already: a session that is new, or has changed, is registered by a command.
const BEAT = `
WITH stamp AS MATERIALIZED (SELECT ropewalk.now() AS now),
locked AS MATERIALIZED (
  SELECT s.workspace_id, s.id FROM ${BEATS}, LATERAL (
    SELECT s.workspace_id, s.id FROM ropewalk.sessions s
    WHERE s.id = b.id AND s.workspace_id IS NOT DISTINCT FROM b."workspaceId"
      AND s.session_id = b."sessionId" AND s.runtime = b.runtime AND s.management_mode = b."managementMode"
      AND s.resumable = b.resumable AND s.status = b.status AND num_nulls(s.ended_at) = 1
    FOR NO KEY UPDATE) s
)
UPDATE ropewalk.sessions s SET last_heartbeat_at = stamp.now FROM locked l, stamp
WHERE s.id = l.id AND s.workspace_id IS NOT DISTINCT FROM l.workspace_id
RETURNING s.workspace_id || '/' || s.id AS key`

/**
 * What notes heartbeats of sessions; one write for all that arrive together. `isKnown` is false for a session
 * that is not registered, has ended or of which something else is known. Throws STORE_UNAVAILABLE.
 */
export const makeBeatSession = (store: Store): ((beat: SessionBeat) => Promise<BeatAnswer>) => {
  const run = async (beats: readonly SessionBeat[]): Promise<readonly BeatAnswer[]> => {
    const rows = beats.map(({ workspaceId, agentId, facts }) => ({
      ...facts,
      workspaceId,
      id: makeSessionKey(workspaceId, agentId),
    }))
    const workspaceIds: readonly WorkspaceId[] = [...new Set(rows.map(({ workspaceId }) => workspaceId))]
    const [beaten = [], times = []] = await runWrite(store, workspaceIds, [
      {
        name: 'beat_sessions',
        text: BEAT,
        values: [JSON.stringify(rows.toSorted((a, b) => (a.id < b.id ? -1 : 1)))],
      },
      { name: 'now_of_beats', text: 'SELECT ropewalk.now() AS now' },
    ])
    const known = new Set((beaten as readonly { key: string }[]).map(({ key }) => key))
    const at = (times as readonly { now: string }[])[0]?.now ?? ''
    return rows.map(({ workspaceId, id }) => ({ isKnown: known.has(`${workspaceId}/${id}`), at }))
  }
  /** Two beats of one agent that differ are two writes: which of them is known must not depend on the other. */
  const runAll = async (beats: readonly SessionBeat[]): Promise<readonly BeatAnswer[]> => {
    const keys = beats.map(({ workspaceId, agentId }) => `${workspaceId}/${agentId}`)
    if (new Set(keys).size === keys.length) return run(beats)
    const answers: BeatAnswer[] = []
    for (const beat of beats) answers.push(...(await run([beat])))
    return answers
  }
  return makeCoalescer({ run: runAll, maxItems: 200 })
}

const HOLDS = `s.writer_session_id = s.session_id AND s.writer_until > ropewalk.now()`

const NOT_SEEN = ['workspaceId', 'version', 'headHash', 'headAt', 'eventFormat', 'writer', 'writerUntil']

const SELECT = `${makeTableSql(sessions, [...NOT_SEEN, 'writerSessionId']).select.replaceAll('t.', 's.')},
  s.last_heartbeat_at < ropewalk.now() - ${STALE_AFTER_MS} * interval '1 millisecond' AS "isStale",
  CASE WHEN ${HOLDS} THEN s.writer END AS writer, CASE WHEN ${HOLDS} THEN s.writer_until END AS "writerUntil"`

export const findSession = async (
  store: Store,
  workspaceId: WorkspaceId,
  agentId: AgentId,
): Promise<FoundSession | undefined> => {
  const [rows = []] = await runRead(store, workspaceId, [
    {
      name: 'find_session',
      text: `SELECT ${SELECT} FROM ropewalk.sessions s WHERE s.id = $2 AND s.workspace_id IS NOT DISTINCT FROM $1`,
      values: [workspaceId, makeSessionKey(workspaceId, agentId)],
    },
  ])
  return (rows as readonly FoundSession[])[0]
}

/** Sessions of a workspace after a place in the order of their first registration, at most `most`. */
export const listSessionsAfter = async (
  store: Store,
  workspaceId: WorkspaceId,
  after: readonly [registeredAt: string, id: string] | undefined,
  most: number,
): Promise<readonly FoundSession[]> => {
  const [registeredAt, id] = after ?? [null, null]
  const [rows = []] = await runRead(store, workspaceId, [
    {
      name: 'page_sessions',
      text: `SELECT ${SELECT} FROM ropewalk.sessions s WHERE s.workspace_id = $1
          AND (s.registered_at, s.id) > (coalesce($2::timestamptz, '-infinity'),
            coalesce($3::uuid, '00000000-0000-0000-0000-000000000000'))
        ORDER BY s.registered_at, s.id LIMIT $4`,
      values: [workspaceId, registeredAt, id, most],
    },
  ])
  return rows as readonly FoundSession[]
}

export type WriterClaim = {
  readonly workspaceId: WorkspaceId
  readonly agentId: AgentId
  readonly sessionId: SessionId
  readonly writer: string
  readonly leaseMs: number
}

/**
 * Takes the right to write into a session, or extends it, in one fenced statement: until when; undefined while
 * another holds it. Throws NOT_FOUND where this session is not the agent's, or has ended.
 */
export const claimSessionWriter = async (
  store: Store,
  of: WriterClaim,
): Promise<{ readonly until: string } | undefined> => {
  const { workspaceId, agentId, sessionId, writer, leaseMs } = of
  const id = makeSessionKey(workspaceId, agentId)
  const [claimed = [], found = []] = await runWrite(
    store,
    [workspaceId],
    [
      {
        name: 'claim_session_writer',
        text: `UPDATE ropewalk.sessions s SET writer = $4, writer_session_id = s.session_id,
          writer_until = ropewalk.now() + $5::bigint * interval '1 millisecond'
        WHERE s.id = $2 AND s.workspace_id IS NOT DISTINCT FROM $1 AND s.session_id = $3
          AND num_nulls(s.ended_at) = 1 AND (NOT coalesce(${HOLDS}, false) OR s.writer = $4)
        RETURNING s.writer_until AS until`,
        values: [workspaceId, id, sessionId, writer, leaseMs],
      },
      {
        name: 'is_session',
        text: `SELECT s.id FROM ropewalk.sessions s WHERE s.id = $2 AND s.workspace_id IS NOT DISTINCT FROM $1
        AND s.session_id = $3 AND num_nulls(s.ended_at) = 1`,
        values: [workspaceId, id, sessionId],
      },
    ],
  )
  if (found.length === 0)
    throw new RopewalkError('NOT_FOUND', `${agentId} has no session ${sessionId} in this workspace.`)
  return (claimed as readonly { until: string }[])[0]
}

/** Gives up the right to write into a session; nothing where another holds it. */
export const releaseSessionWriter = async (
  store: Store,
  of: Pick<WriterClaim, 'workspaceId' | 'agentId' | 'writer'>,
): Promise<void> => {
  const { workspaceId, agentId, writer } = of
  await runWrite(
    store,
    [workspaceId],
    [
      {
        name: 'release_session_writer',
        text: `UPDATE ropewalk.sessions s SET writer_until = ropewalk.now()
        WHERE s.id = $2 AND s.workspace_id IS NOT DISTINCT FROM $1 AND s.writer = $3 AND s.writer_until > ropewalk.now()`,
        values: [workspaceId, makeSessionKey(workspaceId, agentId), writer],
      },
    ],
  )
}
