import type { WorkspaceId } from '@ropewalk/core/ids'
import type { KeptRow } from '@ropewalk/core/ledger/verify'
import { makeCoalescer } from './coalesce.ts'
import { runRead } from './open.ts'
import type { Store } from './open.ts'

const PAGE = 2_000

/** Tables of the roots of aggregates: each row remembers the end of a stream. */
const ROOTS = ['runs', 'projects', 'threads', 'sessions', 'grants', 'policies']

const ROOT_IDS = ROOTS.map(
  (table) =>
    `SELECT t.id::text COLLATE "C" FROM ropewalk.${table} t WHERE t.workspace_id = $1 AND t.id::text COLLATE "C" > $2`,
)

const ROOT_HEADS = ROOTS.map(
  (table) =>
    `SELECT t.version AS seq, t.head_hash AS hash FROM ropewalk.${table} t
     WHERE t.id = $2::uuid AND t.workspace_id IS NOT DISTINCT FROM $1`,
)

/** Every stream of a workspace, in the order of its id, a page at a time. */
export async function* readStreamIds(store: Store, workspaceId: WorkspaceId): AsyncGenerator<string> {
  let after = ''
  for (;;) {
    const [rows = []] = await runRead(store, workspaceId, [
      {
        name: 'stream_ids',
        // The first entry of each stream; a stream whose first entry was deleted is found by its root.
        text: `SELECT stream FROM (
            SELECT e.stream_id AS stream FROM ropewalk.ledger e
              WHERE e.workspace_id = $1 AND e.seq = 1 AND e.stream_id > $2
            UNION ${ROOT_IDS.join('\n            UNION ')}
          ) s ORDER BY stream LIMIT $3`,
        values: [workspaceId, after, PAGE],
      },
    ])
    for (const { stream } of rows as readonly { stream: string }[]) yield (after = stream)
    if (rows.length < PAGE) return
  }
}

/** The rows of one stream as they are stored, oldest first, for `ledger verify`. Holds one page in memory. */
export async function* readLedgerRows(
  store: Store,
  workspaceId: WorkspaceId,
  stream: string,
): AsyncGenerator<KeptRow> {
  let after = 0
  for (;;) {
    const [rows = []] = await runRead(store, workspaceId, [
      {
        name: 'ledger_rows',
        text: `SELECT e.stream_id AS stream, e.seq, e.body, e.hash, e.types, e.at, e.workspace_id AS "workspaceId"
          FROM ropewalk.ledger e
          WHERE e.stream_id = $2 AND e.workspace_id IS NOT DISTINCT FROM $1 AND e.seq > $3 ORDER BY e.seq LIMIT $4`,
        values: [workspaceId, stream, after, PAGE],
      },
    ])
    for (const row of rows as readonly KeptRow[]) {
      after = row.seq
      yield row
    }
    if (rows.length < PAGE) return
  }
}

/**
 * The end of a chain as the row of its root remembers it, or undefined when there is none such:
 * entries cut from the end of the ledger are missed by it.
 */
export const findRememberedHead = async (
  store: Store,
  workspaceId: WorkspaceId,
  stream: string,
): Promise<{ readonly seq: number; readonly hash: string } | undefined> => {
  const [rows = []] = await runRead(store, workspaceId, [
    {
      name: 'remembered_head',
      text: ROOT_HEADS.join(' UNION ALL '),
      values: [workspaceId, stream],
    },
  ])
  return (rows as readonly { seq: number; hash: string }[])[0]
}

/** Where a stream stands; what `sign-head` signs. */
export type Head = {
  readonly stream: string
  readonly seq: number
  readonly hash: string
  readonly at: string
}

type OfStream = { readonly workspaceId: WorkspaceId; readonly stream: string }

/** What finds where a stream stands now, or undefined when it is empty; calls that come together share a read. */
export const makeFindHead = (store: Store): ((of: OfStream) => Promise<Head | undefined>) => {
  const run = async (asked: readonly OfStream[]): Promise<readonly (Head | undefined)[]> => {
    const heads = new Map<string, Head>()
    for (const [workspaceId, group] of Map.groupBy(asked, (of) => of.workspaceId)) {
      const [rows = []] = await runRead(store, workspaceId, [
        {
          name: 'find_heads',
          text: `SELECT e.stream_id AS stream, e.seq, e.hash, e.at FROM unnest($1::text[]) AS s(stream), LATERAL (
              SELECT * FROM ropewalk.ledger o WHERE o.stream_id = s.stream ORDER BY o.seq DESC LIMIT 1) e
            WHERE e.workspace_id = $2`,
          values: [[...new Set(group.map((of) => of.stream))], workspaceId],
        },
      ])
      for (const head of rows as readonly Head[]) heads.set(`${workspaceId}/${head.stream}`, head)
    }
    return asked.map((of) => heads.get(`${of.workspaceId}/${of.stream}`))
  }
  return makeCoalescer({ run, maxItems: 200 })
}
