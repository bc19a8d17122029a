import type { Metadata } from '@ropewalk/core/contract/json'
import type { ThreadCommand } from '@ropewalk/core/thread/commands'
import type { ThreadEvent, ThreadEventOf } from '@ropewalk/core/thread/events'
import type { ThreadState } from '@ropewalk/core/thread/state'
import { leaveSameJson } from '../../../store/table-sql.ts'
import type { Change, Decided } from '../../aggregate.ts'
import { EVENT_FORMAT } from '../../upgrade-event.ts'
import { nameBlob, sortRows } from '../../writes.ts'
import type { Rows } from '../../writes.ts'
import { THREADS } from './thread-sql.ts'

const sameThreadJson = leaveSameJson(THREADS)

/** The rows of a changed thread, of those who take part, of what ran out and of wakes. */
export const addThreadRows = (rows: Rows, change: Change<ThreadState>): void => {
  const { workspaceId, stored, state, version, headHash, headAt } = change
  const thread = state.thread ?? {}
  const and = { version, headHash, headAt, eventFormat: EVENT_FORMAT }
  if (change.isNew)
    rows.insertThreads.push({ workspaceId, of: thread, and: { ...state.thread?.subject, ...and } })
  else {
    const same = sameThreadJson(stored.thread ?? {}, thread)
    rows.updateThreads.push({ workspaceId, of: thread, and: { ...same, ...and } })
  }
  sortRows(workspaceId, stored.participants, state.participants, {
    added: rows.insertParticipants,
    changed: rows.updateParticipants,
  })
  for (const [agentId, { threadId }] of state.participants) {
    if (stored.participants.has(agentId)) continue
    rows.insertCursors.push({ workspaceId, of: { threadId, agentId, lastReadSeq: 0, deliveredSeq: 0 } })
  }
  sortRows(workspaceId, stored.expiries, state.expiries, { added: rows.insertExpiries })
  sortRows(workspaceId, stored.wakes, state.wakes, { added: rows.insertWakes })
}

/** The messages themselves, whose texts are no part of the history, what of them is erased, and prompts of wakes. */
export const addThreadSideRows = (rows: Rows, decided: Decided<ThreadCommand, ThreadEvent>): void => {
  const { workspaceId, id: threadId, at } = decided
  for (const event of decided.events) {
    if (event.type === 'thread.message_posted')
      rows.insertMessages.push({ workspaceId, of: makeMessage(decided, event) })
    if (event.type === 'thread.wake_requested') nameBlob(rows, workspaceId, event.data.promptDigest)
    if (event.type === 'thread.messages_erased') {
      const { from, to } = event.data
      rows.eraseMessages.push({ workspaceId, of: { threadId, from, to, at } })
    }
  }
}

/** Whoever changes a status may say more of it than its reason. */
const getOwnMetadata = (command: ThreadCommand): Metadata =>
  command.type === 'ChangeThreadStatus' ? (command.metadata ?? {}) : {}

/** The row of a message. What Ropewalk says itself has its text in the ledger; others have it in the command. */
const makeMessage = (
  { id: threadId, at, command }: Decided<ThreadCommand, ThreadEvent>,
  { data }: ThreadEventOf<'thread.message_posted'>,
) => {
  const isAsked = data.kind !== 'system' && command.type === 'PostMessage'
  return {
    ...data,
    id: data.messageId,
    threadId,
    isForAll: data.to.kind === 'all',
    body: isAsked ? command.body : data.note,
    metadata: isAsked ? command.metadata : getOwnMetadata(command),
    createdAt: at,
    erasedAt: null,
  }
}
