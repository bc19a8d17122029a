import type { AgentId, MessageId, ThreadId } from '@ropewalk/core/ids'
import { MAX_BOUNCED, getThreadNeeds } from '@ropewalk/core/thread/commands'
import type { ThreadCommand } from '@ropewalk/core/thread/commands'
import { getExpiryKey, makeEmptyThreadState } from '@ropewalk/core/thread/state'
import type { Expiry, MessageFacts, Participant, Thread, ThreadState } from '@ropewalk/core/thread/state'
import type { Load, RootRow } from '../../aggregate.ts'
import { makeLock } from '../../reads.ts'
import type { Ask } from '../../reads.ts'
import { IS_FOR } from '../../threads/thread-sql.ts'
import { EXPIRIES, PARTICIPANTS, SUBJECT, THREADS } from './thread-sql.ts'

/** The thread's row: its entity, and the end of its chain. */
export type ThreadRow = Thread & RootRow

export const lockThreads = (skip: boolean): string =>
  `SELECT ${THREADS.select}, ${SUBJECT} FROM ropewalk.threads t
   WHERE t.id = ANY ($1::uuid[]) ORDER BY t.id ${makeLock(skip)}`

export const LIST_THREADS = `SELECT t.workspace_id AS "workspaceId", t.id FROM ropewalk.threads t WHERE t.id = ANY ($1::uuid[])`

const FACTS = `m.id, m.thread_id AS "threadId", m.seq, m.sender, m.addressed_to AS "to",
  m.event_type AS "eventType", m.expires_at AS "expiresAt"`

const PLACES = 'unnest($1::uuid[], $2::bigint[]) AS w(thread_id, seq)'

/** Others change those who take part as well: read after the lock on their thread, they are what they are. */
const ALL_PARTICIPANTS = `SELECT ${PARTICIPANTS.select} FROM ropewalk.thread_participants t
   WHERE t.thread_id = ANY ($1::uuid[]) ORDER BY t.joined_at, t.agent_id`

const BY_ID = `SELECT ${FACTS} FROM ropewalk.messages m WHERE m.id = ANY ($1::uuid[])`

const BY_PLACE = `SELECT ${FACTS} FROM ${PLACES}
   JOIN ropewalk.messages m ON m.thread_id = w.thread_id AND m.seq = w.seq`

const EXPIRIES_OF = `SELECT ${EXPIRIES.select} FROM ${PLACES}
   JOIN ropewalk.message_expiries t ON t.thread_id = w.thread_id AND t.seq = w.seq`

const UNREAD = `SELECT ${FACTS.replaceAll('m.', 'f.')}
   FROM unnest($1::uuid[], $2::text[], $3::bigint[]) AS w(thread_id, agent_id, after)
   JOIN ropewalk.thread_participants p ON p.thread_id = w.thread_id AND p.agent_id = w.agent_id,
   LATERAL (SELECT m.* FROM ropewalk.messages m
     WHERE m.thread_id = p.thread_id AND m.seq > w.after AND ${IS_FOR}
     ORDER BY m.seq DESC LIMIT ${MAX_BOUNCED}) f`

type Wanted = { readonly command: ThreadCommand; readonly row: ThreadRow }

type Place = { readonly threadId: ThreadId; readonly seq: number }
type UnreadOf = { readonly threadId: ThreadId; readonly agentId: AgentId; readonly after: number }

type ThreadWants = {
  readonly threads: readonly ThreadId[]
  readonly messages: readonly MessageId[]
  readonly places: readonly Place[]
  readonly unread: readonly UnreadOf[]
}

const collectNeeds = (of: readonly Wanted[]): ThreadWants => {
  const needs = of.map(({ command }) => ({ threadId: command.threadId, ...getThreadNeeds(command) }))
  return {
    threads: [...new Set(of.map(({ row }) => row.id))],
    messages: needs.flatMap(({ messages }) => messages),
    places: needs.flatMap(({ threadId, seqs }) => seqs.map((seq) => ({ threadId, seq }))),
    unread: needs.flatMap(({ threadId, unreadOf }) => (unreadOf === null ? [] : [{ threadId, ...unreadOf }])),
  }
}

const NOTHING: ReadonlySet<string> = new Set()
const NONE = Promise.resolve([])

/** What threads need beside their rows. */
export const prepareThreads = (of: readonly Wanted[]): Load<ThreadRow, ThreadState> => {
  const wants = collectNeeds(of)
  return {
    tasks: { ids: NOTHING, open: NOTHING },
    send: async (ask) => {
      const [participants, messages, expiries] = await Promise.all([
        ask<Participant>({ name: 'load_participants', text: ALL_PARTICIPANTS, values: [wants.threads] }),
        loadMessages(ask, wants),
        loadExpiries(ask, wants),
      ])
      return makePicker({
        participants: Map.groupBy(participants, ({ threadId }) => threadId),
        messages: Map.groupBy(messages, ({ threadId }) => threadId),
        expiries: Map.groupBy(expiries, ({ threadId }) => threadId),
      })
    },
  }
}

const getPlaces = ({ places }: ThreadWants) => [
  places.map(({ threadId }) => threadId),
  places.map(({ seq }) => seq),
]

const loadMessages = async (ask: Ask, wants: ThreadWants): Promise<readonly MessageFacts[]> => {
  const { messages, places, unread } = wants
  const columns = [
    unread.map(({ threadId }) => threadId),
    unread.map(({ agentId }) => agentId),
    unread.map(({ after }) => after),
  ]
  const parts = await Promise.all([
    messages.length === 0
      ? NONE
      : ask<MessageFacts>({ name: 'load_messages', text: BY_ID, values: [messages] }),
    places.length === 0
      ? NONE
      : ask<MessageFacts>({ name: 'load_message_places', text: BY_PLACE, values: getPlaces(wants) }),
    unread.length === 0
      ? NONE
      : ask<MessageFacts>({ name: 'load_unread_messages', text: UNREAD, values: columns }),
  ])
  return parts.flat()
}

const loadExpiries = (ask: Ask, wants: ThreadWants): Promise<readonly Expiry[]> =>
  wants.places.length === 0
    ? NONE
    : ask({ name: 'load_expiries', text: EXPIRIES_OF, values: getPlaces(wants) })

type Children = {
  readonly participants: ReadonlyMap<string, Participant[]>
  readonly messages: ReadonlyMap<string, MessageFacts[]>
  readonly expiries: ReadonlyMap<string, Expiry[]>
}

/** What makes the state of one thread out of the children of all. */
const makePicker =
  (of: Children) =>
  (row: ThreadRow): ThreadState => ({
    ...makeEmptyThreadState(),
    thread: row,
    participants: new Map((of.participants.get(row.id) ?? []).map((one) => [one.agentId, one])),
    messages: new Map((of.messages.get(row.id) ?? []).map((one) => [one.id, one])),
    expiries: new Map((of.expiries.get(row.id) ?? []).map((one) => [getExpiryKey(one), one])),
  })
