import { ThreadId, WorkspaceId } from '@ropewalk/core/ids'
import type { LedgerEntry } from '@ropewalk/core/ledger/entry'
import { makeChainVerifier } from '@ropewalk/core/ledger/verify'
import { foldThread } from '@ropewalk/core/thread/evolve'
import { type Expiry, getExpiryKey, type ThreadState } from '@ropewalk/core/thread/state'
import type { PgTable } from 'drizzle-orm/pg-core'
import { expect } from 'vitest'
import { upgradeThreadEvent } from '../../../src/engine/upgrade-event.ts'
import { runRead } from '../../../src/store/open.ts'
import { findRememberedHead, readLedgerRows } from '../../../src/store/read-ledger.ts'
import { makeTableSql } from '../../../src/store/table-sql.ts'
import * as tables from '../../../src/store/tables/threads.ts'
import type { Stage } from './stage.ts'

type Row = Readonly<Record<string, unknown>>

const byKey = <T>(items: readonly T[], getKey: (item: T) => string): Record<string, T> =>
  Object.fromEntries(items.map((item) => [getKey(item), item]))

/** The whole state of a thread as the tables have it, and its messages. */
const readState = async (stage: Stage, workspaceId: WorkspaceId, threadId: ThreadId) => {
  const list = async (table: PgTable, owner = 'thread_id'): Promise<readonly Row[]> => {
    const { name, select } = makeTableSql(table, [
      'workspaceId',
      'version',
      'headHash',
      'headAt',
      'eventFormat',
    ])
    const text = `SELECT ${select} FROM ${name} t WHERE t.${owner} = $1 ORDER BY 1, 2`
    const [rows = []] = await runRead(stage.engine.store, workspaceId, [
      { name: `test_${name}`, text, values: [threadId] },
    ])
    return rows as readonly Row[]
  }
  const [root = {}] = await list(tables.threads, 'id')
  const { runId, itemId, ...thread } = root
  const messages = await list(tables.messages)
  expect(messages.map(({ seq }) => seq)).toEqual(messages.map((_, index) => index + 1))
  return {
    thread: { ...thread, subject: { runId, itemId } },
    participants: byKey(await list(tables.threadParticipants), ({ agentId }) => String(agentId)),
    messages: byKey(
      messages.map(({ id, seq, sender, to, eventType, expiresAt }) => ({
        id,
        threadId,
        seq,
        sender,
        to,
        eventType,
        expiresAt,
      })),
      ({ id }) => String(id),
    ),
    expiries: byKey(await list(tables.messageExpiries), (of) => getExpiryKey(of as Expiry)),
    wakes: byKey(await list(tables.wakes), ({ id }) => String(id)),
  }
}

const toPlain = (state: ThreadState) => ({
  thread: state.thread,
  participants: Object.fromEntries(state.participants),
  messages: Object.fromEntries(state.messages),
  expiries: Object.fromEntries(state.expiries),
  wakes: Object.fromEntries(state.wakes),
})

/** Folds the history of every thread in the database, checks its chain, and expects the tables to say the same. */
export const expectThreadsToMatch = async (stage: Stage): Promise<number> => {
  const { store } = stage.engine
  await stage.stopTimers()
  const threads = await stage.query<{ id: string; workspace_id: string }>(
    'SELECT id, workspace_id FROM ropewalk.threads',
  )
  for (const row of threads) {
    const threadId = ThreadId.parse(row.id)
    const workspaceId = WorkspaceId.parse(row.workspace_id)
    const verifier = makeChainVerifier(threadId)
    const entries: LedgerEntry[] = []
    for await (const kept of readLedgerRows(store, workspaceId, threadId)) {
      expect(verifier.add(kept)).toBeUndefined()
      entries.push(JSON.parse(kept.body) as LedgerEntry)
    }
    const head = await findRememberedHead(store, workspaceId, threadId)
    expect(verifier.end({ heads: [], head })).toBeUndefined()
    expect(head?.seq).toBe(entries.length)
    const folded = foldThread(
      entries.flatMap(({ at, events }) => events.map((event) => ({ ...upgradeThreadEvent(event), at }))),
    )
    expect(await readState(stage, workspaceId, threadId)).toEqual(toPlain(folded))
  }
  return threads.length
}
