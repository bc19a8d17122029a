import { EFFECT_QUEUES } from '../../src/store/job-queues.ts'
import { makeChainVerifier, type KeptRow } from '@ropewalk/core/ledger/verify'
import type pg from 'pg'
import { TYPE_PARSERS } from '../../src/store/type-parsers.ts'
import { withClient } from '../support/postgres.ts'

type Row = KeptRow & { readonly position: number }
type Data = Readonly<Record<string, unknown>>
type Told = { readonly type: string; readonly data: Data }
/** An event, with the number of the entry that holds it. */
export type Entry = { readonly seq: number; readonly type: string; readonly data: Data }
export type JobRow = {
  readonly id: string
  readonly queue: string
  readonly data: string
  readonly state: string
}

/** Everything a run or project left behind, read past the engine. */
export type Remains = {
  readonly entries: readonly Entry[]
  /** The first fault of the chain, or undefined. */
  readonly fault: unknown
  readonly positions: readonly number[]
  readonly runs: readonly { readonly id: string; readonly status: string; readonly spent: number }[]
  readonly projects: readonly { readonly id: string; readonly status: string }[]
  readonly items: readonly { readonly title: string; readonly status: string }[]
  readonly threads: readonly { readonly status: string; readonly lastSeq: number }[]
  readonly messages: readonly { readonly seq: number; readonly sender: string; readonly body: string }[]
  /** By whom a thread was read, and how far. */
  readonly cursors: readonly { readonly agentId: string; readonly lastReadSeq: number }[]
  readonly jobs: readonly JobRow[]
  readonly blobs: ReadonlySet<string>
  readonly checkpoints: ReadonlySet<string>
}

const ask = async <T>(client: pg.Client, text: string, values: unknown[] = []): Promise<readonly T[]> => {
  const { rows } = await client.query({ text, values, types: TYPE_PARSERS })
  return rows as T[]
}

export const readRemains = (adminUrl: string): Promise<Remains> =>
  withClient(adminUrl, async (client) => {
    await client.query(`SET TimeZone = 'UTC'; SET DateStyle = 'ISO'`)
    const rows = await ask<Row>(
      client,
      `SELECT stream_id AS stream, seq, body, hash, types, at, workspace_id AS "workspaceId", position
       FROM ropewalk.ledger ORDER BY stream_id, seq`,
    )
    const verifier = makeChainVerifier(rows[0]?.stream ?? '')
    let fault: unknown
    for (const row of rows) fault ??= verifier.add(row)
    const [head] = await ask<{ seq: number; hash: string }>(
      client,
      `SELECT version AS seq, head_hash AS hash FROM ropewalk.runs
       UNION ALL SELECT version, head_hash FROM ropewalk.projects
       UNION ALL SELECT version, head_hash FROM ropewalk.threads`,
    )
    fault ??= verifier.end({ heads: [], head })
    const list = async (text: string) =>
      new Set((await ask<{ key: string }>(client, text)).map(({ key }) => key))
    return {
      entries: rows.flatMap(({ seq, body }) =>
        (JSON.parse(body) as { events: readonly Told[] }).events.map(({ type, data }) => ({
          seq,
          type,
          data,
        })),
      ),
      fault,
      positions: rows
        .flatMap(({ position, types }) => types.split(' ').map((_, index) => position - index))
        .toSorted((a, b) => a - b),
      runs: await ask(client, 'SELECT id, status, spent_micros AS spent FROM ropewalk.runs'),
      projects: await ask(client, 'SELECT id, status FROM ropewalk.projects'),
      items: await ask(client, 'SELECT title, status FROM ropewalk.items ORDER BY ordinal'),
      threads: await ask(client, 'SELECT status, last_seq AS "lastSeq" FROM ropewalk.threads'),
      messages: await ask(client, 'SELECT seq, sender, body FROM ropewalk.messages ORDER BY seq'),
      cursors: await ask(
        client,
        'SELECT agent_id AS "agentId", last_read_seq AS "lastReadSeq" FROM ropewalk.participant_cursors ORDER BY 1',
      ),
      jobs: await ask(
        client,
        `SELECT id, name AS queue, data::text AS data, state::text AS state FROM pgboss.job
         WHERE name = ANY ($1) AND start_after <= now()`,
        [Object.values(EFFECT_QUEUES)],
      ),
      blobs: await list('SELECT digest AS key FROM ropewalk.blobs'),
      checkpoints: await list(`SELECT task_id || '/' || attempt AS key FROM ropewalk.checkpoints`),
    }
  })

