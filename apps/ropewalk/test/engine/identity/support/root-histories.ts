import { GrantId, PolicyId, SessionKey, WorkspaceId } from '@ropewalk/core/ids'
import type { LedgerEntry } from '@ropewalk/core/ledger/entry'
import { makeChainVerifier } from '@ropewalk/core/ledger/verify'
import { foldPolicy } from '@ropewalk/core/policy/evolve-policy'
import { foldSession } from '@ropewalk/core/session/evolve-session'
import { foldGrant } from '@ropewalk/core/token/evolve-grant'
import type { PgTable } from 'drizzle-orm/pg-core'
import { expect } from 'vitest'
import {
  upgradePolicyEvent,
  upgradeSessionEvent,
  upgradeTokenEvent,
  type StoredEvent,
} from '../../../../src/engine/upgrade-event.ts'
import { runRead } from '../../../../src/store/open.ts'
import { findRememberedHead, readLedgerRows } from '../../../../src/store/read-ledger.ts'
import { makeTableSql } from '../../../../src/store/table-sql.ts'
import * as tables from '../../../../src/store/tables/identity.ts'
import type { Stage } from '../../support/stage.ts'

const HEAD = ['workspaceId', 'version', 'headHash', 'headAt', 'eventFormat']
/** What stands beside the history of a session. */
const MOVED = ['lastHeartbeatAt', 'writer', 'writerSessionId', 'writerUntil']

type Told = StoredEvent & { readonly at: string }

type Kind = {
  readonly table: PgTable
  readonly leaveOut: readonly string[]
  readonly fold: (id: string, history: readonly Told[]) => object | null
}

const KINDS: readonly Kind[] = [
  {
    table: tables.sessions,
    leaveOut: [...HEAD, ...MOVED],
    fold: (id, history) =>
      foldSession(
        SessionKey.parse(id),
        history.map((event) => ({ ...upgradeSessionEvent(event), at: event.at })),
      ),
  },
  {
    table: tables.grants,
    leaveOut: HEAD,
    fold: (id, history) =>
      foldGrant(
        GrantId.parse(id),
        history.map((event) => ({ ...upgradeTokenEvent(event), at: event.at })),
      ),
  },
  {
    table: tables.policies,
    leaveOut: HEAD,
    fold: (id, history) =>
      foldPolicy(
        PolicyId.parse(id),
        history.map((event) => ({ ...upgradePolicyEvent(event), at: event.at })),
      ),
  },
]

type Root = { readonly id: string; readonly workspaceId: string }

const readHistory = async (stage: Stage, workspaceId: WorkspaceId, id: string): Promise<readonly Told[]> => {
  const { store } = stage.engine
  const verifier = makeChainVerifier(id)
  const history: Told[] = []
  for await (const kept of readLedgerRows(store, workspaceId, id)) {
    expect(verifier.add(kept)).toBeUndefined()
    const { at, events } = JSON.parse(kept.body) as LedgerEntry
    history.push(...events.map((event) => ({ ...event, at })))
  }
  const head = await findRememberedHead(store, workspaceId, id)
  expect(verifier.end({ heads: [], head })).toBeUndefined()
  return history
}

/**
 * Folds the history of every session, grant and policy in the database, checks its chain, and expects the tables
 * to say the same. Gives how many there were.
 */
export const expectRootsToMatch = async (stage: Stage): Promise<number> => {
  let count = 0
  for (const { table, leaveOut, fold } of KINDS) {
    const { name, select } = makeTableSql(table, leaveOut)
    const roots = await stage.query<Root>(`SELECT id, workspace_id AS "workspaceId" FROM ${name}`)
    for (const { id, workspaceId: of } of roots) {
      const workspaceId = WorkspaceId.parse(of)
      const [[stored] = []] = await runRead(stage.engine.store, workspaceId, [
        { name: `test_${name}`, text: `SELECT ${select} FROM ${name} t WHERE t.id = $1`, values: [id] },
      ])
      expect(stored).toEqual(fold(id, await readHistory(stage, workspaceId, id)))
      count += 1
    }
  }
  return count
}
