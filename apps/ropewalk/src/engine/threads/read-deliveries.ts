import { RopewalkError } from '@ropewalk/core/errors'
import type { AgentId } from '@ropewalk/core/ids'
import type { Participant } from '@ropewalk/core/thread/state'
import { runRead } from '../../store/open.ts'
import type { Store } from '../../store/open.ts'
import type { Cursor, Delivery } from './contract.ts'
import type { InThread } from './read-thread.ts'
import { IS_FOR, JOIN_CURSOR } from './thread-sql.ts'

type OfMessage = InThread & { readonly seq: number }

type Recipient = Pick<Participant, 'agentId' | 'goneAt' | 'goneSeq'> &
  Cursor & { readonly isNamed: boolean; readonly expiredAt: string | null }

const RECIPIENTS = `SELECT p.agent_id AS "agentId", p.gone_at AS "goneAt", p.gone_seq AS "goneSeq",
    c.last_read_seq AS "lastReadSeq", c.delivered_seq AS "deliveredSeq", c.updated_at AS "updatedAt",
    e.expired_at AS "expiredAt", coalesce((m.addressed_to -> 'agents')::jsonb ? p.agent_id, false) AS "isNamed"
  FROM ropewalk.messages m
  JOIN ropewalk.thread_participants p ON p.thread_id = m.thread_id
    AND p.workspace_id IS NOT DISTINCT FROM m.workspace_id ${JOIN_CURSOR}
  LEFT JOIN ropewalk.message_expiries e ON e.thread_id = m.thread_id AND e.seq = m.seq
    AND e.agent_id = p.agent_id AND e.workspace_id IS NOT DISTINCT FROM m.workspace_id
  WHERE m.thread_id = $2 AND m.seq = $3 AND m.workspace_id IS NOT DISTINCT FROM $1`

/**
 * How a message stands with each of those it is for, by name. `at` is when it ran out or came back, or when its
 * reader last said how far it had read. Throws NOT_FOUND.
 */
export const readDeliveries = async (store: Store, of: OfMessage): Promise<readonly Delivery[]> => {
  const values = [of.workspaceId, of.threadId, of.seq]
  const [messages = [], recipients = []] = await runRead(store, of.workspaceId, [
    {
      name: 'is_message',
      text: `SELECT t.seq FROM ropewalk.messages t
        WHERE t.thread_id = $2 AND t.seq = $3 AND t.workspace_id IS NOT DISTINCT FROM $1`,
      values,
    },
    {
      name: 'read_recipients',
      text: `${RECIPIENTS} AND ${IS_FOR} ORDER BY p.agent_id`,
      values,
    },
  ])
  if (messages.length === 0)
    throw new RopewalkError('NOT_FOUND', `There is no message ${of.seq} in thread ${of.threadId}.`)
  return (recipients as readonly Recipient[]).flatMap((one) => makeDelivery(of.seq, one) ?? [])
}

/** Who was gone before a message came is none of those it is for, unless it names them. */
const makeDelivery = (seq: number, of: Recipient): Delivery | undefined => {
  const { agentId, expiredAt, goneAt, goneSeq, lastReadSeq, updatedAt } = of
  if (expiredAt !== null) return { agentId, state: 'expired', at: expiredAt }
  const wasGone = goneAt !== null && seq > (goneSeq ?? 0)
  if (wasGone) return of.isNamed ? { agentId, state: 'bounced', at: goneAt } : undefined
  if (seq <= lastReadSeq) return { agentId, state: 'read', at: updatedAt }
  if (goneAt !== null) return { agentId, state: 'bounced', at: goneAt }
  return { agentId, state: seq <= of.deliveredSeq ? 'delivered' : 'waiting', at: null }
}

/** Those a message is for who can still read it and have not. Throws NOT_FOUND. */
export const listUnreadBy = async (store: Store, of: OfMessage): Promise<readonly AgentId[]> => {
  const deliveries = await readDeliveries(store, of)
  return deliveries
    .filter(({ state }) => state === 'waiting' || state === 'delivered')
    .map(({ agentId }) => agentId as AgentId)
}
