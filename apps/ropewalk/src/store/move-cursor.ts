import { RopewalkError } from '@ropewalk/core/errors'
import type { AgentId, ThreadId, WorkspaceId } from '@ropewalk/core/ids'
import { makeCoalescer } from './coalesce.ts'
import { runWrite } from './open.ts'
import type { Store } from './open.ts'

/** One who takes part in a thread. */
export type OfReader = {
  readonly workspaceId: WorkspaceId
  readonly threadId: ThreadId
  readonly agentId: AgentId
}

export type CursorMove = OfReader & { readonly lastReadSeq: number }

export type MovedCursor = {
  readonly agentId: AgentId
  readonly lastReadSeq: number
  readonly deliveredSeq: number
  readonly updatedAt: string | null
}

const MOVES = `json_to_recordset($1::json) AS g("workspaceId" text, "threadId" uuid, "agentId" text, seq bigint)`

// Each row is looked up by itself: a plan made while there were few would read them all in the order of their
// keys. They come in that order, because two processes may move the same ones at once.
const PICK = (lock: string): string => `${MOVES}, LATERAL (
    SELECT c.* FROM ropewalk.participant_cursors c WHERE c.thread_id = g."threadId" AND c.agent_id = g."agentId"
      AND c.workspace_id IS NOT DISTINCT FROM g."workspaceId" ${lock}) c, LATERAL (
    SELECT t.last_seq FROM ropewalk.threads t, ropewalk.thread_participants p
    WHERE t.id = g."threadId" AND t.workspace_id IS NOT DISTINCT FROM g."workspaceId"
      AND p.thread_id = g."threadId" AND p.agent_id = g."agentId"
      AND p.workspace_id IS NOT DISTINCT FROM g."workspaceId" AND num_nulls(p.gone_at) = 1 OFFSET 0) t`

const KEY = `c.workspace_id || '/' || c.thread_id || '/' || c.agent_id AS key`

// What the place is compared with is read under the lock.
const MOVE = `
WITH locked AS MATERIALIZED (
  SELECT c.workspace_id, c.thread_id, c.agent_id, g.seq, t.last_seq FROM ${PICK('FOR NO KEY UPDATE')}
)
UPDATE ropewalk.participant_cursors c SET last_read_seq = l.seq, delivered_seq = greatest(c.delivered_seq, l.seq),
  updated_at = CASE WHEN c.last_read_seq = l.seq AND num_nulls(c.updated_at) = 0 THEN c.updated_at
    ELSE (SELECT ropewalk.now()) END
FROM locked l
WHERE c.thread_id = l.thread_id AND c.agent_id = l.agent_id AND c.workspace_id IS NOT DISTINCT FROM l.workspace_id
  AND l.seq <= l.last_seq AND c.last_read_seq <= l.seq
RETURNING ${KEY}, c.agent_id AS "agentId", c.last_read_seq AS "lastReadSeq", c.delivered_seq AS "deliveredSeq",
  c.updated_at AS "updatedAt"`

const STANDS = `SELECT ${KEY}, c.last_read_seq AS "lastReadSeq", t.last_seq AS "lastSeq" FROM ${PICK('OFFSET 0')}`

type Moved = MovedCursor & { readonly key: string }
type Stands = { readonly key: string; readonly lastReadSeq: number; readonly lastSeq: number }

const getKey = ({ workspaceId, threadId, agentId }: OfReader): string =>
  `${workspaceId}/${threadId}/${agentId}`

const getOrder = ({ threadId, agentId }: OfReader): string => `${threadId}/${agentId}`

/** In the order in which every process locks cursors: by thread, then by name. */
export const sortReaders = <T extends OfReader>(readers: readonly T[]): readonly T[] =>
  readers.toSorted((a, b) => (getOrder(a) < getOrder(b) ? -1 : 1))

const makeRefusal = (move: CursorMove, stands: Stands | undefined): RopewalkError => {
  const { threadId, lastReadSeq } = move
  if (stands === undefined)
    return new RopewalkError('NOT_FOUND', `There is no thread ${threadId} in this workspace.`)
  const details = { lastReadSeq: stands.lastReadSeq, lastSeq: stands.lastSeq }
  if (lastReadSeq > stands.lastSeq)
    return new RopewalkError(
      'INVALID_ARGUMENT',
      `Expected last_read_seq up to ${stands.lastSeq}, the newest message, got ${lastReadSeq}.`,
      { details },
    )
  return new RopewalkError(
    'CONFLICT',
    `Reading stands at ${stands.lastReadSeq} and never goes back; got ${lastReadSeq}.`,
    { details },
  )
}

/**
 * What moves read cursors forward; the same place again changes nothing. One write for all that arrive
 * together, fenced in the statement itself. Throws NOT_FOUND (no such thread, or not in it),
 * INVALID_ARGUMENT past the newest message, CONFLICT when it would go back, STORE_UNAVAILABLE.
 */
export const makeMoveCursor = (store: Store): ((move: CursorMove) => Promise<MovedCursor>) => {
  const runOnce = async (moves: readonly CursorMove[]): Promise<readonly (MovedCursor | Error)[]> => {
    const workspaceIds: readonly WorkspaceId[] = [...new Set(moves.map(({ workspaceId }) => workspaceId))]
    const values = [JSON.stringify(sortReaders(moves).map(({ lastReadSeq: seq, ...of }) => ({ ...of, seq })))]
    const [moved = [], stands = []] = await runWrite(store, workspaceIds, [
      { name: 'move_cursors', text: MOVE, values },
      { name: 'where_cursors_stand', text: STANDS, values },
    ])
    const done = new Map((moved as readonly Moved[]).map(({ key, ...cursor }) => [key, cursor]))
    const standing = new Map((stands as readonly Stands[]).map((one) => [one.key, one]))
    return moves.map((move) => done.get(getKey(move)) ?? makeRefusal(move, standing.get(getKey(move))))
  }
  /** Moves of one cursor one after another: a statement changes a row once. */
  const run = async (moves: readonly CursorMove[]): Promise<readonly (MovedCursor | Error)[]> => {
    const answers: (MovedCursor | Error)[] = []
    let rest = [...moves.entries()]
    while (rest.length > 0) {
      const seen = new Set<string>()
      const now = rest.filter(([, move]) => !seen.has(getKey(move)) && seen.add(getKey(move)))
      const results = await runOnce(now.map(([, move]) => move))
      for (const [place, [index]] of now.entries()) {
        const result = results[place]
        if (result !== undefined) answers[index] = result
      }
      rest = rest.filter((one) => !now.includes(one))
    }
    return answers
  }
  return makeCoalescer({ run, maxItems: 500 })
}