/** The minute after which a job of a killed process counts as lost has passed, and so has pg-boss's between two looks. */
export const passJobTimeout = (adminUrl: string): Promise<void> =>
  withClient(adminUrl, async (client) => {
    await client.query(
      `UPDATE pgboss.job SET started_on = started_on - interval '2 minutes' WHERE state = 'active';
       UPDATE pgboss.queue SET monitor_on = NULL, monitor_claim_on = NULL`,
    )
  })

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u
const DIGEST_ID = /^[0-9a-f]{64}$/u
const INSTANT = /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/u
/**
 * What differs between two good runs: how often something was tried, how long it took, how much time that
 * left, sums that lost attempts raise, and digests over any of these.
 */
const VARIES = new Set([
  'attempt',
  'durationMs',
  'duration_ms',
  'minutes',
  'ms',
  'timeLeftMs',
  'returnedMicros',
  'spentMicros',
  'cost_usd',
  'tokens_used',
  'evidencePackId',
  'idempotenceKey',
])

const blur = (value: unknown): unknown => {
  if (typeof value === 'string') return UUID.test(value) ? 'an id' : INSTANT.test(value) ? 'a time' : value
  if (Array.isArray(value)) return value.map(blur)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [
      key,
      VARIES.has(key) || (key === 'id' && DIGEST_ID.test(String(one))) ? '…' : blur(one),
    ]),
  )
}

const getKey = ({ data }: Entry): string => `${String(data['taskId'])}/${String(data['attempt'])}`

/** The history of a thread without what comes when its time has come, whatever else goes on. */
export const makeComparableThread = (entries: readonly Entry[]): readonly unknown[] =>
  entries
    .filter(({ type }) => type !== 'thread.message_expired')
    .map(({ type, data }) => ({ type, data: blur(data) }))

/** A project's history without what a crash may add to it: lost attempts, and that their tasks were given out again. */
export const makeComparableWork = (entries: readonly Entry[]): readonly unknown[] => {
  const lost = new Set(
    entries
      .filter(({ type, data }) => type === 'WORK.ATTEMPT_ENDED' && data['outcome'] === 'lost')
      .map(getKey),
  )
  const isOfLost = (entry: Entry): boolean => {
    const { type, data } = entry
    if (type === 'WORK.ITEM_RELEASED') return data['tasks'] === 'kept'
    if (type === 'WORK.ITEM_DISPATCHED') return Number(data['attempt']) > 1
    return type.startsWith('WORK.') && lost.has(getKey(entry))
  }
  return entries.filter((entry) => !isOfLost(entry)).map(({ type, data }) => ({ type, data: blur(data) }))
}

/** A history without what a crash may add to it: lost attempts, what they reserved, and the retries they led to. */
export const makeComparable = (entries: readonly Entry[]): readonly unknown[] => {
  const lost = new Set(
    entries
      .filter(({ type, data }) => type === 'task.attempt_ended' && data['outcome'] === 'lost')
      .map(getKey),
  )
  const reserved = new Set(
    entries
      .filter((entry) => entry.type === 'budget.reserved' && lost.has(getKey(entry)))
      .map(({ data }) => data['reservationId']),
  )
  const isOfLost = (entry: Entry): boolean =>
    (entry.type === 'task.attempt_ended' && lost.has(getKey(entry))) ||
    (entry.type === 'task.retry_scheduled' && entry.data['reason'] === 'lost') ||
    reserved.has(entry.data['reservationId'])
  return entries.filter((entry) => !isOfLost(entry)).map(({ type, data }) => ({ type, data: blur(data) }))
}
