import type { NotificationBook, NotificationKey } from '@ropewalk/core/contract/notification'
import { RopewalkError } from '@ropewalk/core/errors'
import { runRead, runWrite } from './open.ts'
import type { Store } from './open.ts'

const MAX_REASON = 400

const FIND_QUESTION = `
SELECT to_json(q) AS question FROM ropewalk.questions q
WHERE q.id = $1 AND q.workspace_id IS NOT DISTINCT FROM $2`

// The first process to name the key has it; another one only when that one's time is up.
const CLAIM = `
WITH stamp AS MATERIALIZED (SELECT ropewalk.now() AS now)
INSERT INTO ropewalk.notifications AS n
  (workspace_id, question_id, version, channel, effect_id, status, attempt, due_at, created_at)
SELECT $1, $2, $3, $4, $5, 'sending', 1, stamp.now + $6 * interval '1 millisecond', stamp.now FROM stamp
ON CONFLICT (question_id, version, channel, workspace_id)
  DO UPDATE SET status = 'sending', attempt = n.attempt + 1, due_at = excluded.due_at
  WHERE n.status IN ('sending', 'waiting') AND n.due_at <= excluded.created_at
RETURNING n.attempt, n.effect_id AS "effectId"`

const LOOK = `
SELECT n.status, n.due_at AS "dueAt" FROM ropewalk.notifications n
WHERE n.question_id = $2 AND n.version = $3 AND n.channel = $4 AND n.workspace_id IS NOT DISTINCT FROM $1`

const SETTLE = `
WITH stamp AS MATERIALIZED (SELECT ropewalk.now() AS now)
UPDATE ropewalk.notifications n SET status = $6, reason = $7,
  due_at = stamp.now + $8 * interval '1 millisecond',
  settled_at = CASE WHEN $6 = 'waiting' THEN NULL ELSE stamp.now END
FROM stamp
WHERE n.question_id = $2 AND n.version = $3 AND n.channel = $4 AND n.workspace_id IS NOT DISTINCT FROM $1
  AND n.attempt = $5 AND n.status IS NOT DISTINCT FROM 'sending'
RETURNING 1`

const listValues = (key: NotificationKey) => [key.workspaceId, key.questionId, key.version, key.channel]

/**
 * Who was told of which question: one row for each version of a question and each channel.
 *
 * `findQuestion` gives the question's row as JSON by its columns' names, or undefined.
 * `claim` gives the right to send for `leaseMs`, once; after a crash, or when a try is due again, to the next who
 * asks, with the effect's id of the first. `settle` notes what came of it and says whether the claim still held.
 * Each is durable when it resolves; settling twice changes nothing. They throw STORE_UNAVAILABLE.
 */
export const makeNotificationBook = (store: Store): NotificationBook => ({
  findQuestion: async (workspaceId, questionId) => {
    const [rows = []] = await runRead(store, workspaceId, [
      { name: 'notification_question', text: FIND_QUESTION, values: [questionId, workspaceId] },
    ])
    return (rows as readonly { question: unknown }[])[0]?.question
  },
  claim: async (key, { effectId, leaseMs }) => {
    const values = listValues(key)
    const [claimed = [], seen = []] = await runWrite(
      store,
      [key.workspaceId],
      [
        { name: 'claim_notification', text: CLAIM, values: [...values, effectId, leaseMs] },
        { name: 'look_at_notification', text: LOOK, values },
      ],
    )
    const [ours] = claimed as readonly { attempt: number; effectId: string }[]
    if (ours) return { outcome: 'claimed', ...ours }
    const [other] = seen as readonly { status: string; dueAt: string }[]
    if (!other)
      throw new RopewalkError('INVARIANT_BROKEN', 'A notification was neither claimed nor found.', {
        details: { questionId: key.questionId, channel: key.channel },
      })
    const isOver = other.status === 'sent' || other.status === 'failed'
    return isOver ? { outcome: 'over' } : { outcome: 'later', dueAt: other.dueAt }
  },
  settle: async (key, attempt, settlement) => {
    const reason = 'reason' in settlement ? settlement.reason.slice(0, MAX_REASON).toWellFormed() : null
    const afterMs = settlement.status === 'waiting' ? settlement.afterMs : 0
    const values = [...listValues(key), attempt, settlement.status, reason, afterMs]
    const [settled = []] = await runWrite(
      store,
      [key.workspaceId],
      [{ name: 'settle_notification', text: SETTLE, values }],
    )
    return settled.length > 0
  },
})
