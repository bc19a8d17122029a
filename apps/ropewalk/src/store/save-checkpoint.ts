import { RopewalkError } from '@ropewalk/core/errors'
import type { TaskId, WorkspaceId } from '@ropewalk/core/ids'
import { makeCoalescer } from './coalesce.ts'
import { runWrite } from './open.ts'
import type { Store } from './open.ts'
import { makeStaleError } from './stale-attempt.ts'

export type CheckpointToSave = {
  readonly workspaceId: WorkspaceId
  readonly taskId: TaskId
  readonly attempt: number
  readonly token: string
  readonly data: unknown
}

/** Larger work belongs into a blob that the checkpoint names; this is read again with every claim. */
const MAX_BYTES = 256 * 1024

// The share lock waits for a command on the task that is under way, and is then looked at again.
const SAVE = `
WITH stamp AS MATERIALIZED (SELECT ropewalk.now() AS now),
given AS MATERIALIZED (
  SELECT * FROM json_to_recordset($1::json) AS g(n int, "workspaceId" text, "taskId" uuid, attempt int,
    token text, data json)
), held AS MATERIALIZED (
  SELECT t.workspace_id, t.id, t.attempt FROM given g
  JOIN ropewalk.tasks t ON t.id = g."taskId" AND t.workspace_id IS NOT DISTINCT FROM g."workspaceId"
  WHERE t.status IS NOT DISTINCT FROM 'running' AND t.attempt = g.attempt
  ORDER BY t.id FOR SHARE OF t
)
INSERT INTO ropewalk.checkpoints AS c (workspace_id, task_id, attempt, token, data, created_at)
SELECT h.workspace_id, h.id, h.attempt, g.token, g.data, stamp.now
FROM held h JOIN given g ON g."workspaceId" = h.workspace_id AND g."taskId" = h.id AND g.attempt = h.attempt, stamp
ON CONFLICT (task_id, attempt, workspace_id)
  DO UPDATE SET token = excluded.token, data = excluded.data, created_at = excluded.created_at
RETURNING c.workspace_id || '/' || c.task_id || '/' || c.attempt AS key`

const getKey = (of: CheckpointToSave): string => `${of.workspaceId}/${of.taskId}/${of.attempt}`

/**
 * What keeps the newest checkpoint of an attempt; the next attempt is handed it with its claim.
 * Durable when it resolves, safe to repeat. Throws STALE_ATTEMPT, PAYLOAD_TOO_LARGE (256 KB as JSON),
 * INVALID_ARGUMENT for what JSON in Postgres cannot keep, STORE_UNAVAILABLE.
 */
export const makeSaveCheckpoint = (store: Store): ((of: CheckpointToSave) => Promise<void>) => {
  const run = async (given: readonly CheckpointToSave[]): Promise<readonly (undefined | Error)[]> => {
    // Of two for one attempt the later one stands.
    const newest = new Map(given.map((one) => [getKey(one), one]))
    const workspaceIds = [...new Set(given.map((one) => one.workspaceId))]
    const values = [JSON.stringify([...newest.values()])]
    const [rows = []] = await runWrite(store, workspaceIds, [{ name: 'save_checkpoint', text: SAVE, values }])
    const saved = new Set((rows as readonly { key: string }[]).map((row) => row.key))
    return given.map((one) => (saved.has(getKey(one)) ? undefined : makeStaleError(one)))
  }
  const save = makeCoalescer({ run, maxItems: 50 })
  return async (of) => {
    const bytes = Buffer.byteLength(JSON.stringify(of.data) ?? '')
    if (bytes > MAX_BYTES || of.token.length > 1000) {
      throw new RopewalkError(
        'PAYLOAD_TOO_LARGE',
        `Expected a checkpoint of at most ${MAX_BYTES} bytes with a token of at most 1000 characters, got ${bytes} bytes. Put large data into a blob.`,
      )
    }
    await save(of)
  }
}
