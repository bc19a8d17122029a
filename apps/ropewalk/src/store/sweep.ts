import type { WorkspaceId } from '@ropewalk/core/ids'
import { runWrite } from './open.ts'
import type { Store } from './open.ts'

/** Small bites: a sweep must not hold up the writers it cleans up after. */
const BLOBS_AT_ONCE = 50
const ANSWERS_AT_ONCE = 5_000

const SWEEP_BLOBS = `
DELETE FROM ropewalk.blobs b USING (
  SELECT o.workspace_id, o.digest FROM ropewalk.blobs o
  WHERE NOT o.named AND o.created_at < ropewalk.now() - interval '24 hours'
  ORDER BY o.created_at LIMIT ${BLOBS_AT_ONCE} FOR UPDATE SKIP LOCKED) old
WHERE b.workspace_id = old.workspace_id AND b.digest = old.digest AND b.named IS NOT TRUE RETURNING 1`

const SWEEP_ANSWERS = `
DELETE FROM ropewalk.idempotency i USING (
  SELECT o.workspace_id, o.route, o.key FROM ropewalk.idempotency o
  WHERE o.created_at < ropewalk.now() - interval '24 hours'
  ORDER BY o.created_at LIMIT ${ANSWERS_AT_ONCE} FOR UPDATE SKIP LOCKED) old
WHERE i.workspace_id = old.workspace_id AND i.route = old.route AND i.key = old.key RETURNING 1`

const FORGET_WORKERS = `DELETE FROM ropewalk.workers w WHERE w.seen_at < ropewalk.now() - interval '24 hours'`

/**
 * Removes blobs that nothing named within 24 hours and answers older than that, until none is left, and
 * forgets workers that were not seen since then. Gives how many blobs and answers went. Safe to repeat and to stop half-way.
 */
export const sweepStore = async (
  store: Store,
  workspaceIds: readonly WorkspaceId[],
): Promise<{ readonly blobs: number; readonly answers: number }> => {
  await runWrite(store, workspaceIds, [{ name: 'forget_workers', text: FORGET_WORKERS }])
  let blobs = 0
  let answers = 0
  for (;;) {
    const [sweptBlobs = [], sweptAnswers = []] = await runWrite(store, workspaceIds, [
      { name: 'sweep_blobs', text: SWEEP_BLOBS },
      { name: 'sweep_answers', text: SWEEP_ANSWERS },
    ])
    blobs += sweptBlobs.length
    answers += sweptAnswers.length
    if (sweptBlobs.length < BLOBS_AT_ONCE && sweptAnswers.length < ANSWERS_AT_ONCE) return { blobs, answers }
  }
}
